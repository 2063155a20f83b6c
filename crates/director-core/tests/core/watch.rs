//! What a change of files does in each phase.

use director_core::command::Command;
use director_core::event::{Fact, FileChange, Order};
use director_core::journal::JournalEvent;
use director_core::spec::{Kind, ServiceName, ServiceSpec, WatchAction, WatchSpec};
use director_core::words::{ExitKind, PhaseName, RunNumber, StopReason};

use crate::common::{Bench, finding, spawned_as, spec};

fn watched() -> ServiceSpec {
    ServiceSpec {
        watch: Some(WatchSpec::new(vec!["/".into()])),
        ..spec()
    }
}

fn name() -> ServiceName {
    ServiceName::new("web").unwrap()
}

fn change(bench: &mut Bench, file: &str, refused: Option<&str>) {
    let change = FileChange {
        file: file.to_owned(),
        count: 1,
        refused: refused.map(str::to_owned),
    };
    bench.core.files_changed(bench.now, &name(), change);
    bench.drain();
}

fn ask(bench: &mut Bench, command: &Command) {
    bench.core.command(bench.now, command).unwrap();
    bench.drain();
}

/// The run under way ends and the next one is up.
fn next_run(bench: &mut Bench) {
    bench.fact(Fact::Exited(ExitKind::Signal(15)));
    bench.fact(Fact::TreeEmptied);
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
}

fn stops(bench: &Bench) -> usize {
    let stop = JournalEvent::StopBegan {
        reason: StopReason::FilesChanged,
    };
    bench.events.iter().filter(|event| **event == stop).count()
}

#[test]
fn a_running_service_is_restarted_by_its_ladder_and_the_throttle_does_not_count_it() {
    let mut bench = Bench::running(watched());
    change(&mut bench, "main.py", None);
    assert_eq!((bench.phase(), stops(&bench)), (PhaseName::Stopping, 1));
    next_run(&mut bench);
    assert_eq!(bench.number(), RunNumber(2));
    assert_eq!(bench.report().restart_count, 0);
}

#[test]
fn a_start_under_way_is_begun_anew_and_one_not_begun_sees_the_change() {
    let mut bench = Bench::spawned(watched());
    change(&mut bench, "main.py", None);
    assert_eq!(
        bench.phase(),
        PhaseName::Stopping,
        "it may have read the old file"
    );

    let mut bench = Bench::new(watched());
    bench.core.start(bench.now);
    bench.drain();
    change(&mut bench, "main.py", None);
    assert_eq!((bench.phase(), stops(&bench)), (PhaseName::Starting, 0));
    bench.fact(Fact::StartClear);
    change(&mut bench, "main.py", None);
    assert_eq!(bench.phase(), PhaseName::Stopping, "its spawn is under way");
    bench.fact(spawned_as(100));
    next_run(&mut bench);
    assert_eq!(bench.number(), RunNumber(2));
}

#[test]
fn a_change_while_it_stops_is_met_by_the_run_that_follows_whatever_the_policy() {
    let mut bench = Bench::running(ServiceSpec {
        kind: Kind::Oneshot,
        ..watched()
    });
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.pass(20);
    assert_eq!(bench.phase(), PhaseName::Stopping, "something of it is left");
    change(&mut bench, "main.py", None);
    bench.fact(Fact::TreeEmptied);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(2))
    );
}

#[test]
fn it_ends_a_wait_and_revives_what_failed() {
    let mut bench = Bench::running(watched());
    bench.dies(ExitKind::Code(1));
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    bench.dies(ExitKind::Code(1));
    assert_eq!(bench.phase(), PhaseName::Backoff);
    change(&mut bench, "main.py", None);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(3))
    );
    bench.fact(Fact::StartClear);
    bench.fact(Fact::SpawnFailed {
        error: "no such program".to_owned(),
        permanent: true,
    });
    assert_eq!(bench.phase(), PhaseName::Failed);
    change(&mut bench, "main.py", None);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(4))
    );
}

#[test]
fn a_blocked_service_stays_blocked_and_a_stopped_one_stopped() {
    let mut bench = Bench::new(watched());
    bench.core.start(bench.now);
    bench.drain();
    for wait in [0, 2_000, 6_000] {
        bench.pass(wait);
        bench.fact(Fact::StartObstructed(finding()));
    }
    assert_eq!(bench.phase(), PhaseName::Blocked);
    change(&mut bench, "main.py", None);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Blocked, 0));

    let services = vec![name()];
    ask(&mut bench, &Command::Stop { services });
    let told = bench.events.len();
    change(&mut bench, "main.py", None);
    assert_eq!((bench.phase(), bench.events.len()), (PhaseName::Idle, told));
}

#[test]
fn a_refused_change_is_told_and_the_run_goes_on() {
    let mut bench = Bench::running(watched());
    change(&mut bench, "main.py", Some("a syntax error"));
    assert_eq!(bench.phase(), PhaseName::Running);
    let told = JournalEvent::ChangeRefused {
        file: "main.py".to_owned(),
        error: "a syntax error".to_owned(),
    };
    assert!(bench.events.contains(&told));
}

