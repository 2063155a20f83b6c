//! What a planned time and a maintenance window do in each phase.

use director_core::command::Command;
use director_core::event::{Fact, FileChange, Order};
use director_core::journal::JournalEvent;
use director_core::spec::{
    Condition, Kind, RestartWhen, ScheduleSpec, ServiceName, ServiceSpec, WatchSpec, WindowSpec,
};
use director_core::time::WallTime;
use director_core::words::{ExitKind, Goal, PhaseName, RunNumber, StopReason};

use crate::common::{Bench, failing, finding, healthy, probed, spawned_as, spec};
use crate::fleet::{Fleet, named, on};

fn name() -> ServiceName {
    ServiceName::new("web").unwrap()
}

fn schedule(run_missed: bool) -> Option<ScheduleSpec> {
    Some(ScheduleSpec {
        times: Some("0 4 * * *".to_owned()),
        timezone: None,
        run_missed,
        maintenance: vec![WindowSpec {
            begins: "0 22 * * *".to_owned(),
            lasts_ms: 3_600_000,
        }],
    })
}

fn daemon() -> ServiceSpec {
    ServiceSpec {
        schedule: schedule(false),
        ..spec()
    }
}

fn oneshot() -> ServiceSpec {
    ServiceSpec {
        kind: Kind::Oneshot,
        autostart: false,
        schedule: schedule(true),
        ..spec()
    }
}

fn comes(bench: &mut Bench) {
    bench.core.schedule_due(bench.now, &name(), bench.now.wall, false);
    bench.drain();
}

fn missed(bench: &mut Bench, ago_ms: i64) {
    let planned = WallTime(bench.now.wall.0 - ago_ms);
    bench.core.schedule_due(bench.now, &name(), planned, true);
    bench.drain();
}

fn window(bench: &mut Bench, lasts_ms: Option<i64>) {
    let until = lasts_ms.map(|ms| WallTime(bench.now.wall.0 + ms));
    bench.core.window(bench.now, &name(), until);
    bench.drain();
}

fn skipped(bench: &Bench) -> Vec<&str> {
    fn because(event: &JournalEvent) -> Option<&str> {
        match event {
            JournalEvent::ScheduleSkipped { because, .. } => Some(because),
            _ => None,
        }
    }
    bench.events.iter().filter_map(because).collect()
}

fn came(bench: &Bench) -> usize {
    let came = |event: &&JournalEvent| matches!(event, JournalEvent::ScheduleCame { .. });
    bench.events.iter().filter(came).count()
}

fn stops(bench: &Bench, reason: StopReason) -> usize {
    let stop = JournalEvent::StopBegan { reason };
    bench.events.iter().filter(|event| **event == stop).count()
}

/// The run under way ends and the next one is up.
fn next_run(bench: &mut Bench) {
    bench.fact(Fact::Exited(ExitKind::Signal(15)));
    bench.fact(Fact::TreeEmptied);
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    bench.pass(1_000);
}

fn ask(bench: &mut Bench, command: fn(Vec<ServiceName>) -> Command) {
    bench.command(&command(vec![name()]));
}

fn change(bench: &mut Bench) {
    let change = FileChange {
        file: "main.py".to_owned(),
        count: 1,
        refused: None,
    };
    bench.core.files_changed(bench.now, &name(), change);
    bench.drain();
}

/// Crashes once.
fn crash(bench: &mut Bench) {
    bench.dies(ExitKind::Code(1));
}

#[test]
fn a_planned_time_restarts_a_daemon_by_its_ladder_and_the_throttle_does_not_count_it() {
    let mut bench = Bench::running(daemon());
    comes(&mut bench);
    assert_eq!(
        (bench.phase(), stops(&bench, StopReason::Schedule)),
        (PhaseName::Stopping, 1)
    );
    next_run(&mut bench);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Running, RunNumber(2))
    );
    assert_eq!((bench.report().restart_count, came(&bench)), (0, 1));
}

#[test]
fn it_ends_a_wait_and_revives_what_failed() {
    let mut bench = Bench::running(daemon());
    crash(&mut bench);
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    crash(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Backoff);
    comes(&mut bench);
    assert_eq!(bench.number(), RunNumber(3));
    bench.fact(Fact::StartClear);
    bench.fact(Fact::SpawnFailed {
        error: "no such program".to_owned(),
        permanent: true,
    });
    assert_eq!(bench.phase(), PhaseName::Failed);
    comes(&mut bench);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(4))
    );
}

