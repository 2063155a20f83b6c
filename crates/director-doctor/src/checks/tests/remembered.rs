//! Checks of what the journal and a running director say.

use director_core::journal::JournalEvent;
use director_core::words::ExitKind;

use super::lab::{Lab, NOW};
use crate::checks::State;

const MINUTE: i64 = 60_000;

fn exit() -> JournalEvent {
    JournalEvent::ProcessExited {
        status: ExitKind::Code(3),
        uptime_ms: 4_000,
        expected: false,
    }
}

/// So many unexpected ends, each so long after the one before.
fn ends(count: i64, apart: i64) -> Lab {
    (0..count).rev().fold(Lab::new("command = ['@']"), |lab, number| {
        lab.happened(number * apart, exit())
    })
}

#[test]
fn sd070_a_restart_loop() {
    ends(5, 10 * MINUTE).says("SD070", State::Warning, "code 3");
    ends(4, MINUTE).says("SD070", State::Ok, "4 runs ended");
    ends(5, 20 * MINUTE).says("SD070", State::Ok, "5 runs ended");
    let asked_for = JournalEvent::ProcessExited {
        status: ExitKind::Code(0),
        uptime_ms: 1,
        expected: true,
    };
    let lab = (0..9).rev().fold(Lab::new("command = ['@']"), |lab, number| {
        lab.happened(number * MINUTE, asked_for.clone())
    });
    lab.says("SD070", State::Ok, "no run ended");
    let old = (0..9).rev().fold(Lab::new("command = ['@']"), |lab, number| {
        lab.happened(number * MINUTE + 25 * 60 * MINUTE, exit())
    });
    old.says("SD070", State::Ok, "no run ended");
}

#[test]
fn sd071_health_fails_for_a_lock() {
    let web = || Lab::new("command = ['@']\nhealth = { tcp = '127.0.0.1:1' }");
    let failed = |detail: &str| JournalEvent::ProbeFailed {
        failures: 1,
        max_failures: 3,
        of: None,
        detail: detail.to_owned(),
        probe: None,
    };
    web()
        .happened(
            MINUTE,
            failed("the answer is 503: OperationalError: database is locked"),
        )
        .says("SD071", State::Warning, "1 answers");
    web()
        .happened(MINUTE, failed("the door is locked"))
        .says("SD071", State::Ok, "");
    Lab::new("command = ['@']").is_silent("SD071");
}

#[test]
fn sd072_the_clock() {
    let web = || Lab::new("command = ['@']");
    web()
        .happened(2 * MINUTE, exit())
        .happened(MINUTE, exit())
        .says("SD072", State::Ok, "agrees");
    web().happened(MINUTE, exit()).happened(5 * MINUTE, exit()).says(
        "SD072",
        State::Note,
        "goes back by 4 min",
    );
    web()
        .happened(-60 * MINUTE, exit())
        .says("SD072", State::Warning, "from now");
    // The configuration was written just now, which is long after the machine's now.
    web().on(|machine| machine.now_ms = NOW / 4).says(
        "SD072",
        State::Warning,
        "the configuration was written",
    );
}

#[test]
fn sd080_the_director_runs_with_the_file() {
    let running = |differences: Option<Vec<String>>| {
        let mut lab = Lab::new("command = ['@']");
        lab.report = Some(director_core::report::DirectorReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: 1,
            pid: 1,
            name: "hub".to_owned(),
            config: "director.toml".to_owned(),
            config_fnv64: None,
            started: director_core::time::WallTime(NOW),
            fallback: None,
            shutting_down: false,
            revision: 1,
            services: Vec::new(),
        });
        lab.differences = differences;
        lab
    };
    running(Some(Vec::new())).says("SD080", State::Ok, "");
    running(Some(vec!["web: port".to_owned()])).says("SD080", State::Warning, "web: port");
    running(None).says("SD080", State::Unknown, "");
    Lab::new("command = ['@']").is_silent("SD080");
    let mut fallen = running(Some(Vec::new()));
    fallen.report.as_mut().unwrap().fallback = Some("line 3".to_owned());
    fallen.says("SD080", State::Error, "line 3");
    let mut older = running(Some(Vec::new()));
    older.report.as_mut().unwrap().version = "0.0.1".to_owned();
    older.says("SD080", State::Note, "0.0.1");
}
