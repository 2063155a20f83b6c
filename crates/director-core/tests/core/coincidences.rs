//! Coincidences that the simulation found, one scenario each.

use crate::common::{Bench, failing, healthy, probed, spawned_as, spec};
use director_core::command::Command;
use director_core::event::{Fact, Order};
use director_core::spec::{Kind, RestartSpec, RestartWhen, ServiceName, ServiceSpec};
use director_core::words::{ExitKind, PhaseName};

fn web() -> ServiceName {
    ServiceName::new("web").unwrap()
}

/// A stuck grandchild outlives the last rung, then goes.
fn stuck_after(bench: &mut Bench, status: ExitKind) {
    bench.fact(Fact::Exited(status));
    bench.pass(11_000);
    assert_eq!(bench.phase(), PhaseName::Blocked);
}

#[test]
fn the_policy_outlives_a_tree_that_could_not_be_ended() {
    let cases = [
        (Kind::Oneshot, RestartWhen::Always, 0, PhaseName::Completed),
        (Kind::Daemon, RestartWhen::OnFailure, 0, PhaseName::Completed),
        (Kind::Daemon, RestartWhen::Never, 1, PhaseName::Failed),
    ];
    for (kind, when, code, expected) in cases {
        let restart = RestartSpec {
            when,
            ..RestartSpec::default()
        };
        let mut bench = Bench::running(ServiceSpec {
            kind,
            restart,
            ..spec()
        });
        stuck_after(&mut bench, ExitKind::Code(code));
        bench.fact(Fact::TreeEmptied);
        assert_eq!(
            (bench.phase(), bench.spawns()),
            (expected, 1),
            "{kind:?} {when:?}"
        );
    }
    let mut bench = Bench::running(spec());
    stuck_after(&mut bench, ExitKind::Code(1));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(
        bench.report().restart_count,
        1,
        "a crash counts, however long its tree took"
    );
}

#[test]
fn an_operators_start_beats_the_policy_of_the_run_before() {
    let restart = RestartSpec {
        when: RestartWhen::Never,
        ..RestartSpec::default()
    };
    let mut bench = Bench::running(ServiceSpec { restart, ..spec() });
    stuck_after(&mut bench, ExitKind::Code(1));
    bench.command(&Command::Start {
        services: vec![web()],
    });
    bench.fact(Fact::TreeEmptied);
    assert_eq!(bench.phase(), PhaseName::Starting);
}

#[test]
fn a_hang_under_never_is_failed() {
    let restart = RestartSpec {
        when: RestartWhen::Never,
        ..RestartSpec::default()
    };
    let mut bench = Bench::running(ServiceSpec { restart, ..probed() });
    bench.pass(900_000);
    for _ in 0..3 {
        bench.answer(failing());
        bench.pass(10_000);
    }
    assert_eq!(bench.phase(), PhaseName::Stopping);
    bench.dies(ExitKind::Signal(15));
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Failed, 1));
}

#[test]
fn a_fault_of_the_director_during_a_spawn_leaves_no_process_alone() {
    let mut bench = Bench::new(spec());
    bench.core.start(bench.now);
    bench.drain();
    bench.fact(Fact::StartClear);
    bench.core.internal_fault(bench.now, &web(), "a panic");
    bench.drain();
    assert_eq!(bench.phase(), PhaseName::Stopping);
    bench.fact(spawned_as(100));
    assert_eq!(bench.kills(), 1, "what the spawn brought is killed");
    bench.dies(ExitKind::Signal(9));
    assert_eq!(bench.phase(), PhaseName::Failed, "and the fault stays visible");
}

#[test]
fn a_fault_of_the_director_uses_the_last_rung_once() {
    let mut bench = Bench::running(spec());
    stuck_after(&mut bench, ExitKind::Code(1));
    bench.core.internal_fault(bench.now, &web(), "a panic");
    bench.drain();
    bench.pass(60_000);
    assert_eq!((bench.phase(), bench.kills()), (PhaseName::Blocked, 1));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(bench.phase(), PhaseName::Failed);
}

#[test]
fn what_has_ended_is_not_proven_and_not_probed() {
    let mut bench = Bench::spawned(spec());
    bench.pass(990);
    bench.fact(Fact::Exited(ExitKind::Code(1)));
    bench.pass(15);
    assert_eq!(
        bench.phase(),
        PhaseName::Starting,
        "it has not been alive for a second"
    );
    bench.pass(10);
    assert_eq!(bench.phase(), PhaseName::Stopping);
    let mut bench = Bench::spawned(probed());
    bench.pass(1_000);
    bench.fact(Fact::Exited(ExitKind::Code(1)));
    bench.answer(healthy());
    assert_eq!(
        bench.phase(),
        PhaseName::Starting,
        "an answer from before its end proves nothing"
    );
}

#[test]
fn a_rung_that_came_too_late_does_not_take_the_leftovers_theirs() {
    let mut bench = Bench::running(spec());
    bench.command(&Command::Stop {
        services: vec![web()],
    });
    let step = bench.step();
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.fact(Fact::RungDelivered {
        step,
        outcome: Err("nobody was there".to_owned()),
    });
    assert_eq!(bench.step(), step, "no further rung for a process that is gone");
    bench.pass(20);
    assert_eq!(bench.count(|order| matches!(order, Order::DeliverToLeftovers)), 1);
}
