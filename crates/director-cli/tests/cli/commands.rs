//! Whole command lines against a real edge with a fake director behind it.

use crate::fake::{Fake, director, eventually, project};
use director_core::command::Command;
use director_core::journal::JournalEvent;
use director_core::report::Finding;
use director_core::spec::RungKind;
use director_core::time::WallTime;
use director_core::words::{Goal, Health, PhaseName, RunNumber};

fn no_commands(_: &Command, _: &mut crate::fake::State) -> Result<(), director_core::command::Refusal> {
    panic!("no command was expected")
}

#[test]
fn status_shows_the_table_and_exits_0_when_every_goal_is_met() {
    let folder = project();
    let _fake = Fake::start(folder.path(), no_commands);
    let outcome = director(folder.path(), &["status"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    insta::assert_snapshot!(outcome.out, @r"
    NAME    GOAL  PHASE    HEALTH   PID   UPTIME  RESTARTS  NEXT
    web     up    running  healthy  4711  1m05s   0         next probe in 9 s
    worker  up    running  healthy  4711  1m05s   0         next probe in 9 s
    ");
    assert_eq!(outcome.err, "");
}

#[test]
fn the_alias_of_the_specification_works() {
    let folder = project();
    let _fake = Fake::start(folder.path(), no_commands);
    let alias = director(folder.path(), &["--status"]);
    assert_eq!(alias.out, director(folder.path(), &["status"]).out);
    assert_eq!(alias.code, 0);
}

#[test]
fn status_exits_1_for_failed_and_6_for_blocked() {
    let folder = project();
    let fake = Fake::start(folder.path(), no_commands);
    fake.change(|state| state.service("web").phase = PhaseName::Blocked);
    assert_eq!(director(folder.path(), &["status"]).code, 6);
    assert_eq!(director(folder.path(), &["status", "worker"]).code, 0);
    fake.change(|state| state.service("worker").phase = PhaseName::Failed);
    assert_eq!(director(folder.path(), &["status"]).code, 1);
}

#[test]
fn status_json_is_the_report() {
    let folder = project();
    let fake = Fake::start(folder.path(), no_commands);
    let outcome = director(folder.path(), &["status", "--json"]);
    let report: director_core::report::DirectorReport = serde_json::from_str(&outcome.out).expect("a report");
    assert_eq!(report, fake.state().report);
}

#[test]
fn without_a_director_status_says_what_the_disk_knows_and_exits_4() {
    let folder = project();
    let data = folder.path().join(".director");
    let mut operator = director_store::operator::Operator::default();
    operator.stop(&director_core::spec::ServiceName::new("web").expect("a name"), 0);
    operator.save(&data).expect("saved");
    let outcome = director(folder.path(), &["status"]);
    assert_eq!(outcome.code, 4);
    assert!(
        outcome.out.contains("web     stopped by operator since 19"),
        "{outcome:?}"
    );
    assert!(
        outcome.out.contains("worker  starts with the director"),
        "{outcome:?}"
    );
    assert!(
        outcome.err.starts_with("error: no director is running for "),
        "{outcome:?}"
    );
    assert!(outcome.err.contains("hint: `director run`"), "{outcome:?}");
}

#[test]
fn an_unknown_service_is_usage_with_what_was_perhaps_meant() {
    let folder = project();
    let _fake = Fake::start(folder.path(), no_commands);
    for arguments in [
        &["status", "wbe"][..],
        &["start", "wbe"],
        &["stop", "wbe", "web"],
        &["why", "wbe"],
        &["logs", "wbe"],
        &["events", "wbe"],
    ] {
        let outcome = director(folder.path(), arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {outcome:?}");
        assert_eq!(
            outcome.err,
            "error: there is no service `wbe`\nhint: did you mean `web`?\nhint: services: web, worker\n",
            "{arguments:?}"
        );
    }
}

#[test]
fn start_waits_until_the_service_runs() {
    let folder = project();
    let fake = Fake::start(folder.path(), |_, state| {
        state.service("web").phase = PhaseName::Starting;
        Ok(())
    });
    std::thread::scope(|scope| {
        let started = scope.spawn(|| director(folder.path(), &["start", "web"]));
        eventually("the start is waited for", || fake.is_waited_for());
        assert!(!started.is_finished());
        fake.change(|state| state.service("web").phase = PhaseName::Running);
        let outcome = started.join().expect("no panic");
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (0, "web: running (run 1, pid 4711)\n"),
            "{outcome:?}"
        );
    });
}

#[test]
fn a_restart_waits_for_the_new_run() {
    let folder = project();
    let fake = Fake::start(folder.path(), |_, _| Ok(()));
    std::thread::scope(|scope| {
        let restarted = scope.spawn(|| director(folder.path(), &["restart", "web"]));
        eventually("the restart is waited for", || fake.is_waited_for());
        fake.change(|state| {
            let run = state.service("web").run.as_mut().expect("a run");
            (run.number, run.pid) = (RunNumber(2), Some(4712));
        });
        let outcome = restarted.join().expect("no panic");
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (0, "web: running (run 2, pid 4712)\n"),
            "{outcome:?}"
        );
    });
}

#[test]
fn a_blocked_start_prints_the_finding_and_exits_6() {
    let folder = project();
    let _fake = Fake::start(folder.path(), |_, state| {
        let web = state.service("web");
        web.phase = PhaseName::Blocked;
        web.because = "port 8004 is in use".to_owned();
        web.blocker = Some(Finding {
            code: "port-in-use".to_owned(),
            summary: "port 8004 is in use".to_owned(),
            evidence: vec!["python (pid 12) of alice listens on 0.0.0.0:8004".to_owned()],
            remedy: vec!["end that program".to_owned()],
            avoid: vec!["do not end it before you know what it is".to_owned()],
            holders: Vec::new(),
        });
        Ok(())
    });
    let outcome = director(folder.path(), &["start", "web"]);
    assert_eq!(outcome.code, 6);
    insta::assert_snapshot!(outcome.err, @r"
    error: web is blocked: port 8004 is in use
      ACTION REQUIRED: port 8004 is in use [port-in-use]
        python (pid 12) of alice listens on 0.0.0.0:8004
        1. end that program
        avoid: do not end it before you know what it is
    ");
}

#[test]
fn a_crashed_start_exits_1_and_a_failed_one_too() {
    for (phase, word) in [(PhaseName::Backoff, "crashed"), (PhaseName::Failed, "failed")] {
        let folder = project();
        let _fake = Fake::start(folder.path(), move |_, state| {
            let web = state.service("web");
            (web.phase, web.phase_since) = (phase, WallTime(director_sys::clock::unix_ms()));
            web.because = "it ended with exit code 1".to_owned();
            Ok(())
        });
        let outcome = director(folder.path(), &["start", "web"]);
        assert_eq!(outcome.code, 1);
        assert!(
            outcome
                .err
                .starts_with(&format!("error: web: {word}: it ended with exit code 1")),
            "{outcome:?}"
        );
        assert!(outcome.err.contains("`director why web`"), "{outcome:?}");
    }
}

#[test]
fn a_slow_stop_shows_the_rung_and_times_out_with_8() {
    let folder = project();
    let _fake = Fake::start(folder.path(), |_, state| {
        let web = state.service("web");
        (web.phase, web.goal) = (PhaseName::Stopping, Goal::Down);
        let rung = if cfg!(windows) {
            RungKind::CtrlC
        } else {
            RungKind::Signal("term".to_owned())
        };
        state.record("web", JournalEvent::RungTried { rung, error: None });
        Ok(())
    });
    let outcome = director(folder.path(), &["stop", "web", "--timeout", "1500ms"]);
    assert_eq!(outcome.code, 8, "{outcome:?}");
    let rung = if cfg!(windows) { "ctrl-c" } else { "term" };
    assert!(
        outcome
            .err
            .contains(&format!("stopping web: {rung} sent, waits up to ")),
        "{outcome:?}"
    );
    assert!(
        outcome.err.contains("error: not settled after 1.5 s: web"),
        "{outcome:?}"
    );
}

#[test]
fn no_wait_returns_at_once() {
    let folder = project();
    let _fake = Fake::start(folder.path(), |_, state| {
        state.service("web").phase = PhaseName::Starting;
        Ok(())
    });
    let outcome = director(folder.path(), &["start", "web", "--no-wait"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "web: asked to start\n"));
}

#[test]
fn shutdown_waits_for_the_end_of_the_director() {
    let folder = project();
    let mut fake = Fake::start(folder.path(), |command, state| {
        assert_eq!(*command, Command::Shutdown { now: false });
        state.report.shutting_down = true;
        Ok(())
    });
    std::thread::scope(|scope| {
        let path = folder.path();
        let shut = scope.spawn(move || director(path, &["shutdown"]));
        eventually("the end is waited for", || fake.is_waited_for());
        fake.end();
        let outcome = shut.join().expect("no panic");
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (0, "the director has ended\n"),
            "{outcome:?}"
        );
    });
}

#[test]
fn a_director_that_ends_while_a_start_waits_is_said() {
    let folder = project();
    let mut fake = Fake::start(folder.path(), |_, state| {
        state.service("web").phase = PhaseName::Starting;
        Ok(())
    });
    std::thread::scope(|scope| {
        let path = folder.path();
        let started = scope.spawn(move || director(path, &["start", "web"]));
        eventually("the start is waited for", || fake.is_waited_for());
        fake.end();
        let outcome = started.join().expect("no panic");
        assert_eq!(outcome.code, 4, "{outcome:?}");
        assert!(outcome.err.starts_with("error: the director"), "{outcome:?}");
    });
}

#[test]
fn commands_without_a_director_exit_4() {
    let folder = project();
    for arguments in [
        &["start"][..],
        &["stop", "web"],
        &["restart"],
        &["shutdown"],
        &["status", "--watch"],
    ] {
        let outcome = director(folder.path(), arguments);
        assert_eq!(outcome.code, 4, "{arguments:?}: {outcome:?}");
        assert!(outcome.err.contains("no director is running for "), "{outcome:?}");
    }
}

#[test]
fn start_without_a_director_clears_the_mark_of_shutdown() {
    let folder = project();
    let data = folder.path().join(".director");
    let mut operator = director_store::operator::Operator::default();
    operator.set_shutdown("some boot", 0);
    operator.save(&data).expect("saved");
    assert_eq!(director(folder.path(), &["start"]).code, 4);
    let (operator, _) = director_store::operator::Operator::load(&data, director_store::files::OnBad::Leave);
    assert_eq!(operator.shutdown, None);
}

#[test]
fn an_invalid_file_still_leads_to_its_running_director() {
    let folder = project();
    let _fake = Fake::start(folder.path(), no_commands);
    let text = "[director]\nname = \"Test\"\n[service.web]\ncomand = [\"web\"]\n";
    std::fs::write(folder.path().join("director.toml"), text).expect("written");
    let outcome = director(folder.path(), &["status"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.err.contains("the file is invalid now"), "{outcome:?}");
    assert_eq!(director(folder.path(), &["check"]).code, 3);
}

#[test]
fn why_explains_from_the_report() {
    let folder = project();
    let fake = Fake::start(folder.path(), no_commands);
    fake.change(|state| {
        let web = state.service("web");
        web.health = Health::Degraded;
        web.probe_detail = Some("status \"degraded\"".to_owned());
    });
    let outcome = director(folder.path(), &["why", "web"]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome
            .out
            .starts_with("web runs, up for 1 min 5 s, but says itself"),
        "{outcome:?}"
    );
    let json = director(folder.path(), &["why", "web", "--json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["phase"], "running");
}

#[test]
fn events_are_sentences_or_json_lines() {
    let folder = project();
    let fake = Fake::start(folder.path(), no_commands);
    fake.change(|state| {
        state.record("web", JournalEvent::ProcessStarted { pid: 12 });
        state.record("worker", JournalEvent::TreeEmptied);
    });
    let outcome = director(folder.path(), &["events", "web"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.out.lines().count(), 1);
    assert!(outcome.out.contains("  web  "), "{outcome:?}");
    let json = director(folder.path(), &["events", "-n", "1", "--json"]).out;
    assert!(json.contains("\"event\":\"tree-emptied\""), "{json}");
    assert_eq!(json.lines().count(), 1);
}

#[test]
fn run_and_demo_are_the_binarys() {
    let folder = project();
    assert_eq!(director(folder.path(), &["run"]).code, 76);
    assert_eq!(director(folder.path(), &["run", "--force"]).code, 77);
    assert_eq!(director(folder.path(), &["demo", "--port", "8080"]).code, 79);
    let empty = tempfile::tempdir().expect("a folder");
    let outcome = director(empty.path(), &["run"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(outcome.err.contains("no configuration found"), "{outcome:?}");
}