#[test]
fn what_an_operator_stopped_and_what_never_was_up_stays_down() {
    for spec in [daemon(), oneshot()] {
        let mut bench = Bench::running(ServiceSpec {
            autostart: true,
            ..spec
        });
        ask(&mut bench, |services| Command::Stop { services });
        bench.fact(Fact::Exited(ExitKind::Code(0)));
        bench.fact(Fact::TreeEmptied);
        let told = bench.events.len();
        comes(&mut bench);
        assert_eq!((bench.phase(), bench.events.len()), (PhaseName::Idle, told));
    }
    let mut bench = Bench::new(ServiceSpec {
        autostart: false,
        ..daemon()
    });
    bench.core.start(bench.now);
    comes(&mut bench);
    assert_eq!((bench.phase(), came(&bench)), (PhaseName::Idle, 0));
}

#[test]
fn a_oneshot_runs_at_each_of_its_times_and_not_at_the_start() {
    let mut bench = Bench::new(oneshot());
    bench.core.start(bench.now);
    bench.drain();
    let report = bench.report();
    assert_eq!((report.phase, report.goal), (PhaseName::Idle, Goal::Down));
    assert_eq!(report.because, "its schedule says when it runs");
    for number in 1..4 {
        comes(&mut bench);
        assert_eq!(bench.number(), RunNumber(number));
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(100));
        bench.dies(ExitKind::Code(0));
        assert_eq!(bench.phase(), PhaseName::Completed);
    }
    assert_eq!((came(&bench), skipped(&bench).len()), (3, 0));
}

#[test]
fn a_oneshot_that_still_runs_passes_the_time_over_and_the_journal_says_so() {
    let mut bench = Bench::new(oneshot());
    comes(&mut bench);
    comes(&mut bench);
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(100));
    comes(&mut bench);
    bench.pass(1_000);
    comes(&mut bench);
    let going_on = "its last run still goes on";
    assert_eq!(
        skipped(&bench),
        ["a run of it is about to begin", going_on, going_on]
    );
    assert_eq!((bench.spawns(), came(&bench)), (1, 1));

    let mut bench = Bench::new(oneshot());
    comes(&mut bench);
    for wait in [0, 2_000, 6_000] {
        bench.pass(wait);
        bench.fact(Fact::StartObstructed(finding()));
    }
    comes(&mut bench);
    assert_eq!(skipped(&bench), ["it is blocked"]);
}

#[test]
fn each_planned_run_of_a_oneshot_has_its_tries_anew() {
    let mut spec = oneshot();
    spec.restart.max = Some(1);
    spec.restart.backoff_ms = vec![0];
    let mut bench = Bench::new(spec);
    for _ in 0..2 {
        comes(&mut bench);
        for _ in 0..2 {
            bench.fact(Fact::StartClear);
            bench.fact(spawned_as(100));
            crash(&mut bench);
        }
        assert_eq!(bench.phase(), PhaseName::Failed);
    }
    assert_eq!(bench.spawns(), 4);
}

#[test]
fn a_missed_time_follows_the_policy() {
    let mut bench = Bench::running(daemon());
    missed(&mut bench, 3_600_000);
    let passed = "it passed while the director did not run or the machine slept";
    assert_eq!(
        (bench.phase(), skipped(&bench)),
        (PhaseName::Running, vec![passed])
    );

    let mut bench = Bench::running(ServiceSpec {
        schedule: schedule(true),
        ..daemon()
    });
    bench.pass(10_000);
    missed(&mut bench, 3_600_000);
    let younger = "its present run began after it";
    assert_eq!(
        (bench.phase(), skipped(&bench)),
        (PhaseName::Running, vec![younger])
    );
    missed(&mut bench, 5_000);
    assert_eq!(bench.phase(), PhaseName::Stopping);

    let mut bench = Bench::new(oneshot());
    missed(&mut bench, 3_600_000);
    assert_eq!((bench.phase(), came(&bench)), (PhaseName::Starting, 1));
}

