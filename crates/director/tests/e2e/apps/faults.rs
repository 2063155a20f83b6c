//! A FastAPI application that hangs, answers nonsense, loses its database, or cannot start.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use director_testkit::processes::kill;

use crate::common::{assert_says, of_kind, pid, run_number, text};

use super::{App, fastapi, provided};

#[cfg(unix)]
#[test]
fn stopped_by_a_signal_it_is_ended_by_force_and_runs_anew() {
    // With this grace the second run would come too late if the polite rung were waited for.
    let app = fastapi("fastapi-sigstop", "stop.grace = \"10m\"");
    let _director = app.site.start();
    let first = pid(&app.until_healthy()).expect("a pid");
    crate::common::system::signal(first, libc::SIGSTOP);
    app.until_healthy_after(1);
    assert_says(
        &app.site.why("web"),
        &[
            "failed 3 times in a row",
            "no answer within 1000 ms",
            "suspended",
            "ended by force",
            "run 2 started",
        ],
    );
}

#[test]
fn with_a_blocked_event_loop_it_is_ended_and_runs_anew() {
    let app = fastapi("fastapi-hang", "stop.grace = \"500ms\"");
    let _director = app.site.start();
    app.until_healthy();
    let hanging = app.ask("/test/hang");
    let second = app.until_healthy_after(1);
    assert_eq!(run_number(&second), 2);
    assert_says(
        &app.site.why("web"),
        &[
            "failed 3 times in a row",
            "no answer within 1000 ms",
            "run 2 started",
        ],
    );
    let events = app.site.events("web");
    assert_eq!(
        of_kind(&events, "restart-scheduled")[0]["wait_ms"],
        0,
        "a hang is restarted at once the first time"
    );
    assert!(hanging.join().expect("the request's thread").is_err());
}

#[test]
fn answers_that_are_none_lead_to_a_new_run() {
    let app = fastapi("fastapi-answers", "restart.backoff = [\"0s\"]");
    let _director = app.site.start();
    app.until_healthy();
    let faults = [
        ("unavailable", "HTTP 503 instead of 200"),
        ("no-json", "the body is no JSON"),
        ("broken", "status \"broken\", which is not in health.accept"),
    ];
    for (run, (mode, phrase)) in (1..).zip(faults) {
        app.get(&format!("/test/answer/{mode}"));
        let next = app.until_healthy_after(run);
        assert_eq!(run_number(&next), run + 1, "{mode}: one restart cures it");
        assert_says(&app.site.why("web"), &["failed 3 times in a row", phrase]);
    }
    let events = app.site.events("web");
    assert_eq!(
        of_kind(&events, "probe-failed").len(),
        9,
        "three for each: {events:?}"
    );
    assert!(
        of_kind(&events, "tree-killed").is_empty(),
        "uvicorn ends when it is asked to"
    );
}

/// Another program that has the application's database to itself.
struct Locker(Child);

impl Locker {
    fn of(app: &App) -> Self {
        let python = provided(if cfg!(windows) {
            "DIRECTOR_E2E_PYTHON_WIN"
        } else {
            "DIRECTOR_E2E_PYTHON"
        });
        let script = "import sqlite3, sys\n\
                      connection = sqlite3.connect('hub.db', isolation_level=None)\n\
                      connection.execute('BEGIN EXCLUSIVE')\n\
                      print('locked', flush=True)\n\
                      sys.stdin.read()";
        let mut child = Command::new(python)
            .args(["-c", script])
            .current_dir(app.site.sandbox.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cannot start the locker");
        let mut line = String::new();
        let told = BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line);
        assert!(
            told.is_ok() && line.starts_with("locked"),
            "the database could not be locked: {line:?}"
        );
        Self(child)
    }
}

impl Drop for Locker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn with_its_database_locked_it_is_degraded_and_left_running() {
    let app = fastapi("fastapi-locked", "");
    let _director = app.site.start();
    let before = pid(&app.until_healthy());
    let locker = Locker::of(&app);
    let degraded = app
        .site
        .until("web", "is degraded", |web| text(web, "health") == "degraded");
    assert!(
        text(&degraded["answer"], "database").contains("database is locked"),
        "{degraded}"
    );
    let probed = degraded["probed"].as_i64().expect("a time");
    let later = app
        .site
        .until("web", "was probed for longer than three failures take", |web| {
            web["probed"].as_i64().is_some_and(|at| at > probed + 1500)
        });
    assert_eq!(
        (text(&later, "phase"), text(&later, "health"), pid(&later)),
        ("running", "degraded", before),
        "{later}"
    );
    assert_says(&app.site.cli(&["status"]).exits(0).out, &["running", "degraded"]);
    assert_says(
        &app.site.why("web"),
        &[
            "says itself that something is wrong (degraded)",
            "database is locked",
            "never restarted for it",
        ],
    );
    drop(locker);
    let healthy = app.until_healthy();
    assert_eq!((run_number(&healthy), pid(&healthy)), (1, before));
    let events = app.site.events("web");
    let ways: Vec<_> = of_kind(&events, "health-changed")
        .iter()
        .map(|event| text(event, "to"))
        .collect();
    assert_eq!(ways, ["healthy", "degraded", "healthy"]);
    assert!(of_kind(&events, "stop-began").is_empty());
}

#[test]
fn when_it_cannot_start_it_is_tried_again_by_the_throttle() {
    let app = fastapi("fastapi-loop", "restart.backoff = [\"0s\", \"100ms\", \"1m\"]");
    let _director = app.site.start();
    let first = pid(&app.until_healthy()).expect("a pid");
    app.site.sandbox.write("crash-at-start", "");
    kill(first);
    let waiting = app.site.until("web", "waits a minute", |web| {
        text(web, "phase") == "backoff" && web["restart_count"] == 3
    });
    assert!(waiting["backoff_left_ms"].as_u64() > Some(1_000), "{waiting}");
    assert_says(
        &app.site.cli(&["status"]).exits(1).out,
        &["backoff", "exit code 1", "starts in"],
    );
    assert_says(
        &app.site.why("web"),
        &[
            "crashed and starts again in",
            "throttle counts 3 restarts",
            "RuntimeError: the settings are missing",
        ],
    );
    std::fs::remove_file(app.site.sandbox.file("crash-at-start")).expect("cannot cure the application");
    app.site.cli(&["start", "web"]).exits(0);
    app.until_healthy_after(3);
}
