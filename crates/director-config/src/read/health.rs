//! `[service.NAME.health]` and `[[service.NAME.probe]]`.

use std::collections::BTreeMap;

use director_core::spec::{
    HealthSpec, HttpSpec, ProbeKind, ProbeSpec, ServiceName, ServiceSpec, StatusRange,
};

use super::service::{require, set};
use super::{Fault, Item, Reader, shown};
use crate::codes::Code;
use crate::keys::Shape;
use crate::net;

const PROBES: [&str; 4] = ["http", "tcp", "exec", "sqlite"];
const ALLOWED: &str = "exactly one of `http`, `tcp`, `exec`, `sqlite`";
/// What describes a request and its answer.
const HTTP_KEYS: [&str; 7] = [
    "accept", "contains", "field", "headers", "json", "method", "status",
];
/// What describes the JSON of an answer.
const JSON_KEYS: [&str; 2] = ["accept", "field"];

/// The further probes of a service.
pub(super) fn read_probes(own: &Reader<'_>) -> Vec<ProbeSpec> {
    let mut probes: Vec<ProbeSpec> = Vec::new();
    for one in own.tables("probe") {
        require(&one, "name", "name = \"ready\"");
        let name = read_name(&one, &probes);
        let role = one.choice("role").unwrap_or_default();
        // What is wrong with one does not hide the faults of the other.
        if let (Some(health), Some(name)) = (read_health(&one), name) {
            probes.push(ProbeSpec { name, role, health });
        }
    }
    probes
}

fn read_name(own: &Reader<'_>, others: &[ProbeSpec]) -> Option<String> {
    let item = own.item("name")?;
    let name = own.ctx.filled_text(&item)?;
    let fault = |code: Code, why: &str| {
        let message = format!("`{}` cannot name a probe: {why}", shown(&name));
        Fault::new(code, &item.key, item.span.clone(), message).found(item.found())
    };
    if ServiceName::new(&name).is_err() {
        let words = "1 to 64 letters, digits, `-`, `_`, `.`, beginning with a letter or digit";
        own.ctx
            .error(fault(Code::BadName, "it is no plain name").allowed(words));
        return None;
    }
    if name == ServiceSpec::HEALTH || others.iter().any(|one| one.name == name) {
        let why = if name == ServiceSpec::HEALTH {
            "that is the one in `health`"
        } else {
            "another one has that name"
        };
        let words = "a name that no other probe of the service has";
        own.ctx.error(fault(Code::DuplicateProbe, why).allowed(words));
        return None;
    }
    Some(name)
}

pub(super) fn read_health(own: &Reader<'_>) -> Option<HealthSpec> {
    let probe = read_probe(own);
    let mut spec = HealthSpec::new(ProbeKind::Tcp(String::new()));
    set(&mut spec.interval_ms, own.duration("interval"));
    set(&mut spec.jitter_percent, own.percent("jitter"));
    set(&mut spec.retry_interval_ms, own.duration("retry_interval"));
    set(&mut spec.start_interval_ms, own.duration("start_interval"));
    set(&mut spec.start_grace_ms, own.duration("start_grace"));
    set(&mut spec.timeout_ms, own.duration("timeout"));
    set(
        &mut spec.max_failures,
        own.integer("max_failures")
            .and_then(|most| u32::try_from(most).ok()),
    );
    spec.failures = own.samples("failures");
    set(&mut spec.accept, own.texts("accept"));
    set(&mut spec.json, own.flag("json"));
    set(&mut spec.owner_check, own.flag("owner_check"));
    spec.request = read_request(own);
    check_answer_keys(own, &spec);
    check_other_keys(own);
    spec.probe = probe?;
    Some(spec)
}

fn read_request(own: &Reader<'_>) -> HttpSpec {
    let mut request = HttpSpec {
        headers: read_headers(own),
        contains: own.text("contains"),
        ..HttpSpec::default()
    };
    set(&mut request.method, own.choice("method"));
    set(&mut request.field, own.text("field"));
    set(&mut request.status, read_statuses(own));
    request
}

fn read_headers(own: &Reader<'_>) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let Some(item) = own.item("headers") else {
        return headers;
    };
    let Some(table) = item.value.as_table() else {
        // Whatever stands there may be a secret.
        let item = Item { secret: true, ..item };
        own.ctx.wrong_type(&item, Shape::Variables, None);
        return headers;
    };
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let entry = Item {
            key: format!("{}.{}", item.key, shown(name)),
            value: value.get_ref(),
            span: value.span(),
            secret: true,
        };
        let bad = |what: &str, span| {
            let message = format!("`{}` {what}", entry.key);
            Fault::new(Code::BadHeader, &entry.key, span, message)
        };
        if !net::is_header_name(name) {
            let fault = bad("is no name of a header", key.span()).found(format!("`{}`", shown(name)));
            own.ctx.error(fault.allowed("a name such as Authorization"));
        }
        let Some(text) = own.ctx.any_text(&entry) else {
            continue;
        };
        if net::is_header_value(&text) {
            headers.insert(name.to_owned(), text);
        } else {
            let fault = bad("is no value of a header", value.span()).found("a text");
            own.ctx
                .error(fault.allowed("visible ASCII characters and spaces"));
        }
    }
    headers
}

