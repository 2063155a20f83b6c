//! What the contract promises, one scenario each.

use crate::common::{Bench, degraded, failing, finding, healthy, probed, spawned_as, spec};
use director_core::command::{Command, Refusal};
use director_core::event::{Fact, Order};
use director_core::journal::JournalEvent;
use director_core::spec::{Follow, Kind, RestartSpec, RestartWhen, ServiceName, ServiceSpec};
use director_core::words::{ExitKind, Goal, Health, PhaseName, RunNumber};

fn stop() -> Command {
    Command::Stop {
        services: vec![ServiceName::new("web").unwrap()],
    }
}

fn start() -> Command {
    Command::Start {
        services: vec![ServiceName::new("web").unwrap()],
    }
}

fn restart() -> Command {
    Command::Restart {
        services: vec![ServiceName::new("web").unwrap()],
    }
}

#[test]
fn without_a_probe_it_runs_after_a_second_alive() {
    let mut bench = Bench::spawned(spec());
    bench.pass(999);
    assert_eq!(bench.phase(), PhaseName::Starting);
    bench.pass(1);
    assert_eq!(bench.phase(), PhaseName::Running);
}

#[test]
fn the_first_crash_restarts_at_once_and_the_next_ones_wait() {
    let mut bench = Bench::running(spec());
    bench.dies(ExitKind::Signal(9));
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(2))
    );
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    bench.dies(ExitKind::Code(1));
    assert_eq!(
        (bench.phase(), bench.report().backoff_left_ms),
        (PhaseName::Backoff, Some(30_000))
    );
    bench.pass(29_999);
    assert_eq!(bench.spawns(), 2);
    bench.pass(1);
    bench.fact(Fact::StartClear);
    assert_eq!(bench.spawns(), 3);
}

#[test]
fn no_new_run_before_the_old_tree_is_empty() {
    let mut bench = Bench::running(spec());
    bench.fact(Fact::Exited(ExitKind::Code(1)));
    bench.pass(19);
    assert_eq!(
        bench.phase(),
        PhaseName::Running,
        "an empty tree is told of within this time"
    );
    bench.pass(1);
    assert_eq!(bench.phase(), PhaseName::Stopping);
    assert_eq!(bench.count(|order| matches!(order, Order::DeliverToLeftovers)), 1);
    bench.pass(4_999);
    assert_eq!((bench.spawns(), bench.kills()), (1, 0));
    bench.pass(1);
    assert_eq!((bench.spawns(), bench.kills()), (1, 1));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(
        (bench.phase(), bench.number()),
        (PhaseName::Starting, RunNumber(2))
    );
}

#[test]
fn a_tree_that_nothing_ends_blocks_and_is_not_killed_twice() {
    let mut bench = Bench::running(spec());
    bench.fact(Fact::Exited(ExitKind::Code(1)));
    bench.pass(20 + 5_000 + 5_000);
    assert_eq!(bench.phase(), PhaseName::Blocked);
    assert_eq!(bench.report().blocker.unwrap().code, "tree-not-ended");
    bench.pass(3_600_000);
    assert_eq!((bench.spawns(), bench.kills()), (1, 1));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(
        bench.phase(),
        PhaseName::Starting,
        "it starts by itself when the cause is gone"
    );
}

#[test]
fn the_ladder_goes_down_rung_by_rung() {
    let mut bench = Bench::running(spec());
    bench.command(&stop());
    assert_eq!(bench.phase(), PhaseName::Stopping);
    let step = bench.step();
    bench.fact(Fact::RungDelivered {
        step,
        outcome: Ok(()),
    });
    bench.pass(29_999);
    assert_eq!(bench.step(), step);
    bench.pass(1);
    assert_eq!(bench.step(), step + 1);
    bench.pass(5_000);
    assert_eq!(bench.kills(), 1);
    bench.fact(Fact::Exited(ExitKind::Signal(9)));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(
        (bench.phase(), bench.report().goal),
        (PhaseName::Idle, Goal::Down)
    );
}

