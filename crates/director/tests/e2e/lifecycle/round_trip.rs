//! The ordinary life of a service.

use director_testkit::processes::{alive, wait_gone};

use crate::common::{BOUND, Site, assert_says, is_running, of_kind, pid, run_number, text};

#[test]
fn a_service_is_started_shown_stopped_restarted_and_shut_down() {
    let site = Site::new("round-trip").rogue("web", &["--say", "up"], "");
    let director = site.start();

    let first = site.until_running("web");
    let first_pid = pid(&first).expect("a pid");
    assert_eq!(run_number(&first), 1);
    let table = site.cli(&["status"]).exits(0).out;
    assert_says(
        &table,
        &["NAME", "PHASE", "web", "running", &first_pid.to_string()],
    );
    assert_says(&site.why("web"), &["web runs", "run 1 started as process"]);

    let stopped = site.cli(&["stop", "web"]).exits(0).out;
    assert_says(&stopped, &["web: stopped"]);
    assert!(!alive(first_pid), "`stop` returned while the process lived");
    // Down is what the operator wants, so the goal is met.
    assert_says(
        &site.cli(&["status"]).exits(0).out,
        &["stopped by operator since"],
    );
    assert_says(
        &site.why("web"),
        &["an operator stopped it", "`director start web`"],
    );

    assert_says(
        &site.cli(&["start", "web"]).exits(0).out,
        &["web: running (run 2"],
    );
    let second = site.status("web");
    assert!(
        is_running(&second) && second["stopped_by_operator"].is_null(),
        "{second}"
    );

    assert_says(
        &site.cli(&["restart", "web"]).exits(0).out,
        &["web: running (run 3"],
    );
    let third = site.status("web");
    assert_ne!(pid(&third), pid(&second));
    assert_eq!(third["restart_count"], 0, "an operator's restart is no crash");

    let last_pid = pid(&third).expect("a pid");
    let director_pid = director.pid();
    director.shut_down();
    wait_gone(&[first_pid, last_pid, director_pid], BOUND);

    let events = site.events("web");
    let exits = of_kind(&events, "process-exited");
    assert_eq!(exits.len(), 3);
    assert!(exits.iter().all(|exit| exit["expected"] == true), "{exits:?}");
    let reasons: Vec<&str> = of_kind(&events, "stop-began")
        .iter()
        .map(|stop| text(stop, "reason"))
        .collect();
    assert_eq!(reasons, ["operator", "operator-restart", "shutdown"]);
}

#[test]
fn what_is_already_so_is_no_error() {
    let site = Site::new("already").rogue("web", &[""; 0], "autostart = false");
    let _director = site.start();
    assert_eq!(text(&site.status("web"), "phase"), "idle");
    assert_says(&site.why("web"), &["is not running, and is not meant to"]);
    site.cli(&["status"]).exits(0);
    site.cli(&["stop", "web"]).exits(0);
    site.cli(&["start", "web"]).exits(0);
    site.cli(&["start", "web"]).exits(0);
    assert_eq!(
        run_number(&site.status("web")),
        1,
        "a second start must not start a second run"
    );
}

#[test]
fn several_services_are_told_apart() {
    let site = Site::new("several")
        .rogue("one", &[""; 0], "")
        .rogue("two", &[""; 0], "")
        .rogue("three", &[""; 0], "autostart = false");
    let _director = site.start();
    site.until_running("one");
    let two = site.until_running("two");
    site.cli(&["stop", "one"]).exits(0);
    assert_eq!(pid(&site.status("two")), pid(&two), "the other one was touched");
    site.cli(&["stop"]).exits(0);
    assert_eq!(text(&site.status("two"), "phase"), "idle");
    site.cli(&["start"]).exits(0);
    for service in ["one", "two", "three"] {
        assert!(
            is_running(&site.status(service)),
            "`start` without names starts all"
        );
    }
}

#[test]
fn oneshots_complete_and_their_failure_is_one() {
    let site = Site::new("oneshots")
        .rogue("migrate", &["--exit", "0"], "kind = \"oneshot\"")
        .rogue(
            "broken",
            &["--complain", "no such table", "--exit", "4"],
            "kind = \"oneshot\"\nrestart.when = \"never\"",
        );
    let _director = site.start();
    let done = site.until_phase("migrate", "completed");
    assert_eq!(run_number(&done), 1);
    site.cli(&["status", "migrate"]).exits(0);
    assert_says(&site.why("migrate"), &["has done its work", "exit code 0"]);

    site.until_phase("broken", "failed");
    site.cli(&["status", "broken"]).exits(1);
    assert_says(
        &site.why("broken"),
        &["has failed", "exit code 4", "no such table"],
    );
    assert_says(
        &site.cli(&["start", "migrate"]).exits(0).out,
        &["migrate: completed"],
    );
    site.cli(&["start", "broken"]).exits(1);
}
