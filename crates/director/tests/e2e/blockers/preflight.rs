//! `director preflight`: the same checks without a director, and without any change.

use director_testkit::free_port;
use serde_json::Value;

use super::{Stranger, database, files};
use crate::common::{Site, assert_says, text};

fn site(name: &str, port: u16) -> Site {
    let lines = format!("port = {port}\n[service.web.database]\nsqlite = \"app.db\"\nwal = true");
    Site::new(name).rogue("web", &["--port", &port.to_string()], &lines)
}

fn checks(told: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(told).expect("JSON");
    all["services"][0]["checks"].as_array().expect("a list").clone()
}

fn check<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    let mut all = checks.iter();
    all.find(|check| text(check, "name") == name).expect("the check")
}

#[test]
fn all_is_well_and_nothing_is_changed() {
    for mode in ["delete", "wal"] {
        let site = site(&format!("well-{mode}"), free_port());
        let path = database(&site, "app.db", mode);
        let before = files(site.sandbox.path());
        let told = site.cli(&["preflight"]).exits(0);
        assert_says(
            &told.out,
            &[
                "✓ port",
                "is free",
                "is not locked",
                "can be executed",
                "nothing forbids a start",
            ],
        );
        assert!(!told.out.contains('✗'), "{}", told.out);
        let json = site.cli(&["preflight", "web", "--json"]).exits(0);
        assert_eq!(text(check(&checks(&json.out), "database"), "outcome"), "ok");
        assert_eq!(files(site.sandbox.path()), before, "not even WAL is set");
        let shm = format!("{}-shm", path.display());
        assert!(!std::path::Path::new(&shm).exists(), "nobody had it open");
    }
}

#[test]
fn a_blocked_start_is_said_by_the_exit_code_and_nothing_is_changed() {
    let port = free_port();
    let site = site("not-well", port);
    let path = database(&site, "app.db", "delete");
    let stranger = Stranger::locking(&site, &path, &["--port", &port.to_string()]);
    director_testkit::eventually(crate::common::BOUND, "the stranger listens", || {
        director_testkit::http_get(port, "/")
    });
    let before = files(site.sandbox.path());
    let told = site.cli(&["preflight", "web"]).exits(6);
    let who = format!("(pid {}", stranger.pid());
    assert_says(
        &told.out,
        &[
            "✗ ACTION REQUIRED: port",
            "is locked by rogue",
            &who,
            "a start is blocked",
        ],
    );
    let json = site.cli(&["preflight", "--json"]).exits(6);
    for name in ["port", "database"] {
        let checks = checks(&json.out);
        let found = check(&checks, name);
        assert_eq!(text(found, "outcome"), "found", "{found}");
        assert_eq!(found["finding"]["holders"][0]["pid"], stranger.pid(), "{found}");
    }
    assert_eq!(files(site.sandbox.path()), before);
}

#[test]
fn of_a_service_that_is_up_it_says_so() {
    let port = free_port();
    let site = site("up", port);
    database(&site, "app.db", "delete");
    let _director = site.start();
    site.until_running("web");
    director_testkit::eventually(crate::common::BOUND, "web listens", || {
        director_testkit::http_get(port, "/")
    });
    let told = site.cli(&["preflight", "web"]).exits(0);
    assert_says(
        &told.out,
        &[
            "web, which is up",
            "held by the service itself",
            "in use by run 1",
        ],
    );
}

#[test]
fn what_is_missing_is_found_before_a_start() {
    let site = Site::new("missing").service(
        "web",
        &["./no-such-program"],
        "[service.web.database]\nsqlite = \"no-such-folder/app.db\"",
    );
    let told = site.cli(&["preflight"]).exits(6);
    assert_says(
        &told.out,
        &[
            "program-missing",
            "! warning",
            "database-folder-missing",
            "a start is blocked",
        ],
    );
    let unknown = site.cli(&["preflight", "wbe"]);
    assert_ne!(unknown.code, 0);
    assert_says(&unknown.err, &["wbe"]);
}