#[test]
fn a_rung_that_reaches_nobody_is_not_waited_for() {
    let mut bench = Bench::running(spec());
    bench.command(&stop());
    let step = bench.step();
    bench.fact(Fact::RungDelivered {
        step,
        outcome: Err("no console".to_owned()),
    });
    assert_eq!(bench.step(), step + 1);
    let step = bench.step();
    bench.fact(Fact::RungDelivered {
        step,
        outcome: Err("no console".to_owned()),
    });
    assert_eq!(bench.kills(), 1);
}

#[test]
fn a_frozen_tree_goes_to_the_last_rung_at_once() {
    let mut bench = Bench::running(spec());
    bench.command(&stop());
    let step = bench.step();
    bench.fact(Fact::FoundFrozen { step });
    assert_eq!(bench.kills(), 1);
    assert!(bench.events.contains(&JournalEvent::TreeFrozen));
}

#[test]
fn an_exit_while_stopping_is_no_crash() {
    let mut bench = Bench::running(spec());
    bench.command(&stop());
    bench.dies(ExitKind::Code(1));
    assert_eq!(
        (bench.phase(), bench.report().restart_count),
        (PhaseName::Idle, 0)
    );
    assert!(bench.report().last_exit.unwrap().expected);
}

#[test]
fn a_start_while_stopping_starts_when_the_tree_is_empty() {
    let mut bench = Bench::running(spec());
    bench.command(&stop());
    bench.command(&start());
    assert_eq!(bench.spawns(), 1);
    bench.dies(ExitKind::Code(0));
    assert_eq!(
        (bench.phase(), bench.report().restart_count),
        (PhaseName::Starting, 0)
    );
}

#[test]
fn an_operators_restart_does_not_count() {
    let mut bench = Bench::running(spec());
    for _ in 0..5 {
        bench.command(&restart());
        bench.dies(ExitKind::Code(0));
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(7));
        bench.pass(1_000);
        assert_eq!(
            (bench.phase(), bench.report().restart_count),
            (PhaseName::Running, 0)
        );
    }
}

#[test]
fn a_stop_during_the_spawn_stops_what_it_brings() {
    let mut bench = Bench::new(spec());
    bench.core.start(bench.now);
    bench.drain();
    bench.fact(Fact::StartClear);
    bench.command(&stop());
    bench.pass(60_000);
    assert_eq!(bench.phase(), PhaseName::Stopping);
    bench.fact(spawned_as(100));
    assert!(bench.step() > 0);
    bench.dies(ExitKind::Signal(15));
    assert_eq!(bench.phase(), PhaseName::Idle);
}

#[test]
fn a_hang_costs_three_failures_and_then_the_ladder() {
    let mut bench = Bench::running(probed());
    bench.pass(900_000);
    for failures in 1..=3 {
        bench.answer(failing());
        assert_eq!(bench.report().probe_failures, failures);
        assert_eq!(bench.report().health, Health::Unhealthy);
        if failures < 3 {
            assert_eq!(bench.phase(), PhaseName::Running);
            bench.pass(10_000);
        }
    }
    assert_eq!(bench.phase(), PhaseName::Stopping);
    bench.dies(ExitKind::Signal(15));
    assert_eq!(
        (bench.phase(), bench.report().restart_count),
        (PhaseName::Starting, 1)
    );
}

#[test]
fn degraded_is_shown_and_never_restarts() {
    let mut bench = Bench::running(probed());
    for _ in 0..20 {
        bench.pass(900_000);
        bench.answer(degraded());
    }
    assert_eq!(
        (bench.phase(), bench.report().health),
        (PhaseName::Running, Health::Degraded)
    );
    let shown = |event: &&JournalEvent| {
        matches!(
            event,
            JournalEvent::HealthChanged {
                to: Health::Degraded,
                ..
            }
        )
    };
    assert_eq!(
        bench.events.iter().filter(shown).count(),
        1,
        "told once, not at each probe"
    );
}

#[test]
fn one_good_answer_clears_the_failures() {
    let mut bench = Bench::running(probed());
    bench.pass(900_000);
    bench.answer(failing());
    bench.pass(10_000);
    bench.answer(failing());
    bench.pass(10_000);
    bench.answer(healthy());
    assert_eq!(
        (bench.report().probe_failures, bench.report().health),
        (0, Health::Healthy)
    );
}

