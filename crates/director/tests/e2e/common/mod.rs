//! A folder with a config ([`Site`]), a director that runs in it ([`Director`]), and its command line.

mod director;
mod site;
pub(crate) mod system;

use std::time::Duration;

use serde_json::Value;

pub(crate) use director::Director;
#[cfg(unix)]
pub(crate) use site::finish;
pub(crate) use site::{Site, bare, quoted};

/// How long a state may take on a busy machine. A test that passes waits far less.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// A text of a report or an event; empty when it is not there.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The number of the present or last run.
pub(crate) fn run_number(service: &Value) -> u64 {
    service["run"]["number"].as_u64().unwrap_or(0)
}

/// The process of the present run.
pub(crate) fn pid(service: &Value) -> Option<u32> {
    service["run"]["pid"]
        .as_u64()
        .and_then(|pid| u32::try_from(pid).ok())
}

/// Whether the service runs with a process.
pub(crate) fn is_running(service: &Value) -> bool {
    text(service, "phase") == "running" && pid(service).is_some()
}

/// The entries of one kind.
pub(crate) fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| text(event, "event") == kind)
        .collect()
}

/// Asserts that `text` has all of `phrases`.
#[track_caller]
pub(crate) fn assert_says(text: &str, phrases: &[&str]) {
    for phrase in phrases {
        assert!(text.contains(phrase), "`{phrase}` is not said in:\n{text}");
    }
}
