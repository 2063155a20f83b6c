//! Whether health is asked for, and whether the answer can be trusted.

use director_core::spec::{Kind, ProbeKind, ServiceSpec};

use super::ground::{Ground, Touch};
use super::verdict::{Problem, Severity, Verdict};

/// Variables that make HTTP clients go through another machine.
const PROXIES: &[&str] = &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// What a health check asks.
pub(super) struct Target<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Of a URL; none for a bare connection.
    pub(super) path: Option<&'a str>,
}

/// What the liveness probe asks; none without one, or for a command.
pub(super) fn target(service: &ServiceSpec) -> Option<Target<'_>> {
    match &service.health.as_ref()?.probe {
        ProbeKind::Http(url) => of_url(url),
        ProbeKind::Tcp(address) => split(address, None),
        ProbeKind::Exec(_) | ProbeKind::Sqlite { .. } => None,
    }
}

fn of_url(url: &str) -> Option<Target<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let cut = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(cut);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let default = if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        80
    };
    let path = path.split(['?', '#']).next().filter(|path| !path.is_empty());
    split(authority, Some(default)).map(|target| Target {
        path: Some(path.unwrap_or("/")),
        ..target
    })
}

fn split(authority: &str, default: Option<u16>) -> Option<Target<'_>> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        Some(_) | None => (authority, default?),
    };
    Some(Target {
        host: host.trim_matches(['[', ']']),
        port,
        path: None,
    })
}

/// Whether a host is the machine itself.
pub(super) fn is_this_machine(host: &str) -> bool {
    let address: Option<std::net::IpAddr> = host.parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

/// Something asks whether the service is well.
pub(super) fn declared(_: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    if service.kind == Kind::Oneshot {
        return Verdict::Irrelevant;
    }
    if service.health.is_some() {
        return Verdict::Pass("health is checked".to_owned());
    }
    let listens = service.port.is_some() || super::words::port(&service.command).is_some();
    let problem = Problem::new(
        "nothing asks whether it is well",
        "there is no [health] table: a program that hangs without ending is never noticed",
        "add `health.http = \"http://127.0.0.1:PORT/health\"`, or `health.tcp`, or `health.exec` for a program without a port",
    );
    if listens {
        problem.into()
    } else {
        problem.severity(Severity::Note).into()
    }
}

/// The source defines the route that is asked.
pub(super) fn implemented(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(path) = target(service).and_then(|target| target.path) else {
        return Verdict::Irrelevant;
    };
    let Some(source) = ground.sources.get(&service.name) else {
        return Verdict::Irrelevant;
    };
    let Some(framework) = &source.framework else {
        return Verdict::Irrelevant;
    };
    if let Some(route) = source.health.iter().find(|route| serves(&route.path, path)) {
        return Verdict::Pass(format!("`{path}` is defined in {}", route.place));
    }
    let is_known = path.trim_matches('/').rsplit('/').next().is_some_and(|last| {
        let mut words = source.health_words.iter();
        words.any(|word| last.eq_ignore_ascii_case(word))
    });
    if !is_known || !source.is_complete {
        return Verdict::Unknown(format!(
            "whether `{path}` exists is not known: {}",
            if is_known {
                "not all of the source could be read"
            } else {
                "only routes with the usual names are recognised"
            }
        ));
    }
    let mut problem = Problem::new(
        format!("no route `{path}` is seen in the source"),
        format!("this is a {framework} application in {}", service.cwd.display()),
        "write an endpoint that asks the database, or correct `health.http`; `director init` writes one on request",
    );
    for route in &source.health {
        problem = problem.evidence(format!("`{}` is defined in {}", route.path, route.place));
    }
    problem.into()
}

/// Whether a route of the source may serve a path: a router's prefix is not part of what the source says.
fn serves(route: &str, path: &str) -> bool {
    let (route, path) = (route.trim_matches('/'), path.trim_matches('/'));
    path == route
        || path
            .strip_suffix(route)
            .is_some_and(|prefix| prefix.ends_with('/'))
}

/// The endpoint's answer depends on the database.
pub(super) fn touches(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let (Some(_), Some(path)) = (&service.database, target(service).and_then(|target| target.path)) else {
        return Verdict::Irrelevant;
    };
    let routes = ground.sources.get(&service.name).map(|source| &source.health);
    let Some(route) = routes.and_then(|routes| routes.iter().find(|route| serves(&route.path, path))) else {
        return Verdict::Irrelevant;
    };
    let summary = match route.touch {
        Touch::Reads => return Verdict::Pass(format!("the endpoint in {} reads the database", route.place)),
        Touch::Unknown => return Verdict::Unknown(format!("the function of {} was not found", route.place)),
        Touch::Constant => "the health endpoint asks the database for a constant only",
        Touch::Nothing => "the health endpoint does not ask the database",
    };
    Problem::new(
        summary,
        format!("{}: `SELECT 1` succeeds on a locked and on a damaged file, and so does no question at all", route.place),
        "read a row of a table that the application needs, with a short timeout, and answer `degraded` when it fails",
    )
    .into()
}

/// The URL leads to this service and to nothing else.
pub(super) fn url(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(target) = target(service) else {
        return Verdict::Irrelevant;
    };
    if target.host.eq_ignore_ascii_case("localhost") {
        return Problem::new(
            "the health check asks `localhost`",
            "that name means ::1 first on most machines, and a server that listens on IPv4 alone is not there: each check waits, or fails",
            format!("write 127.0.0.1:{} instead", target.port),
        )
        .into();
    }
    if !is_this_machine(target.host) {
        return Problem::new(
            "the health check asks another machine",
            format!(
                "`{}` is not the loopback address: a network that fails restarts a service that is well",
                target.host
            ),
            format!("ask the service itself, at 127.0.0.1:{}", target.port),
        )
        .into();
    }
    let proxies = PROXIES
        .iter()
        .filter(|name| ground.machine.variable(name).is_some());
    let set: Vec<&str> = proxies.copied().collect();
    let is_bypassed = ["NO_PROXY", "no_proxy"]
        .iter()
        .filter_map(|name| ground.machine.variable(name))
        .any(|hosts| {
            hosts
                .split(',')
                .any(|host| host.trim() == "*" || host.trim() == target.host)
        });
    if set.is_empty() || is_bypassed || target.path.is_none() {
        return Verdict::Pass(format!("the check asks {}:{} directly", target.host, target.port));
    }
    Problem::new(
        "a proxy is set in the environment",
        format!(
            "{} is set; the director never uses it, but programs that the service starts do",
            set.join(", ")
        ),
        format!(
            "add {} to NO_PROXY, so that the service reaches itself as the director does",
            target.host
        ),
    )
    .severity(Severity::Note)
    .into()
}