#[test]
fn failures_in_the_start_grace_do_not_count() {
    let mut bench = Bench::spawned(probed());
    for _ in 0..59 {
        bench.pass(1_000);
        bench.answer(failing());
        assert_eq!(
            (bench.phase(), bench.report().probe_failures),
            (PhaseName::Starting, 0)
        );
    }
    bench.pass(1_000);
    bench.answer(failing());
    assert_eq!(bench.report().probe_failures, 1, "the grace is over");
}

#[test]
fn a_lost_probe_counts_as_a_failure() {
    let mut bench = Bench::running(probed());
    bench.pass(900_000);
    bench.pass(15_000);
    assert_eq!(bench.report().probe_failures, 1);
}

#[test]
fn a_late_answer_of_an_older_probe_is_ignored() {
    let mut bench = Bench::running(probed());
    bench.pass(900_000);
    bench.pass(15_000);
    let stale = bench.core.stale_facts();
    bench.fact(Fact::ProbeFinished {
        probe: 2,
        outcome: healthy(),
    });
    assert_eq!(
        (bench.report().probe_failures, bench.core.stale_facts()),
        (1, stale + 1)
    );
}

#[test]
fn facts_of_an_older_run_are_counted_and_ignored() {
    let mut bench = Bench::running(spec());
    bench.dies(ExitKind::Code(1));
    let stale = bench.core.stale_facts();
    bench.fact_of(RunNumber(1), Fact::Exited(ExitKind::Code(9)));
    bench.fact_of(RunNumber(1), Fact::TreeEmptied);
    bench.fact_of(RunNumber(1), spawned_as(100));
    assert_eq!(
        (bench.phase(), bench.core.stale_facts()),
        (PhaseName::Starting, stale + 3)
    );
}

#[test]
fn a_finding_is_looked_at_three_times_in_ten_seconds_before_it_blocks() {
    let mut bench = Bench::new(spec());
    bench.core.start(bench.now);
    bench.drain();
    let checks = |bench: &Bench| bench.count(|order| matches!(order, Order::CheckStart { .. }));
    for (at_most, looks) in [(2_000, 2), (6_000, 3)] {
        bench.fact(Fact::StartObstructed(finding()));
        assert_eq!(bench.phase(), PhaseName::Starting);
        bench.pass(at_most);
        assert_eq!(checks(&bench), looks);
    }
    bench.fact(Fact::StartObstructed(finding()));
    assert_eq!(bench.phase(), PhaseName::Blocked);
    bench.pass(10_000);
    bench.fact(Fact::StartObstructed(finding()));
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Blocked, 0));
    bench.pass(10_000);
    bench.fact(Fact::StartClear);
    assert_eq!(bench.spawns(), 1, "it starts by itself when the cause is gone");
    assert!(bench.events.contains(&JournalEvent::Unblocked));
}

#[test]
fn a_program_that_cannot_be_executed_fails_and_one_that_lacked_resources_is_tried_again() {
    let mut bench = Bench::new(spec());
    bench.core.start(bench.now);
    bench.drain();
    bench.fact(Fact::StartClear);
    bench.fact(Fact::SpawnFailed {
        error: "not found".to_owned(),
        permanent: true,
    });
    bench.pass(3_600_000);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Failed, 1));
    bench.command(&start());
    bench.fact(Fact::StartClear);
    bench.fact(Fact::SpawnFailed {
        error: "too many processes".to_owned(),
        permanent: false,
    });
    assert_eq!(bench.phase(), PhaseName::Starting, "the first restart is at once");
    bench.fact(Fact::StartClear);
    bench.fact(Fact::SpawnFailed {
        error: "too many processes".to_owned(),
        permanent: false,
    });
    assert_eq!(bench.phase(), PhaseName::Backoff);
}

