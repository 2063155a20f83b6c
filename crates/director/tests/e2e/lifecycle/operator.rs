//! What an operator wished outlives the director.

use crate::common::{Director, Site, assert_says, is_running, of_kind, run_number, text};

#[test]
fn an_operators_stop_survives_the_death_of_directors() {
    let site = Site::new("kept-stop")
        .rogue("web", &[""; 0], "")
        .rogue("other", &[""; 0], "");
    let director = site.start();
    site.until_running("web");
    site.cli(&["stop", "web"]).exits(0);
    let since = site.status("web")["stopped_by_operator"].clone();
    assert!(since.is_i64() || since.is_u64(), "{since}");
    director.kill();
    assert_says(
        &site.cli(&["status"]).exits(4).out,
        &["stopped by operator since"],
    );
    assert_says(&site.why("web"), &["an operator stopped it"]);

    for _ in 0..2 {
        let director = site.start();
        site.until_running("other");
        let web = site.status("web");
        assert_eq!(text(&web, "phase"), "idle");
        assert_eq!(
            web["stopped_by_operator"], since,
            "since then, not since this director"
        );
        assert_says(
            &site.cli(&["status"]).exits(0).out,
            &["stopped by operator since"],
        );
        director.kill();
    }

    let director = site.start();
    site.cli(&["start", "web"]).exits(0);
    director.kill();
    let _director = site.start();
    let web = site.until_running("web");
    assert!(web["stopped_by_operator"].is_null());
    assert!(run_number(&web) >= 3, "run numbers go on over directors: {web}");
}

#[test]
fn after_a_shutdown_only_force_or_start_revive_the_director() {
    let site = Site::new("marker").rogue("web", &[""; 0], "");
    let director = site.start();
    site.until_running("web");
    director.shut_down();
    assert_says(
        &site.cli(&["status"]).exits(4).out,
        &["shut down by an operator at"],
    );
    assert_says(
        &site.why("web"),
        &["an operator shut the director down at", "run --force"],
    );
    for _ in 0..2 {
        let refused = site.cli(&["run"]).exits(5);
        assert_says(
            &refused.err,
            &["shut down by an operator", "director run --force"],
        );
    }

    let forced = Director::start(&site, site.command(&["run", "--force"]));
    site.until_running("web");
    forced.shut_down();

    site.cli(&["run"]).exits(5);
    // There is no director to start anything, but the wish is clear.
    assert_says(&site.cli(&["start"]).exits(4).err, &["cleared"]);
    let revived = site.start();
    assert!(is_running(&site.until_running("web")));
    revived.shut_down();
}

#[test]
fn a_killed_director_is_no_shutdown() {
    let site = Site::new("no-marker").rogue("web", &[""; 0], "");
    let director = site.start();
    site.until_running("web");
    director.kill();
    let _director = site.start();
    site.until_running("web");
    let outcome = site.cli(&["events", "--json"]).exits(0).out;
    let all: Vec<serde_json::Value> = outcome
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let started = of_kind(&all, "director-started");
    let after: Vec<bool> = started.iter().map(|event| event["after_crash"] == true).collect();
    assert_eq!(after, [false, true]);
}

#[test]
fn the_end_of_many_services_is_no_crash() {
    let names: Vec<String> = (0..12).map(|index| format!("s{index}")).collect();
    let site = names
        .iter()
        .fold(Site::new("many"), |site, name| site.rogue(name, &[""; 0], ""));
    let director = site.start();
    for name in &names {
        site.until_running(name);
    }
    director.shut_down();
    let director = Director::start(&site, site.command(&["run", "--force"]));
    for name in &names {
        site.until_running(name);
    }
    let outcome = site.cli(&["events", "--json", "-n", "1000"]).exits(0).out;
    let all: Vec<serde_json::Value> = outcome
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let started = of_kind(&all, "director-started");
    let after: Vec<bool> = started.iter().map(|event| event["after_crash"] == true).collect();
    assert_eq!(after, [false, false]);
    director.shut_down();
}
