//! Real projects that `director init` configured, and what keeps them from starting. Nothing of the configuration is changed
//! but the port.

mod blocked;
#[cfg(unix)]
mod django;
mod fastapi;
mod flask;
mod holder;
#[cfg(windows)]
mod node;

use std::path::Path;

use director_testkit::free_port;
use serde_json::Value;

use crate::common::{Site, text};

use super::{App, python};

/// An empty site whose `python` is the provided one, as on a machine where it is installed.
#[track_caller]
fn site(name: &str) -> Site {
    site_with(name, &python())
}

/// The same with another program on `PATH`.
fn site_with(name: &str, program: &str) -> Site {
    let folder = Path::new(program).parent().expect("a program lies in a folder");
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&old));
    let path = std::env::join_paths(all).expect("a PATH");
    Site::without_config(name).env("PATH", path.to_string_lossy())
}

/// Lets `director init` write the configuration; returns what it says.
#[track_caller]
fn configure(site: Site, options: &[&str]) -> (App, Value) {
    let port = free_port();
    let number = port.to_string();
    let arguments = [&["init", "--json", "--port", &number], options].concat();
    let told = site.cli(&arguments).exits(0).out;
    let told = serde_json::from_str(&told).expect("init --json says JSON");
    site.cli(&["check"]).exits(0);
    (App { site, port }, told)
}

/// The two lines that include the endpoint.
#[track_caller]
fn include_lines(told: &Value) -> [&str; 2] {
    [0, 1].map(|line| told["health_include"][line].as_str().expect("a line of Python"))
}

/// The FastAPI application.
#[track_caller]
fn fastapi_app(name: &str) -> App {
    let site = site(name);
    site.sandbox
        .write("hub.py", include_str!("../../../fixtures/fastapi_app/hub.py"));
    site.sandbox
        .write("requirements.txt", "fastapi\nsqlalchemy\nuvicorn\n");
    configure(site, &[]).0
}

/// Whether a blocker names the process.
fn names(blocker: &Value, pid: u32) -> bool {
    let held = blocker["holders"].as_array();
    let by_holder = held.is_some_and(|held| held.iter().any(|one| one["pid"] == pid));
    let said = blocker["evidence"].as_array();
    let phrase = format!("pid {pid}");
    let by_evidence = said.is_some_and(|said| {
        said.iter()
            .any(|line| line.as_str().is_some_and(|line| has_number(line, &phrase)))
    });
    by_holder || by_evidence
}

/// `pid 12` is not in `pid 123`.
fn has_number(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase)
        .any(|(at, _)| !line[at + phrase.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

/// Starts a service that cannot start: it must be blocked with this code, by this process.
#[track_caller]
fn assert_blocked(app: &App, service: &str, code: &str, pid: u32) -> Value {
    let said = app.site.cli(&["start", service]).exits(6);
    let status = app.site.status(service);
    assert_eq!(text(&status, "phase"), "blocked", "{status}");
    let blocker = status["blocker"].clone();
    assert_eq!(text(&blocker, "code"), code, "{blocker}");
    assert!(names(&blocker, pid), "{pid} is not named: {blocker}");
    assert!(
        has_number(&said.err, &format!("pid {pid}")),
        "a person must read the pid: {}",
        said.err
    );
    blocker
}