#[test]
fn the_policy_decides_what_an_exit_means() {
    let cases = [
        (Kind::Daemon, RestartWhen::Always, 0, PhaseName::Starting),
        (Kind::Daemon, RestartWhen::Always, 1, PhaseName::Starting),
        (Kind::Daemon, RestartWhen::OnFailure, 0, PhaseName::Completed),
        (Kind::Daemon, RestartWhen::OnFailure, 1, PhaseName::Starting),
        (Kind::Daemon, RestartWhen::Never, 0, PhaseName::Failed),
        (Kind::Daemon, RestartWhen::Never, 1, PhaseName::Failed),
        (Kind::Oneshot, RestartWhen::Always, 0, PhaseName::Completed),
        (Kind::Oneshot, RestartWhen::Always, 1, PhaseName::Starting),
        (Kind::Oneshot, RestartWhen::OnFailure, 1, PhaseName::Starting),
        (Kind::Oneshot, RestartWhen::Never, 1, PhaseName::Failed),
    ];
    for (kind, when, code, expected) in cases {
        let mut bench = Bench::running(ServiceSpec {
            kind,
            restart: RestartSpec {
                when,
                ..RestartSpec::default()
            },
            ..spec()
        });
        bench.dies(ExitKind::Code(code));
        assert_eq!(bench.phase(), expected, "{kind:?} {when:?} exit code {code}");
    }
}

#[test]
fn a_limit_of_restarts_ends_in_failed() {
    let restart = RestartSpec {
        max: Some(2),
        backoff_ms: vec![0],
        ..RestartSpec::default()
    };
    let mut bench = Bench::running(ServiceSpec { restart, ..spec() });
    for expected in [PhaseName::Starting, PhaseName::Starting, PhaseName::Failed] {
        bench.dies(ExitKind::Code(1));
        assert_eq!(bench.phase(), expected);
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(5));
    }
}

#[test]
fn follow_tree_ends_with_the_last_process() {
    let mut bench = Bench::running(ServiceSpec {
        follow: Follow::Tree,
        ..spec()
    });
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.pass(3_600_000);
    assert_eq!((bench.phase(), bench.kills()), (PhaseName::Running, 0));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(bench.phase(), PhaseName::Starting);
}

#[test]
fn a_shutdown_finishes_when_all_is_down_and_refuses_new_starts() {
    let mut bench = Bench::running(spec());
    bench.command(&Command::Shutdown { now: false });
    assert!(!bench.finished);
    assert_eq!(
        bench.core.command(bench.now, &start()),
        Err(Refusal::ShuttingDown)
    );
    bench.dies(ExitKind::Code(0));
    assert!(bench.finished);
    assert_eq!(bench.phase(), PhaseName::Idle);
}

#[test]
fn a_second_shutdown_goes_to_the_last_rung() {
    let mut bench = Bench::running(spec());
    bench.command(&Command::Shutdown { now: false });
    bench.command(&Command::Shutdown { now: true });
    assert_eq!(bench.kills(), 1);
}

#[test]
fn the_machines_shutdown_cuts_the_ladder() {
    let mut bench = Bench::running(spec());
    bench.core.system_shutdown(bench.now, Some(5_000));
    bench.drain();
    bench.pass(3_749);
    assert_eq!(bench.kills(), 0);
    bench.pass(1);
    assert_eq!(bench.kills(), 1);
    bench.dies(ExitKind::Signal(9));
    assert!(bench.finished);
    assert_eq!(bench.spawns(), 1);
}

#[test]
fn unknown_services_are_named_with_what_there_is() {
    let mut bench = Bench::new(spec());
    let wanted = ServiceName::new("wbe").unwrap();
    let refusal = bench
        .core
        .command(
            bench.now,
            &Command::Stop {
                services: vec![wanted],
            },
        )
        .unwrap_err();
    let known = vec![ServiceName::new("web").unwrap()];
    assert_eq!(
        refusal,
        Refusal::UnknownService {
            name: "wbe".to_owned(),
            known
        }
    );
}

#[test]
fn an_operators_stop_clears_a_wait_and_holds() {
    let mut bench = Bench::running(spec());
    bench.dies(ExitKind::Code(1));
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(5));
    bench.dies(ExitKind::Code(1));
    assert_eq!(bench.phase(), PhaseName::Backoff);
    bench.command(&stop());
    bench.pass(3_600_000);
    assert_eq!(bench.phase(), PhaseName::Idle);
    assert!(bench.report().stopped_by_operator.is_some());
}