fn read_statuses(own: &Reader<'_>) -> Option<Vec<StatusRange>> {
    let item = own.item("status")?;
    let shape = Shape::Statuses { most: 32 };
    own.ctx.each(&item, 32, |ctx, entry| {
        let text = match entry.value.as_integer() {
            Some(number) => number.to_string(),
            None => ctx.expanded(entry, shape)?,
        };
        let range = read_status(&text);
        if range.is_none() {
            ctx.error(ctx.bad(
                Code::BadStatus,
                entry,
                "is no HTTP status, and no range of them",
                shape,
            ));
        }
        range
    })
}

/// `200` or `200-299`.
fn read_status(text: &str) -> Option<StatusRange> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let status = |digits: &str| {
        let plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<u16>().ok().filter(|_| plain)?;
        (100..=599).contains(&number).then_some(number)
    };
    let (from, to) = (status(from)?, status(to)?);
    (from <= to).then_some(StatusRange { from, to })
}

fn read_probe(own: &Reader<'_>) -> Option<ProbeKind> {
    let written: Vec<&str> = PROBES.into_iter().filter(|name| own.has(name)).collect();
    match written.as_slice() {
        [_] => {}
        [] => own.ctx.error(
            Fault::new(
                Code::MissingKey,
                own.path.clone(),
                own.span.clone(),
                format!("`{}` says nothing to probe", own.path),
            )
            .found("none of `http`, `tcp`, `exec`, `sqlite`")
            .allowed(ALLOWED)
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
            .allowed(ALLOWED),
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
    let table = own.text("table");
    let sqlite = own.path_value("sqlite");
    let sqlite = sqlite.map(|file| ProbeKind::Sqlite { file, table });
    http.or(tcp).or(exec).or(sqlite)
}

/// What describes an HTTP answer means nothing beside another probe: nothing is accepted and ignored.
fn check_answer_keys(own: &Reader<'_>, spec: &HealthSpec) {
    let other = ["tcp", "exec", "sqlite"].into_iter().find(|name| own.has(name));
    let reads_json = "an `http` probe that reads JSON";
    for name in HTTP_KEYS.into_iter().filter(|name| own.has(name)) {
        match other {
            Some(other) if !own.has("http") => {
                let article = if other == "exec" { "an" } else { "a" };
                let allowed = if JSON_KEYS.contains(&name) || name == "json" {
                    reads_json
                } else {
                    "an `http` probe"
                };
                means_nothing(own, name, &format!("{article} `{other}` probe"), allowed);
            }
            _ if JSON_KEYS.contains(&name) && !spec.json => {
                means_nothing(own, name, "json = false", reads_json);
            }
            Some(_) | None => {}
        }
    }
    if spec.request.method == "HEAD" && own.has("http") {
        let body = (spec.json, spec.request.contains.is_some());
        if body != (false, false) {
            let message = format!("`{}` asks for no body", own.key("method"));
            let fault = Fault::new(
                Code::ConflictingKeys,
                own.key("method"),
                own.span_of("method"),
                message,
            );
            let (found, help) = if spec.json {
                ("HEAD beside json = true", "write json = false")
            } else {
                ("HEAD beside `contains`", "write method = \"GET\"")
            };
            let fault = fault.found(found).help(help);
            own.ctx
                .error(fault.allowed("HEAD where nothing is expected of the body"));
        }
    }
}

fn means_nothing(own: &Reader<'_>, name: &str, beside: &str, allowed: &str) {
    own.ctx.error(
        Fault::new(
            Code::ConflictingKeys,
            own.key(name),
            own.span_of(name),
            format!("`{}` means nothing beside {beside}", own.key(name)),
        )
        .found(format!("`{name}` beside {beside}"))
        .allowed(format!("`{name}` beside {allowed}")),
    );
}

/// The keys that belong to some ways to probe alone, and those that exclude each other.
fn check_other_keys(own: &Reader<'_>) {
    let is_written = PROBES.into_iter().any(|name| own.has(name));
    if own.has("table") && is_written && !own.has("sqlite") {
        means_nothing(own, "table", "another probe", "a `sqlite` probe");
    }
    let has_address = own.has("http") || own.has("tcp");
    if own.has("owner_check") && is_written && !has_address {
        means_nothing(
            own,
            "owner_check",
            "a probe without an address",
            "an `http` or `tcp` probe",
        );
    }
    if own.has("failures") && own.has("max_failures") {
        own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key("failures"),
                own.span_of("failures"),
                format!("`{}` means nothing beside `max_failures`", own.key("failures")),
            )
            .found("`failures` and `max_failures`")
            .allowed("one of them")
            .help("failures = \"3/3\" is the same as max_failures = 3"),
        );
    }
}
