//! What the application answers to which address.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::page;
use super::state::{HealthMode, State};
use crate::action::Action;

/// What it calls itself.
const APP: &str = "Director demo";
/// How long `lock` lasts unless `unlock` comes first.
const LOCK_LIMIT: Duration = Duration::from_secs(60);
/// How long `slow` takes.
const SLOW: Duration = Duration::from_secs(5);
/// How many lines `flood` prints.
const FLOOD_LINES: u32 = 100_000;
/// How many of them are written at once.
const FLOOD_BATCH: usize = 500;

/// What happens once the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    Nothing,
    Abort,
    Exit,
    Hang,
}

/// Answers one request.
pub(super) fn answer(request: &Request, state: &State) -> (Response, Afterwards) {
    if !request.header("host").is_none_or(is_loopback) {
        // A foreign name that resolves to this machine would make a foreign page "same origin" with ours.
        return done(Response::error(421, "this application answers to localhost only"));
    }
    if let Some(name) = request.path.strip_prefix("/do/") {
        return match (Action::from_name(name), request.method.as_str()) {
            (None, _) => done(Response::error(404, "there is no such action")),
            (Some(_), method) if method != "POST" => {
                done(Response::error(405, "an action needs POST").with("allow: POST"))
            }
            (Some(_), _) if !is_same_origin(request) => {
                done(Response::error(403, "another site may not press these buttons"))
            }
            (Some(action), _) => act(action, request, state),
        };
    }
    done(read(request, state))
}

fn done(response: Response) -> (Response, Afterwards) {
    (response, Afterwards::Nothing)
}

fn read(request: &Request, state: &State) -> Response {
    let known =
        matches!(request.path.as_str(), "/" | "/health" | "/info") || page::asset(&request.path).is_some();
    if !known {
        return Response::error(404, "there is no such page");
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Response::error(405, "this page can only be read").with("allow: GET, HEAD");
    }
    match request.path.as_str() {
        "/" if request.method == "GET" => page::home(state, state.database.count_visit()),
        "/" => page::home(state, state.database.visits()),
        "/health" => health(state),
        "/info" => Response::json(200, &info(state)),
        path => page::asset(path).unwrap_or_else(|| Response::error(404, "there is no such page")),
    }
}

/// The answer of the original specification, except that the database is really read.
fn health(state: &State) -> Response {
    let (code, broken) = match state.health() {
        HealthMode::InvalidJson => {
            return Response::new(200, "application/json", &b"{\"status\": \"healthy\", oops\n"[..]);
        }
        HealthMode::Honest => (200, None),
        HealthMode::Broken => (200, Some("broken")),
        HealthMode::Unhealthy => (503, Some("unhealthy")),
    };
    let (status, database) = match state.database.check() {
        Ok(()) => ("healthy", "connected".to_owned()),
        Err(error) => ("degraded", format!("error: {error}")),
    };
    // Written out, because a map would lose the order of the specification; people read this.
    let body = format!(
        "{{\"status\":{},\"app\":{},\"version\":{},\"database\":{}}}\n",
        json!(broken.unwrap_or(status)),
        json!(APP),
        json!(state.version),
        json!(database),
    );
    Response::new(code, "application/json", body.into_bytes())
}

fn info(state: &State) -> Value {
    json!({
        "pid": std::process::id(),
        "uptime_ms": u64::try_from(state.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "visits": state.database.visits(),
        "version": state.version,
        "leaked_mb": state.leaked_megabytes(),
        "locked": state.database.is_locked(),
        "open_requests": state.gate.open_requests(),
        "health_mode": state.health().name(),
    })
}

fn act(action: Action, request: &Request, state: &State) -> (Response, Afterwards) {
    let (status, text, afterwards) = match action {
        Action::Crash => (202, "crashing now".to_owned(), Afterwards::Abort),
        Action::Exit0 => (202, "ending with exit code 0".to_owned(), Afterwards::Exit),
        Action::Hang => (202, "not answering from now on".to_owned(), Afterwards::Hang),
        Action::Unhealthy => pretend(state, HealthMode::Unhealthy, "health answers 503 from now on"),
        Action::Broken => pretend(
            state,
            HealthMode::Broken,
            "health answers status \"broken\" from now on",
        ),
        Action::InvalidJson => pretend(
            state,
            HealthMode::InvalidJson,
            "health answers invalid JSON from now on",
        ),
        Action::Lock => lock(state),
        Action::Unlock if state.database.unlock() => plain(200, "the database is free again"),
        Action::Unlock => plain(200, "the database was not locked"),
        Action::Leak => leak(state),
        Action::Flood => flood(),
        Action::Slow => {
            std::thread::sleep(SLOW);
            plain(200, "finished after 5 seconds")
        }
    };
    super::say(&format!("{}: {text}", action.name()));
    let response = if status < 300 && wants_page(request) {
        // A browser without scripts: back to the page.
        Response::json(303, &json!({ "done": text })).with("location: /")
    } else {
        Response::json(status, &json!({ "done": text }))
    };
    (response, afterwards)
}

fn plain(status: u16, text: impl Into<String>) -> (u16, String, Afterwards) {
    (status, text.into(), Afterwards::Nothing)
}

fn pretend(state: &State, mode: HealthMode, text: &str) -> (u16, String, Afterwards) {
    state.set_health(mode);
    plain(200, text)
}

fn lock(state: &State) -> (u16, String, Afterwards) {
    match state.database.lock(LOCK_LIMIT) {
        Ok(true) => plain(200, "the database is locked for 60 seconds"),
        Ok(false) => plain(200, "the database is locked already"),
        Err(error) => plain(409, format!("the database could not be locked: {error}")),
    }
}

fn leak(state: &State) -> (u16, String, Afterwards) {
    match state.leak() {
        (megabytes, true) => plain(200, format!("{megabytes} MB leaked")),
        (megabytes, false) => plain(200, format!("{megabytes} MB leaked already; no more than that")),
    }
}

/// The printing goes on beside the answer: a slow reader of the output must not hold up the request.
fn flood() -> (u16, String, Afterwards) {
    let print = || {
        for first in (1..=FLOOD_LINES).step_by(FLOOD_BATCH) {
            let last = FLOOD_LINES.min(first + FLOOD_BATCH as u32 - 1);
            let lines: String = (first..=last)
                .map(|line| format!("flood line {line} of {FLOOD_LINES}\n"))
                .collect();
            // Whole lines under one lock, so that no line of another thread lands in the middle of one.
            if std::io::stdout().lock().write_all(lines.as_bytes()).is_err() {
                return;
            }
        }
    };
    match std::thread::Builder::new().name("flood".to_owned()).spawn(print) {
        Ok(_) => plain(202, "printing 100,000 lines"),
        Err(error) => plain(500, format!("no thread to print with: {error}")),
    }
}

fn wants_page(request: &Request) -> bool {
    request
        .header("accept")
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Whether the request comes from our own page, or from no page at all.
fn is_same_origin(request: &Request) -> bool {
    let site = request
        .header("sec-fetch-site")
        .is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = match (request.header("origin"), request.header("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    };
    site && origin
}

/// Whether a Host header names this machine itself, with any port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]")
}