#[test]
fn a_start_under_way_makes_up_for_a_missed_time() {
    let mut bench = Bench::new(ServiceSpec {
        schedule: schedule(true),
        ..daemon()
    });
    bench.core.start(bench.now);
    bench.drain();
    bench.fact(Fact::StartClear);
    missed(&mut bench, 60_000);
    assert_eq!((bench.phase(), came(&bench)), (PhaseName::Starting, 0));
}

#[test]
fn nothing_is_done_for_a_time_without_a_schedule_or_during_a_shutdown() {
    let mut bench = Bench::running(spec());
    comes(&mut bench);
    assert_eq!((bench.phase(), bench.core.stale_facts()), (PhaseName::Running, 1));
    let mut bench = Bench::running(daemon());
    bench.command(&Command::Shutdown { now: false });
    comes(&mut bench);
    assert_eq!(came(&bench), 0);
}

#[test]
fn a_oneshot_that_is_due_raises_what_it_requires() {
    let mut job = named("job");
    job.kind = Kind::Oneshot;
    job.autostart = false;
    job.schedule = schedule(true);
    job.requires = vec![on("db", Condition::Started)];
    let mut db = named("db");
    db.autostart = false;
    let mut fleet = Fleet::new(vec![db, job]);
    fleet.time_comes("job");
    assert_eq!(fleet.happened(), "spawn db, spawn job");
}

#[test]
fn a_crash_in_a_window_waits_for_its_end() {
    let mut bench = Bench::running(daemon());
    window(&mut bench, Some(3_600_000));
    crash(&mut bench);
    let report = bench.report();
    assert_eq!((report.phase, report.backoff_left_ms), (PhaseName::Backoff, None));
    assert!(
        report
            .because
            .contains("a maintenance window holds automatic restarts")
    );
    let next = "run 2 starts when the maintenance window ends";
    assert_eq!(report.next.as_deref(), Some(next));
    assert!(report.maintenance_until.is_some());
    assert_eq!(bench.core.next_deadline(), None, "nothing wakes the director");
    bench.pass(1_000_000);
    assert_eq!(bench.spawns(), 1);
    window(&mut bench, None);
    bench.pass(0);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(2))
    );
    assert!(bench.events.contains(&JournalEvent::MaintenanceEnded));
}

#[test]
fn a_wait_that_began_before_a_window_goes_on_after_it_for_what_is_left() {
    let mut bench = Bench::running(daemon());
    crash(&mut bench);
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    crash(&mut bench);
    assert_eq!(bench.report().backoff_left_ms, Some(30_000));
    window(&mut bench, Some(10_000));
    bench.pass(10_000);
    window(&mut bench, None);
    assert_eq!(bench.report().backoff_left_ms, Some(20_000));
    bench.pass(20_000);
    assert_eq!(bench.number(), RunNumber(3));
}

#[test]
fn changes_and_planned_times_wait_and_are_one_restart_afterwards() {
    let mut bench = Bench::running(ServiceSpec {
        watch: Some(WatchSpec::new(vec!["/".into()])),
        ..daemon()
    });
    window(&mut bench, Some(3_600_000));
    change(&mut bench);
    comes(&mut bench);
    change(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Running);
    let next = "a new run begins when the maintenance window ends: its files changed";
    assert_eq!(bench.report().next.as_deref(), Some(next));
    window(&mut bench, None);
    assert_eq!(
        (bench.phase(), stops(&bench, StopReason::FilesChanged)),
        (PhaseName::Stopping, 1)
    );
    next_run(&mut bench);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Running, RunNumber(2))
    );
}

#[test]
fn a_wish_that_another_run_has_met_is_not_granted_again() {
    let mut bench = Bench::running(daemon());
    window(&mut bench, Some(3_600_000));
    comes(&mut bench);
    ask(&mut bench, |services| Command::Restart { services });
    next_run(&mut bench);
    window(&mut bench, None);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Running, RunNumber(2))
    );
}

#[test]
fn an_operator_waits_for_no_window() {
    let mut bench = Bench::running(daemon());
    window(&mut bench, Some(3_600_000));
    ask(&mut bench, |services| Command::Restart { services });
    assert_eq!(bench.phase(), PhaseName::Stopping);
    next_run(&mut bench);
    crash(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Backoff);
    ask(&mut bench, |services| Command::Start { services });
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(3))
    );
    ask(&mut bench, |services| Command::Stop { services });
    assert_eq!(bench.phase(), PhaseName::Idle);
    window(&mut bench, None);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Idle, 2));
}

