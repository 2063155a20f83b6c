//! The hooks on the way down: before the ladder, and after the run.

use director_core::command::Command;
use director_core::event::{Fact, Order};
use director_core::spec::{Condition, HookName, ServiceName, ServiceSpec};
use director_core::words::{ExitKind, PhaseName, RunNumber};

use crate::common::spawned_as;
use crate::fleet::{Fleet, named, on};
use crate::hooks::{fails, last, looks, ran, restart, rungs, start, started, stop, succeeds, up, with};

#[test]
fn pre_stop_runs_before_the_first_rung() {
    let mut bench = up(&[HookName::PreStop]);
    bench.command(&stop());
    assert_eq!((bench.phase(), rungs(&bench)), (PhaseName::Stopping, 0));
    let call = last(&bench);
    assert_eq!(
        (call.reason.as_str(), call.exit, call.pid),
        ("operator", None, Some(100))
    );
    bench.pass(30_100);
    assert_eq!(
        rungs(&bench),
        0,
        "its end is told, and nobody else counts its time"
    );
    fails(&mut bench);
    assert_eq!(rungs(&bench), 1, "a failure holds nothing up");
    bench.dies(ExitKind::Signal(15));
    assert_eq!(bench.phase(), PhaseName::Idle);
}

#[test]
fn a_run_that_ends_during_pre_stop_ended_as_intended_and_is_not_asked() {
    let mut bench = up(&[HookName::PreStop, HookName::PostExit]);
    bench.command(&restart());
    bench.dies(ExitKind::Code(0));
    assert_eq!((bench.phase(), ran(&bench).len()), (PhaseName::Stopping, 1));
    assert!(bench.report().last_exit.expect("an exit").expected);
    succeeds(&mut bench);
    assert_eq!(ran(&bench), ["pre_stop", "post_exit"]);
    assert_eq!((rungs(&bench), looks(&bench)), (0, 1));
    succeeds(&mut bench);
    assert_eq!((looks(&bench), bench.report().restart_count), (2, 0));
}

#[test]
fn what_is_left_of_a_tree_during_pre_stop_is_asked_at_once() {
    let mut bench = up(&[HookName::PreStop]);
    bench.command(&stop());
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.pass(20);
    assert_eq!(bench.count(|order| matches!(order, Order::DeliverToLeftovers)), 1);
    succeeds(&mut bench);
    assert_eq!(rungs(&bench), 0, "the ladder is for the first process");
    bench.fact(Fact::TreeEmptied);
    assert_eq!(bench.phase(), PhaseName::Idle);
}

#[test]
fn a_crash_has_no_pre_stop_and_its_post_exit_comes_before_the_next_run() {
    let mut bench = up(&[HookName::PreStop, HookName::PostExit]);
    bench.dies(ExitKind::Code(3));
    assert_eq!(
        (ran(&bench), bench.phase()),
        (vec!["post_exit"], PhaseName::Stopping)
    );
    let call = last(&bench);
    assert_eq!(
        (call.reason.as_str(), call.exit, call.pid),
        ("main-exited", Some(ExitKind::Code(3)), None)
    );
    assert_eq!((looks(&bench), bench.report().restart_count), (1, 0));
    bench.pass(10_000);
    fails(&mut bench);
    assert_eq!((looks(&bench), bench.report().restart_count), (2, 1));
    assert_eq!(bench.number(), RunNumber(2));
}

#[test]
fn a_wish_during_post_exit_counts_when_it_has_ended() {
    let mut bench = up(&[HookName::PostExit]);
    bench.dies(ExitKind::Code(3));
    bench.command(&stop());
    assert_eq!(bench.phase(), PhaseName::Stopping);
    succeeds(&mut bench);
    assert_eq!((bench.phase(), looks(&bench)), (PhaseName::Idle, 1));

    let mut bench = up(&[HookName::PostExit]);
    bench.command(&stop());
    bench.dies(ExitKind::Code(0));
    assert_eq!(last(&bench).reason, "operator");
    bench.command(&start());
    succeeds(&mut bench);
    assert_eq!((bench.phase(), looks(&bench)), (PhaseName::Starting, 2));
}

