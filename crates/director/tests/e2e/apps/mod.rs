//! Real applications: FastAPI with SQLAlchemy and SQLite under uvicorn on both systems, Django under gunicorn on Linux, Node on
//! Windows.

mod configured;
mod edits;
mod fastapi;
mod faults;
#[cfg(windows)]
mod node;

use std::thread::{self, JoinHandle};

use director_testkit::{eventually, free_port, http_get};
use serde_json::Value;

use crate::common::{BOUND, Site, text};

/// Fast probes; a hung application costs 1 s each.
const PROBE: &str =
    "interval = \"200ms\", retry_interval = \"100ms\", start_interval = \"100ms\", timeout = \"1s\"";

/// A program that the set-up provides.
#[track_caller]
fn provided(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run `cargo xtask test`, which provides the program it names")
    })
}

/// An application on a port of its own.
struct App {
    site: Site,
    port: u16,
}

impl App {
    /// Waits until it runs and its own words are there.
    #[track_caller]
    fn until_healthy(&self) -> Value {
        self.site
            .until("web", "is healthy", |web| text(web, "health") == "healthy")
    }

    /// Waits for a later run, healthy.
    #[track_caller]
    fn until_healthy_after(&self, run: u64) -> Value {
        self.site
            .until("web", &format!("is healthy in a run after {run}"), |web| {
                text(web, "health") == "healthy" && crate::common::run_number(web) > run
            })
    }

    /// A request that must be answered.
    #[track_caller]
    fn get(&self, path: &str) -> (u16, String) {
        http_get(self.port, path).expect("the application does not answer")
    }

    /// A request in the background.
    fn ask(&self, path: &'static str) -> JoinHandle<std::io::Result<(u16, String)>> {
        let port = self.port;
        thread::spawn(move || http_get(port, path))
    }

    /// Waits for a file that the application writes.
    #[track_caller]
    fn until_file(&self, name: &str) {
        eventually(BOUND, name, || self.site.sandbox.file(name).exists());
    }
}

/// The Python that has FastAPI.
#[track_caller]
fn python() -> String {
    provided(if cfg!(windows) {
        "DIRECTOR_E2E_PYTHON_WIN"
    } else {
        "DIRECTOR_E2E_PYTHON"
    })
}

/// The FastAPI application, not started; `lines` are TOML of its service.
#[track_caller]
fn fastapi(name: &str, lines: &str) -> App {
    let python = python();
    let site = Site::new(name);
    site.sandbox
        .write("hub.py", include_str!("../../fixtures/fastapi_app/hub.py"));
    let port = free_port();
    let port_text = port.to_string();
    let command = [
        &python,
        "-m",
        "uvicorn",
        "hub:app",
        "--host",
        "127.0.0.1",
        "--port",
        &port_text,
    ];
    // Ctrl-Break, which comes first for uvicorn, kills under Wine instead of asking (docs/windows-verification.md).
    let ladder = if director_testkit::under_wine() && !lines.contains("stop.") {
        "stop.ladder = [\"ctrl-c 30s\", \"terminate\"]\n"
    } else {
        ""
    };
    let lines = format!(
        "port = {port}\nenv = {{ PYTHONDONTWRITEBYTECODE = \"1\" }}\n\
         health = {{ http = \"http://127.0.0.1:{port}/health\", {PROBE} }}\ndatabase = {{ sqlite = \"hub.db\" }}\n{ladder}{lines}"
    );
    App {
        site: site.service("web", &command, &lines),
        port,
    }
}
