//! The time before a service is first healthy.

use crate::common::{Site, assert_says, of_kind, run_number, text};

use super::{HEALTHY, Patient};

/// Not just probed: the first probe may find nobody listening yet.
fn answered_503(found: &serde_json::Value) -> bool {
    text(found, "probe_detail").contains("HTTP 503")
}

#[test]
fn failures_within_the_start_grace_do_not_count_and_those_after_it_do() {
    let (site, web) = Patient::admit(Site::new("grace"), "web", ", start_grace = \"1500ms\"", "");
    web.answers(&site, "503", "");
    let _director = site.start();
    let starting = site.until("web", "was answered 503", answered_503);
    assert_eq!(
        (text(&starting, "phase"), &starting["probe_failures"]),
        ("starting", &0.into()),
        "{starting}"
    );
    assert_says(
        &site.why("web"),
        &[
            "its health probe does not succeed yet",
            "HTTP 503",
            "`director logs web -f`",
        ],
    );
    site.cli(&["status"]).exits(1);
    site.until("web", "a second run", |found| run_number(found) == 2);
    let events = site.events("web");
    let started = of_kind(&events, "process-started")[0]["wall"]
        .as_i64()
        .expect("a time");
    let failed = of_kind(&events, "probe-failed")[0]["wall"]
        .as_i64()
        .expect("a time");
    assert!(
        failed - started >= 1500,
        "a failure counted {} ms after the start",
        failed - started
    );

    web.answers(&site, "200", HEALTHY);
    assert_eq!(text(&site.until_running("web"), "health"), "healthy");
}

#[test]
fn a_slow_starter_is_waited_for() {
    let (site, web) = Patient::admit(Site::new("slow-start"), "web", "", "");
    web.answers(&site, "503", "");
    let director = site.start();
    site.until("web", "was answered 503", answered_503);
    web.answers(&site, "200", HEALTHY);
    assert_says(
        &site.cli(&["start", "web"]).exits(0).out,
        &["web: running (run 1"],
    );
    assert!(of_kind(&site.events("web"), "probe-failed").is_empty());
    director.shut_down();
}

#[test]
fn nobody_listening_is_said() {
    let port = director_testkit::free_port();
    let health =
        format!("health = {{ http = \"http://127.0.0.1:{port}/health\", start_interval = \"100ms\" }}");
    let site = Site::new("deaf").rogue("web", &[""; 0], &health);
    let _director = site.start();
    site.until("web", "was probed", |found| {
        text(found, "probe_detail").contains("refused")
    });
    assert_eq!(text(&site.status("web"), "phase"), "starting");
    assert_says(
        &site.why("web"),
        &[
            "connection refused: nothing listens there",
            "address is the one the program listens on",
        ],
    );
    let late = site.cli(&["start", "web", "--timeout", "300ms"]).exits(8);
    assert_says(&late.err, &["not settled after 300 ms"]);
}
