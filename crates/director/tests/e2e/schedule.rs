//! Planned times and maintenance windows, by the machine's own clock.

use director_testkit::processes::kill;
use director_testkit::{eventually, rogue};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::{BOUND, Director, Site, assert_says, is_running, of_kind, pid, quoted, run_number, text};

/// A time that is far away for most of the year, and passed at its beginning.
const NEW_YEAR: &str = "0 0 1 1 *";

/// A window that is open now and for another day at least, in whatever zone: it began the day before yesterday.
fn open_window() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    // The first day of the epoch was a Thursday.
    let weekday = (now.as_secs() / 86_400 + 4 - 2) % 7;
    format!("maintenance = [\"0 0 * * {weekday} for 5d\"]")
}

/// A config with one service, `web`.
fn configure(site: &Site, schedule: &str) {
    let program = quoted(&rogue().display().to_string());
    let config = format!(
        "[director]\nname = \"end-to-end\"\n\n[service.web]\ncommand = [{program}]\n\n[service.web.schedule]\n{schedule}\n"
    );
    site.sandbox.write("director.toml", &config);
}

/// Writes what the last director has dealt with as long past.
fn forget_a_year(site: &Site) {
    let kept = eventually(BOUND, "schedule.json", || {
        let text = std::fs::read_to_string(site.sandbox.file(".director/schedule.json"));
        text.map_err(|error| error.to_string())
    });
    let mut kept: Value = serde_json::from_str(&kept).expect("JSON");
    assert_eq!(kept["version"], 1);
    let services = kept["services"].as_object_mut().expect("services");
    for service in services.values_mut() {
        let dealt = service["dealt_unix_ms"].as_i64().expect("a time");
        service["dealt_unix_ms"] = (dealt - 366 * 86_400_000).into();
    }
    site.sandbox.write(".director/schedule.json", kept.to_string());
}

#[test]
fn a_planned_time_restarts_the_service_by_its_ladder_as_long_as_it_is_planned() {
    let site = Site::new("planned");
    configure(&site, "restart = \"*/2 * * * * *\"");
    let _director = site.start();
    let web = site.until("web", "has been restarted", |web| run_number(web) >= 3);
    assert_eq!(
        (&web["restart_count"], &web["restarts_total"]),
        (&0.into(), &0.into())
    );
    assert!(web["next_scheduled"].is_i64(), "{web}");
    let events = site.events("web");
    let stops = of_kind(&events, "stop-began");
    assert!(stops.iter().all(|stop| text(stop, "reason") == "schedule"));
    let came = of_kind(&events, "schedule-came");
    let planned: Vec<i64> = came
        .iter()
        .filter_map(|event| event["planned"].as_i64())
        .collect();
    assert!(planned.len() >= 2 && planned.iter().all(|at| at % 2_000 == 0));
    assert!(planned.windows(2).all(|pair| pair[0] < pair[1]), "{planned:?}");
    assert_says(
        &site.cli(&["events", "web"]).exits(0).out,
        &["a time of its schedule came", "its schedule asks for a new run"],
    );

    // Another schedule is in force at once, and its run is left alone.
    configure(&site, &format!("restart = \"{NEW_YEAR}\"\ntimezone = \"UTC\""));
    let told = site.cli(&["reload"]).exits(0).out;
    assert_says(&told, &["web: changed without a restart: schedule"]);
    let web = site.until("web", "has the new outlook", |web| {
        is_running(web)
            && web["next_scheduled"]
                .as_i64()
                .is_some_and(|at| at % 86_400_000 == 0)
    });
    let why = site.why("web");
    assert_says(&why, &["its schedule comes next at"]);
    assert_says(&site.cli(&["status", "web"]).exits(0).out, &["comes next at"]);
    site.cli(&["restart", "web"]).exits(0);
    assert_eq!(run_number(&site.status("web")), run_number(&web) + 1);
}

#[test]
fn a_oneshot_runs_by_its_schedule() {
    let site = Site::new("oneshot").rogue(
        "job",
        &["--say", "done", "--exit", "0"],
        "kind = \"oneshot\"\nschedule.run = \"* * * * * *\"",
    );
    let _director = site.start();
    site.until("job", "has run again and again", |job| run_number(job) >= 3);
    let events = site.events("job");
    let first = of_kind(&events, "phase-changed")[0];
    assert_says(text(first, "because"), &["its schedule asks for a run"]);
    assert!(of_kind(&events, "schedule-came").len() >= 3);
    site.cli(&["stop", "job"]).exits(0);
    let stopped = site.status("job");
    assert_says(&site.why("job"), &["and does nothing while it is stopped"]);
    site.until("job", "two times have passed", |job| {
        let next = |job: &Value| job["next_scheduled"].as_i64().unwrap_or(0);
        next(job) >= next(&stopped) + 2_000
    });
    assert_eq!(run_number(&site.status("job")), run_number(&stopped));
}

