//! What only the whole configuration shows.

use std::collections::BTreeMap;

use director_core::spec::{DirectorSpec, ServiceSpec};
use toml::de::DeTable;

use crate::codes::Code;
use crate::read::{Ctx, Fault};

/// Records ports that two services claim.
pub(crate) fn ports(ctx: &Ctx<'_>, spec: &DirectorSpec, table: &DeTable<'_>) {
    let mut claims: BTreeMap<u16, Vec<&ServiceSpec>> = BTreeMap::new();
    for service in spec.services.values() {
        let Some(port) = service.port else { continue };
        let earlier = claims.entry(port).or_default();
        if let Some(other) = earlier.iter().find(|other| overlap(&other.host, &service.host)) {
            let declared = service.declared_name();
            let key = format!("service.{declared}.port");
            let span = table
                .get("service")
                .and_then(|services| services.get_ref().get(declared.as_str()))
                .and_then(|own| own.get_ref().get("port"))
                .map_or(0..0, toml::Spanned::span);
            let same_table = other.declared_name() == declared;
            let message = if same_table {
                format!("the instances of `{declared}` claim the same port")
            } else {
                format!(
                    "the services `{}` and `{}` claim the same port",
                    other.name, service.name
                )
            };
            let fault = Fault::new(Code::DuplicatePort, key, span, message)
                .found(format!("{}:{port} and {}:{port}", other.host, service.host))
                .allowed("one service per host and port");
            ctx.error(if same_table {
                fault.help(format!("write port = \"{{index+{port}}}\" for a port each"))
            } else {
                fault
            });
        }
        earlier.push(service);
    }
}

/// Whether two listeners on one port exclude each other: the same host, or one of them takes all.
fn overlap(one: &str, other: &str) -> bool {
    let all = |host: &str| matches!(host, "0.0.0.0" | "::");
    one.eq_ignore_ascii_case(other) || all(one) || all(other)
}
