//! What a run may take: renewed above the soft limit, ended at the hard one, and what the system does not keep is said.

use serde_json::Value;

use crate::common::{Site, assert_says, of_kind, text};

/// Answers the polite rung, so that a restart by the ladder can be told from a kill.
const POLITE: [&str; 4] = ["--on-term", "exit 0", "--on-ctrl-c", "exit 0"];

fn eater(site: Site, megabytes: &str, lines: &str) -> Site {
    site.rogue("web", &[&POLITE[..], &["--eat", megabytes]].concat(), lines)
}

fn reasons<'a>(events: &'a [Value], kind: &str) -> Vec<&'a str> {
    of_kind(events, kind)
        .iter()
        .filter_map(|event| event["reason"].as_str())
        .collect()
}

#[test]
fn who_takes_too_much_in_enough_samples_is_restarted_by_its_ladder() {
    let limits = r#"limits = { restart_above = "100MiB", restart_samples = "2/3", sample_interval = "1s" }"#;
    let site = eater(Site::new("soft-limit"), "200", limits);
    let director = site.start();
    site.until_run_after("web", 1);
    let events = site.events("web");
    let exceeded = of_kind(&events, "memory-exceeded")[0];
    assert_eq!(exceeded["samples"], serde_json::json!({ "above": 2, "of": 3 }));
    assert_eq!(exceeded["limit_bytes"], 100 << 20);
    assert!(exceeded["bytes"].as_u64().is_some_and(|bytes| bytes > 200 << 20));
    assert_eq!(reasons(&events, "stop-began")[0], "memory-above");
    let end = of_kind(&events, "process-exited")[0];
    assert_eq!(
        (&end["expected"], &end["status"]["code"]),
        (&Value::Bool(true), &0.into())
    );
    assert!(of_kind(&events, "tree-killed").is_empty());
    let counted = of_kind(&events, "restart-scheduled");
    assert_eq!(counted[0]["count"], 1, "so young a run is counted");
    assert_says(
        &site.cli(&["events", "web"]).exits(0).out,
        &["of memory: 2 of the last 3 samples were above limits.restart_above, 100.0 MiB"],
    );
    director.shut_down();
}

#[test]
fn the_hard_limit_ends_a_run_and_that_is_a_crash() {
    let limits = r#"limits = { memory = "150MiB", sample_interval = "1s" }"#;
    let site = eater(Site::new("hard-limit"), "300", limits);
    let director = site.start();
    site.until_event("web", "restart-scheduled");
    let events = site.events("web");
    if of_kind(&events, "limit-not-enforced").is_empty() {
        // The system keeps it: on Linux it says so, on Windows the program could not get the memory.
        assert_eq!(of_kind(&events, "memory-limit-hit").is_empty(), cfg!(windows));
    } else {
        let exceeded = of_kind(&events, "memory-exceeded")[0];
        assert_eq!(exceeded["limit_bytes"], 150 << 20);
        assert!(exceeded.get("samples").is_none());
        assert_eq!(reasons(&events, "stop-began")[0], "memory-limit");
        assert!(!of_kind(&events, "tree-killed").is_empty());
        assert!(of_kind(&events, "rung-tried").is_empty(), "at once");
    }
    director.shut_down();
}

#[test]
fn what_the_machine_cannot_keep_is_said_at_the_start_and_shown() {
    let site = Site::new("unenforced").rogue("web", POLITE.as_slice(), "limits = { affinity = [0, 1023] }");
    let director = site.start();
    let web = site.until_running("web");
    let unenforced = web["limits_unenforced"][0].as_str().unwrap_or_default();
    assert!(unenforced.starts_with("limits.affinity: "), "{web}");
    let told = site.until_event("web", "limit-not-enforced");
    assert_eq!(text(&told, "limit"), "affinity");
    let status = site.cli(&["status", "web"]).exits(0).out;
    assert_says(
        &status,
        &["processors 0, 1023", "not enforced", "limits.affinity: "],
    );
    assert_says(
        &site.why("web"),
        &["the system does not keep a limit of this run: limits.affinity"],
    );
    site.cli(&["restart", "web"]).exits(0);
    site.until_run_after("web", 1);
    let events = site.events("web");
    assert_eq!(
        of_kind(&events, "limit-not-enforced").len(),
        1,
        "once for each cause"
    );
    director.shut_down();
}

#[test]
fn the_greatest_age_is_shown_and_a_reload_applies_it_without_a_restart() {
    let site = Site::new("age").rogue("web", POLITE.as_slice(), "");
    let director = site.start();
    let web = site.until_running("web");
    assert_eq!(web["renewal_due_ms"], Value::Null);
    let config = std::fs::read_to_string(site.config()).expect("the config");
    let aged = config.replace("[service.web]", "[service.web]\nlimits = { max_age = \"3h\" }");
    site.sandbox.write("director.toml", aged);
    assert_says(
        &site.cli(&["reload"]).exits(0).out,
        &["web: changed without a restart: limits"],
    );
    let web = site.status("web");
    assert_eq!(web["run"]["number"], 1);
    let due = web["renewal_due_ms"].as_u64().unwrap_or_default();
    assert!((9_600_000..=10_800_000).contains(&due), "{due}");
    assert_says(text(&web, "next"), &["restarts at its greatest age in 2 h"]);
    director.shut_down();
}

#[cfg(unix)]
#[test]
fn a_service_has_its_own_limit_of_open_files() {
    let site = Site::new("open-files").service(
        "web",
        &["/bin/sh", "-c", "ulimit -n; exec sleep 60"],
        "limits = { open_files = 777 }",
    );
    let director = site.start();
    site.until_running("web");
    assert_says(&site.cli(&["logs", "web"]).exits(0).out, &["777"]);
    director.shut_down();
}
