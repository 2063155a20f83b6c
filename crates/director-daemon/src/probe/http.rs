//! The `http` probe: one request, and what its answer means. No proxy, no redirect, one timeout for everything, bounded headers
//! and body.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use director_core::event::ProbeOutcome;
use director_core::report::HealthAnswer;
use director_core::spec::{HealthSpec, StatusRange};
use ureq::config::Config;
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};

use super::Asked;

/// A health answer is small; what is larger is no health answer.
const BODY_LIMIT: u64 = 64 * 1024;
const HEADER_LIMIT: usize = 32 * 1024;
/// So much of each kept field.
const FIELD_CHARS: usize = 200;

type Response = ureq::http::Response<Body>;

/// Asks `url` once.
pub(crate) fn ask(url: &str, spec: &HealthSpec, limit: Duration) -> Asked {
    let mut request = Request::builder().method(spec.request.method.as_str()).uri(url);
    for (name, value) in &spec.request.headers {
        request = request.header(name, value);
    }
    let request = match request.body(()) {
        Ok(request) => request,
        // Its words may repeat a value; the configuration has checked them all.
        Err(_) => return Asked::failed("the request cannot be made of its headers".to_owned()),
    };
    let began = Instant::now();
    let (mut response, addresses) = match send(request, limit) {
        Ok(sent) => sent,
        Err(error) => return Asked::failed(error),
    };
    let left = limit.saturating_sub(began.elapsed());
    Asked {
        outcome: judge_response(&mut response, spec, limit, left),
        answered_at: addresses,
    }
}

