//! The `http` probe, with the semantics of the original specification: status 200 and a JSON object whose `status` is in
//! the accept list. No proxy, no redirect, one timeout for everything, bounded headers and body.

use std::sync::LazyLock;
use std::time::Duration;

use director_core::event::ProbeOutcome;
use director_core::report::HealthAnswer;
use director_core::spec::HealthSpec;
use ureq::Agent;

/// A health answer is small; what is larger is no health answer.
const BODY_LIMIT: u64 = 64 * 1024;
const HEADER_LIMIT: usize = 32 * 1024;
/// So much of each kept field.
const FIELD_CHARS: usize = 200;

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .max_response_header_size(HEADER_LIMIT)
        // Each probe is a new connection: it proves that the service accepts one.
        .max_idle_connections(0)
        .user_agent(concat!("service-director/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
});

/// Asks `url` once.
pub(crate) fn get(url: &str, spec: &HealthSpec, limit: Duration) -> ProbeOutcome {
    let request = AGENT.get(url).config().timeout_global(Some(limit)).build();
    let mut response = match request.call() {
        Ok(response) => response,
        Err(error) => return super::failed(describe(&error, limit)),
    };
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(BODY_LIMIT).read_to_vec();
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            return super::failed(format!(
                "HTTP {status}, but its body: {}",
                describe(&error, limit)
            ));
        }
    };
    judge(status, &body, spec)
}

/// What an answer means. Pure.
pub(crate) fn judge(status: u16, body: &[u8], spec: &HealthSpec) -> ProbeOutcome {
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(body);
    let answer = parsed.as_ref().ok().map(fields);
    if status != 200 {
        return ProbeOutcome::Failed {
            detail: format!("HTTP {status} instead of 200"),
            answer,
        };
    }
    if !spec.json {
        return ProbeOutcome::Healthy(answer.unwrap_or_default());
    }
    let answer = match (&parsed, answer) {
        (Ok(_), Some(answer)) => answer,
        (Err(error), _) => return super::failed(format!("HTTP 200, but the body is no JSON: {error}")),
        (Ok(_), None) => return super::failed("HTTP 200, but the body is empty".to_owned()),
    };
    match &answer.status {
        Some(word) if !spec.accept.contains(word) => {
            let detail = format!("HTTP 200 with status \"{word}\", which is not in health.accept");
            ProbeOutcome::Failed {
                detail,
                answer: Some(answer),
            }
        }
        Some(word) if word == "degraded" => ProbeOutcome::Degraded(answer),
        Some(_) => ProbeOutcome::Healthy(answer),
        None => ProbeOutcome::Failed {
            detail: "HTTP 200, but the JSON has no text field `status`".to_owned(),
            answer: Some(answer),
        },
    }
}

fn fields(value: &serde_json::Value) -> HealthAnswer {
    let text = |name: &str| {
        let text = value.get(name)?.as_str()?;
        Some(
            text.chars()
                .take(FIELD_CHARS)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect(),
        )
    };
    HealthAnswer {
        status: text("status"),
        app: text("app"),
        version: text("version"),
        database: text("database"),
    }
}

fn describe(error: &ureq::Error, limit: Duration) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} ms", limit.as_millis()),
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
            "connection refused: nothing listens there".to_owned()
        }
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        other => format!("no valid answer: {other}"),
    }
}

/// The `http` rung: a POST without a body; any 2xx answer means that it was taken.
pub(crate) fn post(url: &str, limit: Duration) -> Result<(), String> {
    let request = AGENT.post(url).config().timeout_global(Some(limit)).build();
    let response = request.send_empty().map_err(|error| describe(&error, limit))?;
    let status = response.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("it answered HTTP {}", status.as_u16()))
    }
}