#[test]
fn a_hung_run_is_restarted_after_the_window_if_it_still_fails() {
    for recovers in [false, true] {
        let mut bench = Bench::running(ServiceSpec {
            schedule: schedule(false),
            ..probed()
        });
        window(&mut bench, Some(3_600_000));
        bench.pass(900_000);
        for _ in 0..6 {
            bench.answer(failing());
            bench.pass(10_000);
        }
        let report = bench.report();
        assert_eq!((report.phase, report.probe_failures), (PhaseName::Running, 3));
        let next = "is restarted when the maintenance window ends, if it still fails its probe";
        assert_eq!(report.next.as_deref(), Some(next));
        let told = |event: &&JournalEvent| matches!(event, JournalEvent::ProbeFailed { .. });
        assert_eq!(bench.events.iter().filter(told).count(), 3);
        window(&mut bench, None);
        assert_eq!(bench.phase(), PhaseName::Running, "it is asked once more");
        bench.answer(if recovers { healthy() } else { failing() });
        let (phase, unhealthy) = if recovers {
            (PhaseName::Running, 0)
        } else {
            (PhaseName::Stopping, 1)
        };
        assert_eq!(
            (bench.phase(), stops(&bench, StopReason::Unhealthy)),
            (phase, unhealthy)
        );
    }
}

#[test]
fn a_hung_run_that_ends_in_the_window_waits_as_a_crashed_one() {
    let mut bench = Bench::running(ServiceSpec {
        schedule: schedule(false),
        ..probed()
    });
    bench.pass(900_000);
    for _ in 0..3 {
        bench.answer(failing());
        bench.pass(10_000);
    }
    assert_eq!(bench.phase(), PhaseName::Stopping);
    window(&mut bench, Some(3_600_000));
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.fact(Fact::TreeEmptied);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Backoff, 1));
}

#[test]
fn a_policy_that_forbids_restarts_fails_in_a_window_as_ever() {
    let mut spec = daemon();
    spec.restart.when = RestartWhen::Never;
    let mut bench = Bench::running(spec);
    window(&mut bench, Some(3_600_000));
    crash(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Failed);
}

#[test]
fn a_new_run_of_what_it_requires_restarts_it_after_the_window() {
    let mut web = named("web");
    web.requires = vec![on("db", Condition::Started)];
    web.restart_with = true;
    web.schedule = schedule(false);
    let mut fleet = Fleet::new(vec![named("db"), web]);
    fleet.window("web", Some(WallTime(0)));
    fleet.ends("db", 1);
    assert_eq!(fleet.happened(), "spawn db, spawn web, spawn db");
    fleet.window("web", None);
    assert_eq!(fleet.happened(), "stop web");
}

#[test]
fn the_begin_and_the_end_are_told_once_and_a_later_end_is_shown() {
    let mut bench = Bench::running(daemon());
    window(&mut bench, Some(1_000));
    window(&mut bench, Some(9_000));
    let until = WallTime(bench.now.wall.0 + 9_000);
    assert_eq!(bench.report().maintenance_until, Some(until));
    window(&mut bench, None);
    window(&mut bench, None);
    let told = |event: &&JournalEvent| {
        matches!(
            event,
            JournalEvent::MaintenanceBegan { .. } | JournalEvent::MaintenanceEnded
        )
    };
    assert_eq!(bench.events.iter().filter(told).count(), 2);
    bench.core.next_scheduled(&name(), Some(until));
    assert_eq!(bench.report().next_scheduled, Some(until));
    assert_eq!(bench.count(|order| matches!(order, Order::DeliverRung { .. })), 0);
}

#[test]
fn a_reload_puts_a_schedule_into_force_and_ends_a_window_that_is_declared_no_more() {
    let scheduled = ServiceSpec {
        schedule: schedule(false),
        ..named("web")
    };
    let mut fleet = Fleet::new(vec![named("web")]);
    fleet.reload(std::slice::from_ref(&scheduled));
    fleet.window("web", Some(WallTime(0)));
    fleet.time_comes("web");
    assert_eq!(fleet.happened(), "spawn web");
    fleet.reload(&[named("web")]);
    assert_eq!(fleet.report("web").maintenance_until, None);
    assert_eq!(fleet.happened(), "", "the schedule that asked is no more");
}
