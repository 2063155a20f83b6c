//! The ordinary life of a FastAPI application.

use director_testkit::processes::{alive, kill};

use crate::common::{assert_says, of_kind, pid, run_number, text};

use super::fastapi;

#[test]
fn it_starts_and_says_that_its_database_is_connected() {
    let app = fastapi("fastapi-starts", "");
    let director = app.site.start();
    let web = app.until_healthy();
    assert_eq!((text(&web, "phase"), run_number(&web)), ("running", 1));
    let said = ["app", "version", "database"].map(|name| text(&web["answer"], name));
    assert_eq!(said, ["Hub", "2.0", "connected"]);
    assert_says(
        &app.site.cli(&["status", "web"]).exits(0).out,
        &["healthy", "Hub", "2.0", "connected"],
    );
    assert_says(
        &app.site.why("web"),
        &["runs and is healthy", "database connected"],
    );
    let logs = app.site.cli(&["logs", "web"]).exits(0).out;
    assert_says(&logs, &["Application startup complete", "GET /health"]);
    director.shut_down();
    let logs = app.site.cli(&["logs", "web"]).exits(0).out;
    assert_says(&logs, &["Application shutdown complete"]);
}

#[test]
fn killed_it_runs_anew() {
    let app = fastapi("fastapi-killed", "");
    let _director = app.site.start();
    let first = pid(&app.until_healthy()).expect("a pid");
    kill(first);
    let second = app.until_healthy_after(1);
    assert!(!alive(first));
    assert_eq!((run_number(&second), &second["restart_count"]), (2, &1.into()));
    let why = app.site.why("web");
    assert_says(
        &why,
        &[
            "run 1 ended by itself",
            "restart 1 is due at once",
            "run 2 started",
        ],
    );
    if cfg!(unix) {
        assert_says(&why, &["SIGKILL: somebody killed it"]);
    }
}

#[test]
fn stopped_in_the_middle_of_a_request_it_finishes_it() {
    let app = fastapi("fastapi-slow", "");
    let _director = app.site.start();
    let before = pid(&app.until_healthy()).expect("a pid");
    let slow = app.ask("/test/slow");
    app.until_file("slow-began");
    assert_says(&app.site.cli(&["stop", "web"]).exits(0).out, &["web: stopped"]);
    let (status, body) = slow
        .join()
        .expect("the request's thread")
        .expect("the request was cut off");
    assert_eq!((status, body.as_str()), (200, r#"{"slow":"finished"}"#));
    assert!(!alive(before));
    let events = app.site.events("web");
    assert!(
        of_kind(&events, "tree-killed").is_empty(),
        "it was killed: {events:?}"
    );
    assert_eq!(
        of_kind(&events, "rung-tried").len(),
        1,
        "one polite word is enough: {events:?}"
    );
    assert_says(&app.site.why("web"), &["an operator stopped it"]);
}
