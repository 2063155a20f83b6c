//! Services that need each other: who starts and stops when, and what a person is told meanwhile.

use serde_json::Value;

use crate::common::{Site, assert_says, is_running, of_kind, run_number, text};
use crate::health::{HEALTHY, Patient};

/// The numbers of the journal's entries of one kind.
fn numbers(site: &Site, service: &str, kind: &str) -> Vec<u64> {
    let number = |entry: &&Value| entry["seq"].as_u64().expect("a number");
    of_kind(&site.events(service), kind).iter().map(number).collect()
}

/// `db` is there but not healthy, `migrate` needs it, and `web` needs both.
fn chain(name: &str) -> (Site, Patient) {
    let (site, db) = Patient::admit(Site::new(name), "db", "", "");
    db.answers(&site, "503", "");
    let site = site
        .rogue(
            "migrate",
            &["--exit", "0"],
            "kind = \"oneshot\"\nrequires = [\"db\"]",
        )
        .rogue(
            "web",
            &[""; 0],
            "requires = [\"db\", \"migrate\"]\nrestart_with = true",
        );
    (site, db)
}

#[test]
fn each_waits_for_what_it_requires_and_stops_before_it() {
    let (site, db) = chain("chain");
    let director = site.start();
    site.until("db", "was answered 503", |found| {
        text(found, "probe_detail").contains("HTTP 503")
    });
    let web = site.status("web");
    assert_eq!((text(&web, "phase"), text(&web, "goal")), ("waiting", "up"));
    assert_eq!(text(&web, "because"), "waits until db is healthy; db is starting");
    assert_eq!(
        (text(&web["waits_for"], "service"), &web["waits_for"]["stuck"]),
        ("db", &false.into())
    );
    assert!(web["run"].is_null(), "no run of it has begun: {web}");
    assert_says(
        &site.why("web"),
        &["web waits for db", "db is starting", "`director why db`"],
    );
    assert_says(
        &site.cli(&["status"]).exits(1).out,
        &["waiting", "waits until db is healthy"],
    );

    db.answers(&site, "200", HEALTHY);
    assert_says(
        &site.cli(&["start", "web"]).exits(0).out,
        &["web: running (run 1"],
    );
    assert_eq!(text(&site.status("migrate"), "phase"), "completed");
    let began = |service| numbers(&site, service, "process-started")[0];
    assert!(began("db") < began("migrate") && began("migrate") < began("web"));

    director.shut_down();
    // Without a director the journal is read from the disk.
    let stopped = |service| numbers(&site, service, "stop-began")[0];
    let gone = |service| *numbers(&site, service, "process-exited").last().expect("an end");
    assert!(stopped("web") < gone("web") && gone("web") < stopped("db"));
}

#[test]
fn a_new_run_of_what_is_required_restarts_the_dependent_if_it_wants_that() {
    let (site, db) = chain("restart-with");
    db.answers(&site, "200", HEALTHY);
    let _director = site.start();
    let before = run_number(&site.until_running("web"));
    site.cli(&["restart", "db"]).exits(0);
    let web = site.until_run_after("web", before);
    assert_eq!((run_number(&web), &web["restart_count"]), (before + 1, &0.into()));
    let reasons = site.events("web");
    let reasons = of_kind(&reasons, "stop-began");
    assert_eq!(text(reasons[0], "reason"), "dependency-restarted");
    assert_says(
        &site.cli(&["events", "web"]).exits(0).out,
        &["what it requires has a new run"],
    );
}

#[test]
fn who_waits_for_something_that_will_not_come_is_told_so() {
    let site = Site::new("stuck")
        .rogue(
            "migrate",
            &["--exit", "3"],
            "kind = \"oneshot\"\nrestart = { when = \"never\" }",
        )
        .rogue("web", &[""; 0], "requires = [\"migrate\"]")
        .rogue("log", &[""; 0], "after = [\"migrate\"]");
    let _director = site.start();
    site.until_phase("migrate", "failed");
    assert!(
        is_running(&site.until_running("log")),
        "mere order holds nobody up"
    );
    let told = site.cli(&["start", "web"]).exits(1);
    assert_says(
        &told.err,
        &["waits until migrate is completed; migrate is failed"],
    );
    assert_says(
        &site.why("web"),
        &[
            "web waits for migrate, which will not come by itself",
            "`director start migrate`",
        ],
    );
    // Stopping what waits needs no ladder.
    site.cli(&["stop", "web"]).exits(0);
    assert_eq!(text(&site.status("web"), "phase"), "idle");
}
