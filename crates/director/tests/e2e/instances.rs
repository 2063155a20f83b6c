//! Instances of one service: each with its number, restarted one after the other, scaled by a reload.

use serde_json::Value;

use crate::common::{Site, assert_says, is_running, of_kind, text};

/// Three of them that say their number, in the text and in the variable.
fn pool(site: Site, count: u32) -> Site {
    site.rogue(
        "pool",
        &["--say", "number {index} of ours"],
        &format!("instances = {count}"),
    )
}

fn entries(site: &Site, service: &str, kind: &str) -> Vec<Value> {
    let events = site.events(service);
    of_kind(&events, kind).into_iter().cloned().collect()
}

fn seq(entry: &Value) -> u64 {
    entry["seq"].as_u64().expect("a number")
}

/// When the second run of an instance was proven.
fn proven_again(site: &Site, service: &str) -> u64 {
    let changes = entries(site, service, "phase-changed");
    let proven = |entry: &&Value| text(entry, "to") == "running" && entry["run"] == 2;
    seq(changes.iter().find(proven).expect("a proven second run"))
}

#[test]
fn instances_have_a_number_each_and_a_name_for_all() {
    let site = pool(Site::new("instances"), 3).rogue("other", &[""; 0], "requires = [\"pool\"]");
    let director = site.start();
    for name in ["pool-0", "pool-1", "pool-2", "other"] {
        site.until_running(name);
    }
    let told = site.cli(&["status", "pool"]).exits(0).out;
    assert_says(&told, &["pool-0", "pool-1", "pool-2"]);
    assert!(!told.contains("other"), "{told}");
    for index in ["0", "1", "2"] {
        let name = format!("pool-{index}");
        let said = format!("number {index} of ours");
        director_testkit::eventually(crate::common::BOUND, &said, || {
            let logs = site.cli(&["logs", &name]).exits(0).out;
            logs.contains(&said).then_some(()).ok_or(logs)
        });
    }
    assert_says(
        &site.cli(&["logs", "pool"]).exits(0).out,
        &["number 0 of ours", "number 1 of ours", "number 2 of ours"],
    );
    assert_says(
        &site.cli(&["why", "pool"]).exits(2).err,
        &["`pool` has several instances", "pool-0, pool-1, pool-2"],
    );
    site.cli(&["stop", "pool"]).exits(0);
    for name in ["pool-0", "pool-1", "pool-2"] {
        assert_eq!(text(&site.status(name), "goal"), "down");
    }
    assert!(
        is_running(&site.status("other")),
        "it had what it required when it began"
    );
    director.shut_down();
}

#[test]
fn a_restart_of_all_goes_one_after_the_other() {
    let site = pool(Site::new("rolling"), 3);
    let director = site.start();
    for name in ["pool-0", "pool-1", "pool-2"] {
        site.until_running(name);
    }
    let told = site.cli(&["restart", "pool"]).exits(0).out;
    assert_says(
        &told,
        &[
            "pool-0: running (run 2",
            "pool-1: running (run 2",
            "pool-2: running (run 2",
        ],
    );
    let stopped = |service| seq(&entries(&site, service, "stop-began")[0]);
    assert!(proven_again(&site, "pool-0") < stopped("pool-1"));
    assert!(proven_again(&site, "pool-1") < stopped("pool-2"));
    director.shut_down();
}

#[test]
fn a_reload_scales() {
    let site = pool(Site::new("scaling"), 2);
    let director = site.start();
    let first = site.until_running("pool-0");
    site.until_running("pool-1");
    let config = std::fs::read_to_string(site.config()).expect("the config");
    let scaled = |count: &str| {
        site.sandbox
            .write("director.toml", config.replace("instances = 2", count))
    };

    scaled("instances = 3");
    assert_says(
        &site.cli(&["reload"]).exits(0).out,
        &["pool-2: new", "pool-2: running (run 1"],
    );
    scaled("instances = 1");
    assert_says(
        &site.cli(&["reload"]).exits(0).out,
        &["pool-1: no longer declared", "pool-2: no longer declared"],
    );
    assert_eq!(
        site.status("pool-0")["run"]["pid"],
        first["run"]["pid"],
        "nobody touched it"
    );
    director.shut_down();
}
