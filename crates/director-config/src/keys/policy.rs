//! `[service.NAME.restart]` and `[service.NAME.stop]`.

use serde_json::{Value, json};

use director_core::spec::RestartSpec;

use super::Key;
use super::shape::Default::{self, Is, Nothing, Required};
use super::shape::{Section, Shape};
use crate::defaults;
use crate::units::duration_text;

const fn restart(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Restart, name, shape, default)
}

const fn stop(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Stop, name, shape, default)
}

const fn rung(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Rung, name, shape, default)
}

fn backoff() -> Value {
    RestartSpec::default()
        .backoff_ms
        .into_iter()
        .map(duration_text)
        .collect()
}

pub(super) const KEYS: &[Key] = &[
    restart("backoff", Shape::Durations { most: 32 }, Is(backoff))
        .doc("Waits before the first, second, … restart; the last repeats.", "[\"1s\", \"10s\", \"1m\"]")
        .also(&["throttle_backoff_seconds", "delay", "delays", "restart_sec"]),
    restart("stable_after", Shape::Duration { min: 0 }, Is(|| json!(duration_text(RestartSpec::default().stable_after_ms))))
        .doc("A run that stayed up this long clears the count of restarts.", "\"5m\"")
        .also(&["throttle_stable_period", "stable_period", "min_uptime", "startsecs"]),
    restart("window", Shape::Choice(&["run", "sliding"]), Is(|| json!("run")))
        .doc("Which restarts count: all since a run was stable, or those younger than `stable_after`.", "\"sliding\""),
    restart("when", Shape::Choice(&["always", "on-failure", "never"]), Is(|| json!("always")))
        .doc("After which exits a new run starts.", "\"on-failure\"")
        .also(&["policy", "autorestart", "auto_restart"]),
    restart("success_exit_codes", Shape::Integers { min: -2_147_483_648, max: 4_294_967_295, most: 64 }, Is(|| json!(RestartSpec::default().success_exit_codes)))
        .doc("Exit codes that are no failure.", "[0, 3]")
        .also(&["exit_codes", "exitcodes"]),
    restart("max", Shape::Integer { min: 1, max: 1_000_000 }, Nothing("it is never given up"))
        .doc("After this many consecutive counted restarts the service is `failed`.", "10")
        .also(&["max_restarts", "limit", "start_limit_burst"]),
    stop("grace", Shape::Duration { min: 0 }, Is(|| json!(duration_text(defaults::STOP_GRACE_MS))))
        .doc("Time of the first rung of the automatic ladder; not beside `ladder`.", "\"10s\"")
        .also(&["graceful_shutdown_timeout", "timeout", "stop_timeout", "kill_timeout"]),
    stop("ladder", Shape::Ladder, Nothing("the automatic ladder, see below"))
        .doc("The rungs in order, at most 8. When the last is not `kill` (or `terminate`, the same), `kill` is added.", "[{ http = \"http://127.0.0.1:8004/quit\", grace = \"10s\" }, \"kill\"]")
        .also(&["signals", "stop_signal", "signal"]),
    stop("to", Shape::Choice(&["group", "main"]), Is(|| json!("group")))
        .doc("Whom the rungs address: the whole group or console, or the first process alone.", "\"main\""),
    rung("exec", Shape::Command, Nothing("exactly one of `exec`, `http`, `stdin`"))
        .doc("Run this command in the service's folder and environment.", "[\"bin/stop\"]"),
    rung("http", Shape::Url, Nothing("exactly one of `exec`, `http`, `stdin`"))
        .doc("POST to this URL.", "\"http://127.0.0.1:8004/quit\""),
    rung("stdin", Shape::Text, Nothing("exactly one of `exec`, `http`, `stdin`"))
        .doc("Write this text to the service's standard input; an empty text closes it.", "\"quit\\n\""),
    rung("grace", Shape::Duration { min: 0 }, Required).doc("How long to wait before the next rung.", "\"10s\""),
];