#[test]
fn a_restart_that_causes_its_own_next_change_is_recognised() {
    let mut bench = Bench::running(watched());
    let mut restarts = 0;
    while bench.report().watch_paused.is_none() {
        change(&mut bench, "cache.py", None);
        if bench.report().watch_paused.is_none() {
            restarts += 1;
            next_run(&mut bench);
            bench.pass(2_100);
        }
        assert!(restarts < 40, "the loop goes on");
    }
    assert_eq!((restarts, bench.phase()), (10, PhaseName::Running));
    assert_eq!(bench.report().watch_paused.as_deref(), Some("cache.py"));
    let told = JournalEvent::WatchPaused {
        file: "cache.py".to_owned(),
        restarts: 10,
    };
    assert!(bench.events.contains(&told));
    change(&mut bench, "main.py", None);
    assert_eq!(bench.phase(), PhaseName::Running, "changes are ignored now");

    let services = vec![name()];
    ask(&mut bench, &Command::Restart { services });
    next_run(&mut bench);
    assert_eq!(bench.report().watch_paused, None);
    change(&mut bench, "main.py", None);
    assert_eq!(bench.phase(), PhaseName::Stopping);
}

#[test]
fn a_person_who_saves_often_is_no_loop() {
    let mut bench = Bench::running(watched());
    for round in 0..20 {
        // Now another file, now the same one after a while.
        let file = if round % 2 == 0 { "a.py" } else { "b.py" };
        change(&mut bench, file, None);
        next_run(&mut bench);
        bench.pass(2_100);
    }
    for _ in 0..20 {
        bench.pass(6_000);
        change(&mut bench, "a.py", None);
        next_run(&mut bench);
    }
    assert_eq!(bench.report().watch_paused, None);
    assert_eq!(bench.count(|order| matches!(order, Order::Spawn)), 41);
}

/// A command instead of a restart.
fn acting() -> Bench {
    let mut spec = watched();
    if let Some(watch) = &mut spec.watch {
        watch.action = WatchAction::Exec {
            command: vec!["build".to_owned()],
            timeout_ms: 1_000,
        };
    }
    Bench::running(spec)
}

/// The command under way ends.
fn acted(bench: &mut Bench, error: Option<&str>) {
    let error = error.map(str::to_owned);
    bench.core.change_acted(bench.now, &name(), error);
    bench.drain();
}

fn told(bench: &Bench) -> Vec<(&str, u64, bool)> {
    let of = |event| match event {
        &JournalEvent::ChangeActed {
            ref file,
            count,
            ref error,
        } => Some((file.as_str(), count, error.is_none())),
        _ => None,
    };
    bench.events.iter().filter_map(of).collect()
}

#[test]
fn a_command_runs_instead_of_a_restart_and_its_failure_is_told() {
    let mut bench = acting();
    change(&mut bench, "app.css", None);
    assert_eq!((bench.actions, stops(&bench)), (1, 0));
    acted(&mut bench, None);
    change(&mut bench, "app.js", None);
    acted(&mut bench, Some("exit code 1"));
    assert_eq!(told(&bench), [("app.css", 1, true), ("app.js", 1, false)]);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Running, RunNumber(1))
    );
    // A refused change runs nothing.
    change(&mut bench, "app.js", Some("a syntax error"));
    assert_eq!(bench.actions, 2);
}

#[test]
fn what_changes_while_the_command_runs_leads_to_one_more() {
    let mut bench = acting();
    for file in ["a.css", "b.css", "c.css"] {
        change(&mut bench, file, None);
    }
    assert_eq!(bench.actions, 1);
    acted(&mut bench, None);
    assert_eq!(bench.actions, 2);
    acted(&mut bench, None);
    assert_eq!(
        (bench.actions, told(&bench)),
        (2, vec![("a.css", 1, true), ("c.css", 2, true)])
    );
}

#[test]
fn an_operators_word_meanwhile_starts_no_second_command() {
    let mut bench = acting();
    change(&mut bench, "a.css", None);
    ask(
        &mut bench,
        &Command::Restart {
            services: vec![name()],
        },
    );
    change(&mut bench, "b.css", None);
    assert_eq!(bench.actions, 1);
    acted(&mut bench, None);
    assert_eq!(bench.actions, 2);
}

#[test]
fn of_a_service_that_shall_be_down_nothing_runs() {
    let mut bench = acting();
    change(&mut bench, "a.css", None);
    change(&mut bench, "b.css", None);
    ask(
        &mut bench,
        &Command::Stop {
            services: vec![name()],
        },
    );
    acted(&mut bench, None);
    change(&mut bench, "c.css", None);
    assert_eq!(bench.actions, 1);
}

#[test]
fn a_command_that_changes_its_own_files_is_recognised() {
    let mut bench = acting();
    let mut rounds = 0;
    while bench.report().watch_paused.is_none() {
        change(&mut bench, "built.css", None);
        if bench.report().watch_paused.is_none() {
            acted(&mut bench, None);
        }
        bench.pass(2_000);
        rounds += 1;
        assert!(rounds < 20, "never recognised");
    }
    assert_eq!((rounds, bench.actions), (11, 10));
    // Now and then is no loop.
    let mut bench = acting();
    for _ in 0..20 {
        change(&mut bench, "built.css", None);
        acted(&mut bench, None);
        bench.pass(60_000);
    }
    assert_eq!(bench.actions, 20);
}
