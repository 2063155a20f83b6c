//! What follows an exit: a new run at once, then the throttle, or the policy.

use director_testkit::processes::{kill, wait_gone};

use crate::common::{BOUND, Site, assert_says, of_kind, pid, run_number, text};

#[test]
fn a_killed_service_runs_again_at_once_and_then_by_the_throttle() {
    let site = Site::new("killed").rogue("web", &["--say", "ready"], "");
    let _director = site.start();
    let first = pid(&site.until_running("web")).expect("a pid");

    kill(first);
    let second = site.until_run_after("web", 1);
    assert_eq!(run_number(&second), 2);
    wait_gone(&[first], BOUND);
    assert_eq!(second["restart_count"], 1);
    assert_says(
        &site.why("web"),
        &["web runs", "run 1 ended", "restart 1 is due at once"],
    );

    kill(pid(&second).expect("a pid"));
    let waiting = site.until_phase("web", "backoff");
    let left = waiting["backoff_left_ms"].as_u64().expect("a wait");
    assert!(
        (1..=30_000).contains(&left),
        "the default throttle waits 30 s now: {left}"
    );
    assert_says(
        &site.cli(&["status"]).exits(1).out,
        &["backoff", "run 3 starts in"],
    );
    assert_says(
        &site.why("web"),
        &[
            "crashed and starts again in",
            "the throttle counts 2 restarts",
            "restart 2 is due in 30 s",
            "`director start web`",
        ],
    );
    // A person need not wait.
    assert_says(
        &site.cli(&["start", "web"]).exits(0).out,
        &["web: running (run 3"],
    );
}

#[test]
fn a_crash_loop_waits_longer_and_longer_and_says_why() {
    let site = Site::new("loop").rogue(
        "web",
        &["--say", "cannot open the settings", "--exit", "3"],
        "restart.backoff = [\"0s\", \"50ms\", \"100ms\", \"1m\"]",
    );
    let _director = site.start();
    let waiting = site.until("web", "has used up the short waits", |web| {
        web["restart_count"] == 4
    });
    assert_eq!(text(&waiting, "phase"), "backoff");
    let events = site.events("web");
    let waits: Vec<u64> = of_kind(&events, "restart-scheduled")
        .iter()
        .filter_map(|event| event["wait_ms"].as_u64())
        .collect();
    assert_eq!(waits, [0, 50, 100, 60_000]);
    assert_eq!(
        of_kind(&events, "process-started").len(),
        4,
        "each run is started once"
    );
    assert_says(
        &site.cli(&["status"]).exits(1).out,
        &["backoff", "exit code 3", "run 5 starts in"],
    );
    assert_says(
        &site.why("web"),
        &[
            "exit code 3",
            "the throttle counts 4 restarts",
            "run 5 starts in",
            "cannot open the settings",
        ],
    );
    site.cli(&["restart", "web"]).exits(1);
    site.cli(&["stop", "web"]).exits(0);
    assert_eq!(text(&site.status("web"), "phase"), "idle", "stop ends the trying");
}

#[test]
fn a_stable_run_clears_the_count() {
    let site = Site::new("stable").rogue(
        "web",
        &["--exit", "3", "--after", "1500"],
        "restart.backoff = [\"0s\", \"1m\"]\nrestart.stable_after = \"1s\"",
    );
    let _director = site.start();
    // Without the clearing the second restart would wait a minute.
    site.until("web", "three runs", |web| run_number(web) >= 3);
    let events = site.events("web");
    let counts: Vec<&serde_json::Value> = of_kind(&events, "restart-scheduled")
        .iter()
        .map(|event| &event["count"])
        .collect();
    assert!(counts.iter().all(|count| **count == 1), "{counts:?}");
}

#[test]
fn the_exit_code_policy_decides() {
    let site = Site::new("policy")
        .rogue("never", &["--exit", "0"], "restart.when = \"never\"")
        .rogue(
            "well",
            &["--exit", "3"],
            "restart.when = \"on-failure\"\nrestart.success_exit_codes = [0, 3]",
        )
        .rogue(
            "bad",
            &["--exit", "4"],
            "restart.when = \"on-failure\"\nrestart.backoff = [\"0s\", \"1m\"]",
        )
        .rogue(
            "enough",
            &["--exit", "1"],
            "restart.max = 2\nrestart.backoff = [\"0s\"]",
        );
    let _director = site.start();
    let never = site.until("never", "ends for good", |one| {
        one["last_exit"].is_object() && text(one, "phase") != "starting"
    });
    assert_eq!(run_number(&never), 1);
    let well = site.until_phase("well", "completed");
    assert_eq!(run_number(&well), 1);
    assert_says(&site.why("well"), &["exit code 3", "on-failure"]);
    let bad = site.until_phase("bad", "backoff");
    assert_eq!(run_number(&bad), 2);
    let enough = site.until_phase("enough", "failed");
    assert_eq!(run_number(&enough), 3, "one run and two restarts");
    site.cli(&["status", "enough"]).exits(1);
    assert_says(&site.why("enough"), &["has failed", "exit code 1", "restart"]);
    assert_says(
        &site.cli(&["status"]).exits(1).out,
        &["failed", "backoff", "completed"],
    );
}

#[test]
fn a_program_that_is_not_there_fails_and_is_named() {
    let site = Site::new("missing")
        .service("gone", &["no-such-program-here"], "")
        .service("lost", &["./bin/not-here"], "");
    let _director = site.start();
    for (service, name) in [("gone", "no-such-program-here"), ("lost", "not-here")] {
        let failed = site.until_phase(service, "failed");
        assert!(text(&failed, "because").contains(name), "{failed}");
        assert_eq!(failed["restarts_total"], 0, "another try would change nothing");
        site.cli(&["status", service]).exits(1);
        assert_says(&site.why(service), &["has failed", name, "`director start"]);
        let refused = site.cli(&["start", service]).exits(1);
        assert_says(&refused.err, &[name]);
    }
}

#[test]
fn a_working_folder_that_is_not_there_fails_and_is_named() {
    let site = Site::new("folder").rogue("web", &[""; 0], "cwd = \"not-yet\"");
    let _director = site.start();
    site.until_phase("web", "failed");
    assert_says(&site.why("web"), &["working folder", "not-yet"]);
    std::fs::create_dir(site.sandbox.file("not-yet")).expect("cannot make the folder");
    site.cli(&["start", "web"]).exits(0);
}