#[test]
fn what_passed_while_no_director_ran_is_made_up_for_once_or_passed_over() {
    let job = format!("kind = \"oneshot\"\nschedule.run = \"{NEW_YEAR}\"");
    let web = format!("schedule.restart = \"{NEW_YEAR}\"");
    let site = Site::new("missed")
        .rogue("job", &["--exit", "0"], &job)
        .rogue("web", &[""; 0], &web);
    let director = site.start();
    let first = site.until("job", "has an outlook", |job| job["next_scheduled"].is_i64());
    assert_eq!((text(&first, "phase"), text(&first, "goal")), ("idle", "down"));
    assert_says(
        &site.why("job"),
        &["job is not running: its schedule says when it runs"],
    );
    site.until_running("web");
    director.shut_down();
    forget_a_year(&site);

    let director = Director::start(&site, site.command(&["run", "--force"]));
    let job = site.until_phase("job", "completed");
    assert_eq!(run_number(&job), 1);
    assert_eq!(site.until_event("job", "schedule-came")["missed"], true);
    let skipped = site.until_event("web", "schedule-skipped");
    assert_says(text(&skipped, "because"), &["while the director did not run"]);
    assert!(of_kind(&site.events("web"), "schedule-came").is_empty());
    director.shut_down();

    // It is made up for: no third director does it again.
    let _director = Director::start(&site, site.command(&["run", "--force"]));
    site.until("job", "has an outlook", |job| job["next_scheduled"].is_i64());
    assert_eq!(text(&site.status("job"), "phase"), "idle");
    assert_eq!(of_kind(&site.events("job"), "process-started").len(), 1);
}

#[test]
fn a_window_holds_the_restart_of_a_crash_until_a_person_says_otherwise_or_it_ends() {
    let site = Site::new("window");
    configure(&site, &open_window());
    let _director = site.start();
    let web = site.until("web", "is in a window", |web| {
        is_running(web) && web["maintenance_until"].is_i64()
    });
    assert_eq!(of_kind(&site.events("web"), "maintenance-began").len(), 1);
    kill(pid(&web).expect("a pid"));
    let held = site.until_phase("web", "backoff");
    assert!(held["backoff_left_ms"].is_null(), "{held}");
    assert_says(
        text(&held, "because"),
        &["a maintenance window holds automatic restarts"],
    );
    assert_says(
        &site.why("web"),
        &[
            "web crashed and waits for the end of a maintenance window",
            "run 2 starts when the maintenance window ends",
            "`director start web` starts it without waiting",
        ],
    );
    let told = site.cli(&["start", "web"]).exits(0).out;
    assert_says(&told, &["web: running (run 2"]);

    kill(pid(&site.until_running("web")).expect("a pid"));
    site.until_phase("web", "backoff");
    configure(&site, &format!("restart = \"{NEW_YEAR}\""));
    site.cli(&["reload"]).exits(0);
    assert_eq!(run_number(&site.until_running("web")), 3);
    let events = site.events("web");
    assert_eq!(of_kind(&events, "maintenance-ended").len(), 1);
    assert_eq!(of_kind(&events, "process-started").len(), 3);
}

#[test]
fn a_planned_time_in_a_window_waits_for_its_end() {
    let site = Site::new("both");
    let open = open_window();
    configure(&site, &format!("restart = \"* * * * * *\"\n{open}"));
    let _director = site.start();
    let web = site.until("web", "wishes for a new run", |web| {
        is_running(web) && text(web, "next").contains("a new run begins when the maintenance window ends")
    });
    let run = run_number(&web);
    site.until("web", "two more times have come", |_| {
        of_kind(&site.events("web"), "schedule-came").len() >= 3
    });
    assert_eq!(run_number(&site.status("web")), run);
    configure(&site, &format!("restart = \"{NEW_YEAR}\""));
    site.cli(&["reload"]).exits(0);
    assert_eq!(run_number(&site.until_run_after("web", run)), run + 1);
}
