//! `[service.NAME.health]`.

use director_core::spec::{HealthSpec, ProbeKind};

use super::service::set;
use super::{Fault, Reader};
use crate::codes::Code;
use crate::net;

const PROBES: [&str; 3] = ["http", "tcp", "exec"];

pub(super) fn read_health(own: &Reader<'_>) -> Option<HealthSpec> {
    let probe = read_probe(own);
    let mut spec = HealthSpec::new(ProbeKind::Tcp(String::new()));
    set(&mut spec.interval_ms, own.duration("interval"));
    set(&mut spec.retry_interval_ms, own.duration("retry_interval"));
    set(&mut spec.start_interval_ms, own.duration("start_interval"));
    set(&mut spec.start_grace_ms, own.duration("start_grace"));
    set(&mut spec.timeout_ms, own.duration("timeout"));
    set(
        &mut spec.max_failures,
        own.integer("max_failures")
            .and_then(|most| u32::try_from(most).ok()),
    );
    set(&mut spec.accept, own.texts("accept"));
    set(&mut spec.json, own.flag("json"));
    check_answer_keys(own, spec.json);
    spec.probe = probe?;
    Some(spec)
}

fn read_probe(own: &Reader<'_>) -> Option<ProbeKind> {
    let written: Vec<&str> = PROBES.into_iter().filter(|name| own.has(name)).collect();
    let allowed = "exactly one of `http`, `tcp`, `exec`";
    match written.as_slice() {
        [_] => {}
        [] => own.ctx.error(
            Fault::new(
                Code::MissingKey,
                own.path.clone(),
                own.span.clone(),
                format!("`{}` says nothing to probe", own.path),
            )
            .found("none of `http`, `tcp`, `exec`")
            .allowed(allowed)
            .help("write http = \"http://127.0.0.1:8004/health\""),
        ),
        [first, second, ..] => own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key(second),
                own.span_of(second),
                format!("`{}` has more than one way to probe", own.path),
            )
            .found(format!("`{first}` and `{second}`"))
            .allowed(allowed),
        ),
    }
    let http = own
        .item("http")
        .and_then(|item| net::read_url(own.ctx, &item))
        .map(ProbeKind::Http);
    let tcp = own
        .item("tcp")
        .and_then(|item| net::read_address(own.ctx, &item))
        .map(ProbeKind::Tcp);
    let exec = own.command("exec").map(ProbeKind::Exec);
    http.or(tcp).or(exec)
}

/// What describes an HTTP answer means nothing beside another probe: nothing is accepted and ignored.
fn check_answer_keys(own: &Reader<'_>, json: bool) {
    let conflict = |name: &str, beside: &str| {
        own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key(name),
                own.span_of(name),
                format!("`{}` means nothing beside {beside}", own.key(name)),
            )
            .found(format!("`{name}` beside {beside}"))
            .allowed(format!("`{name}` beside an `http` probe that reads JSON")),
        );
    };
    for name in ["accept", "json"].into_iter().filter(|name| own.has(name)) {
        if !own.has("http") && (own.has("tcp") || own.has("exec")) {
            conflict(
                name,
                if own.has("tcp") {
                    "a `tcp` probe"
                } else {
                    "an `exec` probe"
                },
            );
        } else if name == "accept" && !json {
            conflict(name, "json = false");
        }
    }
}
