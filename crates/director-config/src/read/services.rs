//! All `[service.NAME]` of a file, and the instances among them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use director_core::spec::{Instance, NameFault, ServiceName, ServiceSpec};
use toml::Spanned;
use toml::de::DeValue;

use super::service::read_service;
use super::{Ctx, Fault, Item, Reader};
use crate::codes::Code;
use crate::keys::{Section, Shape};

/// No file declares more services, every instance counted.
const MAX_SERVICES: usize = 1000;

/// The services read so far.
#[derive(Default)]
struct Services {
    all: BTreeMap<ServiceName, ServiceSpec>,
    /// Every name without regard to case, and who bears it.
    folded: BTreeMap<String, String>,
}

/// Reads every service.
pub(super) fn read_services(root: &Reader<'_>) -> BTreeMap<ServiceName, ServiceSpec> {
    let mut services = Services::default();
    for (key, value) in service_entries(root).unwrap_or_default() {
        let text = key.get_ref().as_ref();
        let name = check_name(root.ctx, text, key.span());
        services.claim(root.ctx, text, key.span());
        let item = Item {
            key: format!("service.{}", super::shown(text)),
            value: value.get_ref(),
            span: value.span(),
            secret: false,
        };
        let Some(table) = root.ctx.as_table(&item) else {
            continue;
        };
        let own = Reader::open(root.ctx, Section::Service, item.key, key.span(), table);
        // A wrong name does not hide the faults below it.
        let is_valid = name.is_some();
        let Some(name) = name.or_else(|| ServiceName::new("unnamed").ok()) else {
            continue;
        };
        if own.has("instances") {
            services.read_instances(&own, &name, is_valid);
        } else if let Some(spec) = read_service(&own, name, None).filter(|_| is_valid) {
            services.all.insert(spec.name.clone(), spec);
        }
    }
    services.all
}

impl Services {
    /// Takes a name, and records that it is taken already.
    fn claim(&mut self, ctx: &Ctx<'_>, text: &str, span: Range<usize>) {
        let Some(other) = self.folded.insert(text.to_ascii_lowercase(), text.to_owned()) else {
            return;
        };
        let (other, text) = (super::shown(&other), super::shown(text));
        let (message, allowed, help) = if other == text {
            (
                format!("the service `{text}` and an instance have the same name"),
                "names that no instance has",
                "the instances of `web` are named `web-0`, `web-1`, …",
            )
        } else {
            (
                format!("the services `{other}` and `{text}` differ only by case"),
                "names that differ in more than case",
                "names become folders, and Windows folds their case",
            )
        };
        ctx.error(
            Fault::new(Code::DuplicateService, format!("service.{text}"), span, message)
                .found(format!("`{text}`"))
                .allowed(allowed)
                .help(help),
        );
    }

    /// Reads one table once for each instance.
    fn read_instances(&mut self, own: &Reader<'_>, name: &ServiceName, is_valid: bool) {
        // A number that cannot be used does not hide the faults of the other keys.
        let count = own
            .integer("instances")
            .and_then(|count| u32::try_from(count).ok());
        let count = count.unwrap_or(1);
        if self.all.len() + count as usize > MAX_SERVICES {
            let fault = Fault::new(
                Code::TooMany,
                own.key("instances"),
                own.span_of("instances"),
                "the configuration declares too many services".to_owned(),
            );
            return own.ctx.error(
                fault
                    .found(format!("{} before, and {count} instances", self.all.len()))
                    .allowed(format!("at most {MAX_SERVICES}, every instance counted")),
            );
        }
        for index in 0..count {
            let text = format!("{name}-{index}");
            if is_valid {
                self.claim(own.ctx, &text, own.span_of("instances"));
            }
            let Some(one) = check_name(own.ctx, &text, own.span_of("instances")) else {
                return;
            };
            own.ctx.index.set(Some(index));
            let instance = Instance {
                of: name.clone(),
                index,
            };
            let spec = read_service(own, one, Some(instance));
            own.ctx.index.set(None);
            if let Some(spec) = spec.filter(|_| is_valid) {
                self.all.insert(spec.name.clone(), spec);
            }
        }
    }
}

type Entry<'a> = (&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>);

/// The tables of the services in the order of the file; `None` when there are none, or too many.
fn service_entries<'a>(root: &Reader<'a>) -> Option<Vec<Entry<'a>>> {
    let none = |span: Range<usize>| {
        Fault::new(
            Code::NoService,
            "service",
            span,
            "the configuration declares no service".to_owned(),
        )
        .found("no table [service.NAME]")
        .allowed(format!("1 to {MAX_SERVICES} services"))
        .help("write [service.web] and below it command = [\"program\", \"argument\"]")
    };
    let Some(item) = root.item("service") else {
        root.ctx.error(none(0..0));
        return None;
    };
    let Some(table) = item.value.as_table() else {
        let help = "write [service.web], with the service's name".to_owned();
        root.ctx.wrong_type(&item, Shape::Services, Some(help));
        return None;
    };
    if table.is_empty() {
        root.ctx.error(none(root.span_of("service")));
        return None;
    }
    if table.len() > MAX_SERVICES {
        let message = "the configuration declares too many services".to_owned();
        let fault = Fault::new(Code::TooMany, "service", root.span_of("service"), message);
        root.ctx.error(
            fault
                .found(format!("{} services", table.len()))
                .allowed(format!("at most {MAX_SERVICES}")),
        );
        return None;
    }
    let mut entries: Vec<Entry<'a>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Some(entries)
}

fn check_name(ctx: &Ctx<'_>, text: &str, span: Range<usize>) -> Option<ServiceName> {
    let fault = match ServiceName::new(text) {
        Ok(name) => return Some(name),
        Err(fault) => fault,
    };
    let shown = super::shown(text);
    let why = match fault {
        NameFault::Empty => "it is empty".to_owned(),
        NameFault::TooLong => "it is longer than 64 bytes".to_owned(),
        NameFault::BadCharacter(found) => format!("{found:?} may not stand there"),
        NameFault::Reserved => "Windows reserves it for a device".to_owned(),
    };
    ctx.error(
        Fault::new(
            Code::BadServiceName,
            format!("service.{shown}"),
            span,
            format!("`{shown}` cannot name a service: {why}"),
        )
        .found(format!("`{shown}`"))
        .allowed(
            "1 to 64 letters, digits, `-`, `_`, `.`, beginning with a letter or digit, not ending with a dot",
        ),
    );
    None
}