/// Sends a request and waits for the head of its answer; with it come the addresses that were tried.
fn send(request: Request<()>, limit: Duration) -> Result<(Response, Vec<SocketAddr>), String> {
    let began = Instant::now();
    let authority = request.uri().authority();
    let host = authority
        .map(ureq::http::uri::Authority::host)
        .unwrap_or_default();
    let port = authority
        .and_then(ureq::http::uri::Authority::port_u16)
        .unwrap_or(80);
    let addresses = super::resolve::addresses(host, port, limit)?;
    let left = limit
        .saturating_sub(began.elapsed())
        .max(Duration::from_millis(1));
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .max_response_header_size(HEADER_LIMIT)
        // Each probe is a new connection: it proves that the service accepts one.
        .max_idle_connections(0)
        .timeout_global(Some(left))
        .user_agent(concat!("service-director/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Known(addresses.clone()));
    let response = agent.run(request).map_err(|error| describe(&error, limit))?;
    Ok((response, addresses))
}

/// Addresses that have been looked up already.
#[derive(Debug)]
struct Known(Vec<SocketAddr>);

impl Resolver for Known {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        self.0.iter().for_each(|address| found.push(*address));
        Ok(found)
    }
}

fn judge_response(
    response: &mut Response,
    spec: &HealthSpec,
    limit: Duration,
    left: Duration,
) -> ProbeOutcome {
    let status = response.status().as_u16();
    let is_expected = spec.request.status.iter().any(|range| range.contains(status));
    if is_expected && !spec.json && spec.request.contains.is_none() {
        // Nothing is expected of the body, and a long one is no fault.
        return ProbeOutcome::Healthy(HealthAnswer::default());
    }
    if !is_expected && left.is_zero() {
        return judge(status, &[], spec);
    }
    match response.body_mut().with_config().limit(BODY_LIMIT).read_to_vec() {
        Ok(body) => judge(status, &body, spec),
        // That it is unexpected says more than what is the matter with its body.
        Err(_) if !is_expected => judge(status, &[], spec),
        Err(error) => super::failed(format!(
            "HTTP {status}, but its body: {}",
            describe(&error, limit)
        )),
    }
}

/// What an answer means. Pure.
pub(crate) fn judge(status: u16, body: &[u8], spec: &HealthSpec) -> ProbeOutcome {
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(body);
    let answer = parsed
        .as_ref()
        .ok()
        .map(|value| fields(value, &spec.request.field));
    if !spec.request.status.iter().any(|range| range.contains(status)) {
        return ProbeOutcome::Failed {
            detail: format!("HTTP {status} instead of {}", listed(&spec.request.status)),
            answer,
        };
    }
    if let Some(wanted) = &spec.request.contains
        && !contains(body, wanted.as_bytes())
    {
        return ProbeOutcome::Failed {
            detail: format!("HTTP {status}, but the body does not contain \"{wanted}\""),
            answer,
        };
    }
    if !spec.json {
        return ProbeOutcome::Healthy(answer.unwrap_or_default());
    }
    match (parsed, answer) {
        (Ok(_), Some(answer)) => judge_field(status, answer, spec),
        (Err(error), _) => super::failed(format!("HTTP {status}, but the body is no JSON: {error}")),
        (Ok(_), None) => super::failed(format!("HTTP {status}, but the body is empty")),
    }
}

/// What the field of an answer says that is right otherwise.
fn judge_field(status: u16, answer: HealthAnswer, spec: &HealthSpec) -> ProbeOutcome {
    let field = &spec.request.field;
    match &answer.status {
        Some(word) if !spec.accept.contains(word) => {
            let detail = format!("HTTP {status} with {field} \"{word}\", which is not in health.accept");
            ProbeOutcome::Failed {
                detail,
                answer: Some(answer),
            }
        }
        Some(word) if word == "degraded" => ProbeOutcome::Degraded(answer),
        Some(_) => ProbeOutcome::Healthy(answer),
        None => ProbeOutcome::Failed {
            detail: format!("HTTP {status}, but the JSON has no text field `{field}`"),
            answer: Some(answer),
        },
    }
}

fn listed(ranges: &[StatusRange]) -> String {
    let shown: Vec<String> = ranges.iter().map(StatusRange::to_string).collect();
    shown.join(", ")
}

/// Whether a text occurs in a body that need not be UTF-8.
fn contains(body: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || body.windows(wanted.len()).any(|part| part == wanted)
}

fn fields(value: &serde_json::Value, field: &str) -> HealthAnswer {
    let text = |name: &str| shown(value.get(name).filter(|value| value.is_string())?);
    let said = field.split('.').try_fold(value, |place, name| place.get(name));
    HealthAnswer {
        status: said.and_then(shown),
        app: text("app"),
        version: text("version"),
        database: text("database"),
    }
}

/// A field in short, without what could pretend to be something else.
fn shown(value: &serde_json::Value) -> Option<String> {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        // `true` and `1` are words, too.
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.to_string(),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
    };
    let plain = |found: char| if found.is_control() { ' ' } else { found };
    Some(text.chars().take(FIELD_CHARS).map(plain).collect())
}

fn describe(error: &ureq::Error, limit: Duration) -> String {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} ms", limit.as_millis()),
        ureq::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => {
            "connection refused: nothing listens there".to_owned()
        }
        ureq::Error::Io(io)
            if matches!(
                io.kind(),
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
            ) =>
        {
            "the connection was cut before the answer was complete".to_owned()
        }
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        ureq::Error::LargeResponseHeader(..) => header_too_large(),
        // Which of the two comes first is a matter of how it is cut into packets.
        ureq::Error::Protocol(fault) if fault.to_string().contains("too many headers") => header_too_large(),
        other => format!("no valid answer: {other}"),
    }
}

fn header_too_large() -> String {
    format!("the header of the answer is too large: more than {HEADER_LIMIT} bytes, or too many fields")
}

/// The `http` rung: a POST without a body; any 2xx answer means that it was taken.
pub(crate) fn post(url: &str, limit: Duration) -> Result<(), String> {
    let request = Request::post(url).body(()).map_err(|error| error.to_string())?;
    let (response, _) = send(request, limit)?;
    let status = response.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("it answered HTTP {}", status.as_u16()))
    }
}