#[test]
fn a_shutdown_waits_for_post_exit_and_one_at_once_does_not() {
    let mut bench = up(&[HookName::PostExit]);
    bench.command(&Command::Shutdown { now: false });
    bench.dies(ExitKind::Code(0));
    assert!(!bench.finished);
    bench.command(&Command::Shutdown { now: true });
    assert!(bench.finished);
}

#[test]
fn a_machine_that_goes_down_cuts_hooks_as_it_cuts_the_ladder() {
    let mut bench = up(&[HookName::PreStop, HookName::PostExit]);
    bench.core.system_shutdown(bench.now, Some(8_000));
    bench.drain();
    assert_eq!(ran(&bench), ["pre_stop"]);
    bench.pass(5_999);
    assert_eq!(bench.kills(), 0);
    bench.pass(1);
    assert_eq!(bench.kills(), 1, "there is no time for the ladder any more");
    bench.dies(ExitKind::Signal(9));
    assert_eq!((ran(&bench).len(), bench.finished), (1, true));

    let mut bench = up(&[HookName::PostExit]);
    bench.core.system_shutdown(bench.now, Some(8_000));
    bench.drain();
    bench.dies(ExitKind::Signal(15));
    assert_eq!((ran(&bench), bench.finished), (vec!["post_exit"], false));
    bench.pass(6_000);
    assert!(bench.finished);
}

#[test]
fn a_spawn_that_fails_has_no_post_exit() {
    let mut bench = started(with(&[HookName::PostExit]));
    bench.fact(Fact::SpawnFailed {
        error: "no memory".to_owned(),
        permanent: false,
    });
    assert!(ran(&bench).is_empty());
    assert_eq!(looks(&bench), 2);
}

#[test]
fn a_spawn_that_a_stop_overtook_has_its_pre_stop() {
    let mut bench = started(with(&[HookName::PreStop]));
    bench.command(&stop());
    assert!(ran(&bench).is_empty());
    bench.fact(spawned_as(100));
    assert_eq!((ran(&bench), rungs(&bench)), (vec!["pre_stop"], 0));
    succeeds(&mut bench);
    assert_eq!(rungs(&bench), 1);
}

#[test]
fn the_end_of_a_tree_that_nothing_could_end_has_its_post_exit() {
    let mut bench = up(&[HookName::PostExit]);
    bench.command(&restart());
    bench.pass(60_000);
    assert_eq!(bench.report().blocker.expect("a finding").code, "tree-not-ended");
    bench.dies(ExitKind::Signal(9));
    assert_eq!(
        (ran(&bench), bench.phase()),
        (vec!["post_exit"], PhaseName::Stopping)
    );
    succeeds(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Starting);
}

#[test]
fn a_fault_of_the_director_waits_for_the_hook_under_way() {
    let name = ServiceName::new("web").unwrap();
    let mut bench = started(with(&[HookName::PreStart]));
    bench.core.internal_fault(bench.now, &name, "a panic");
    bench.drain();
    assert_eq!(bench.phase(), PhaseName::Stopping);
    succeeds(&mut bench);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Failed, 0));

    let mut bench = up(&[HookName::PostExit]);
    bench.dies(ExitKind::Code(1));
    bench.core.internal_fault(bench.now, &name, "a panic");
    bench.drain();
    assert_eq!(bench.kills(), 0, "there is nothing to kill");
    succeeds(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Failed);
}

#[test]
fn what_a_service_requires_outlives_its_hooks() {
    let web = ServiceSpec {
        requires: vec![on("db", Condition::Started)],
        hooks: with(&[HookName::PreStart, HookName::PostExit]).hooks,
        ..named("web")
    };
    let mut fleet = Fleet::new(vec![web.clone(), named("db")]);
    assert_eq!(fleet.happened(), "spawn db, pre_start web");
    fleet.ask(&Command::Shutdown { now: false });
    assert_eq!(fleet.happened(), "", "a migration may be at work in it");
    fleet.hook_ends("web");
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("web")),
        ("stop db", PhaseName::Idle)
    );

    let mut fleet = Fleet::new(vec![web, named("db")]);
    fleet.hook_ends("web");
    fleet.ask(&Command::Shutdown { now: false });
    fleet.ends("web", 0);
    assert_eq!(
        fleet.happened(),
        "spawn db, pre_start web, spawn web, stop web, post_exit web"
    );
    fleet.hook_ends("web");
    assert_eq!(fleet.happened(), "stop db");
}
