//! The hooks on the way up: when each runs, what its failure means, and what it holds up.

use director_core::command::Command;
use director_core::event::{Fact, FileChange, HookCall, Order};
use director_core::journal::JournalEvent;
use director_core::spec::{Condition, HookName, HookSpec, HooksSpec, ServiceName, ServiceSpec};
use director_core::words::{ExitKind, Goal, PhaseName, RunNumber, StopReason};

use crate::common::{Bench, finding, probed, spawned_as, spec};
use crate::fleet::{Fleet, named, on, with_probe};

pub(crate) fn hook(name: HookName) -> HookSpec {
    HookSpec {
        command: vec![name.key().to_owned()],
        timeout_ms: 30_000,
    }
}

pub(crate) fn with(names: &[HookName]) -> ServiceSpec {
    let of = |name: HookName| names.contains(&name).then(|| hook(name));
    ServiceSpec {
        hooks: HooksSpec {
            pre_start: of(HookName::PreStart),
            post_start: of(HookName::PostStart),
            pre_stop: of(HookName::PreStop),
            post_exit: of(HookName::PostExit),
        },
        ..spec()
    }
}

/// Asked to start, and nothing stands in the way.
pub(crate) fn started(spec: ServiceSpec) -> Bench {
    let mut bench = Bench::new(spec);
    bench.core.start(bench.now);
    bench.drain();
    bench.fact(Fact::StartClear);
    bench
}

/// Up, with all its hooks so far done.
pub(crate) fn up(names: &[HookName]) -> Bench {
    let mut bench = started(with(names));
    if names.contains(&HookName::PreStart) {
        succeeds(&mut bench);
    }
    bench.fact(spawned_as(100));
    bench.pass(1_000);
    assert_eq!(bench.phase(), PhaseName::Running);
    bench
}

fn calls(bench: &Bench) -> Vec<(RunNumber, u32, HookCall)> {
    let call = |(run, order): &(RunNumber, Order)| match order {
        Order::RunHook { step, call } => Some((*run, *step, (**call).clone())),
        _ => None,
    };
    bench.orders.iter().filter_map(call).collect()
}

/// The hooks that were run, in words.
pub(crate) fn ran(bench: &Bench) -> Vec<&'static str> {
    calls(bench).iter().map(|(_, _, call)| call.hook.key()).collect()
}

pub(crate) fn last(bench: &Bench) -> HookCall {
    calls(bench).pop().expect("a hook").2
}

/// The latest hook ends.
fn ends(bench: &mut Bench, outcome: Result<(), String>) {
    let (run, step, _) = calls(bench).pop().expect("a hook");
    bench.fact_of(run, Fact::HookFinished { step, outcome });
}

pub(crate) fn succeeds(bench: &mut Bench) {
    ends(bench, Ok(()));
}

pub(crate) fn fails(bench: &mut Bench) {
    ends(
        bench,
        Err("`migrate` ended with exit code 3: no such table".to_owned()),
    );
}

pub(crate) fn stop() -> Command {
    Command::Stop { services: Vec::new() }
}

pub(crate) fn start() -> Command {
    Command::Start { services: Vec::new() }
}

pub(crate) fn restart() -> Command {
    Command::Restart { services: Vec::new() }
}

pub(crate) fn looks(bench: &Bench) -> usize {
    bench.count(|order| matches!(order, Order::CheckStart { .. }))
}

pub(crate) fn rungs(bench: &Bench) -> usize {
    bench.count(|order| matches!(order, Order::DeliverRung { .. }))
}

fn files_change(bench: &mut Bench) {
    let change = FileChange {
        file: "main.py".to_owned(),
        count: 1,
        refused: None,
    };
    let name = ServiceName::new("web").unwrap();
    bench.core.files_changed(bench.now, &name, change);
    bench.drain();
}

#[test]
fn pre_start_runs_after_the_checks_and_before_the_program() {
    let mut bench = started(with(&[HookName::PreStart]));
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Starting, 0));
    let call = last(&bench);
    assert_eq!(
        (call.hook, call.spec),
        (HookName::PreStart, hook(HookName::PreStart))
    );
    assert_eq!(
        (call.reason.as_str(), call.exit, call.pid),
        ("the director started", None, None)
    );
    assert_eq!(bench.report().hook, Some(HookName::PreStart));
    bench.pass(12_000);
    assert_eq!(
        bench.report().next.as_deref(),
        Some("the hook pre_start is running, for at most 18 s more")
    );
    succeeds(&mut bench);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Starting, 1));
    assert!(bench.events.contains(&JournalEvent::HookRan {
        hook: HookName::PreStart,
        error: None,
        took_ms: 12_000
    }));
}

#[test]
fn a_failing_pre_start_blocks_and_is_tried_again_until_it_succeeds() {
    let mut bench = started(with(&[HookName::PreStart]));
    fails(&mut bench);
    let report = bench.report();
    assert_eq!((report.phase, bench.spawns()), (PhaseName::Blocked, 0));
    let blocker = report.blocker.expect("a finding");
    assert_eq!(blocker.code, "hook-failed");
    assert_eq!(
        blocker.summary,
        "the hook pre_start failed: `migrate` ended with exit code 3: no such table"
    );
    let blocked = |bench: &Bench| {
        let is = |event: &&JournalEvent| matches!(event, JournalEvent::Blocked { .. });
        bench.events.iter().filter(is).count()
    };

    bench.pass(29_999);
    assert_eq!(looks(&bench), 1);
    bench.pass(1);
    assert_eq!(looks(&bench), 2, "first the checks");
    bench.fact(Fact::StartClear);
    assert_eq!((ran(&bench).len(), bench.phase()), (2, PhaseName::Blocked));
    assert!(
        bench
            .report()
            .next
            .expect("next")
            .starts_with("the hook pre_start is running")
    );
    fails(&mut bench);
    assert_eq!(blocked(&bench), 1, "the same finding is told once");

    bench.pass(30_000);
    bench.fact(Fact::StartClear);
    succeeds(&mut bench);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Starting, 1));
    assert!(bench.events.contains(&JournalEvent::Unblocked));
    assert_eq!(bench.number(), RunNumber(1), "it is one attempt");
}

#[test]
fn an_operator_a_change_of_files_and_a_new_definition_try_again_at_once() {
    for what in ["start", "restart", "files", "reload"] {
        let mut bench = started(with(&[HookName::PreStart]));
        fails(&mut bench);
        match what {
            "start" => bench.command(&start()),
            "restart" => bench.command(&restart()),
            "files" => files_change(&mut bench),
            _ => {
                let specs = std::iter::once(with(&[]))
                    .map(|spec| (spec.name.clone(), spec))
                    .collect();
                let services = bench.core.plan_reload(&specs).unwrap();
                assert_eq!(services[0].keys, ["hooks"]);
                let plan = director_core::reload::ReloadPlan {
                    services,
                    ..Default::default()
                };
                bench.core.reload(bench.now, &plan, specs);
                bench.drain();
            }
        }
        assert_eq!(looks(&bench), 2, "{what}");
        bench.fact(Fact::StartClear);
        if what != "reload" {
            succeeds(&mut bench);
        }
        assert_eq!(bench.spawns(), 1, "{what}");
    }
}

#[test]
fn another_blocker_takes_the_place_of_the_hook_and_the_hook_runs_when_that_is_gone() {
    let mut bench = started(with(&[HookName::PreStart]));
    fails(&mut bench);
    bench.pass(30_000);
    bench.fact(Fact::StartObstructed(finding()));
    assert_eq!(bench.report().blocker.expect("a finding").code, "port-in-use");
    bench.pass(10_000);
    bench.fact(Fact::StartClear);
    assert_eq!(
        bench.phase(),
        PhaseName::Starting,
        "the port is free, whatever the hook says"
    );
    succeeds(&mut bench);
    assert_eq!(bench.spawns(), 1);
}

#[test]
fn a_stop_waits_for_pre_start_and_no_program_follows() {
    let mut bench = started(with(&[HookName::PreStart]));
    bench.command(&stop());
    let report = bench.report();
    assert_eq!((report.goal, report.phase), (Goal::Down, PhaseName::Stopping));
    succeeds(&mut bench);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Idle, 0));
}

#[test]
fn a_start_after_that_stop_runs_it_again_and_never_beside_itself() {
    let mut bench = started(with(&[HookName::PreStart]));
    bench.command(&stop());
    bench.command(&start());
    assert_eq!((ran(&bench).len(), bench.phase()), (1, PhaseName::Stopping));
    fails(&mut bench);
    assert_eq!((looks(&bench), bench.phase()), (2, PhaseName::Starting));
    bench.fact(Fact::StartClear);
    assert_eq!(calls(&bench)[1].0, RunNumber(2));
    succeeds(&mut bench);
    assert_eq!(bench.spawns(), 1);
}

#[test]
fn a_stop_while_it_is_tried_again_waits_too() {
    let mut bench = started(with(&[HookName::PreStart]));
    fails(&mut bench);
    bench.pass(30_000);
    bench.fact(Fact::StartClear);
    bench.command(&stop());
    assert_eq!(bench.phase(), PhaseName::Stopping);
    succeeds(&mut bench);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Idle, 0));
}

#[test]
fn what_changes_during_pre_start_runs_it_again() {
    let mut bench = started(with(&[HookName::PreStart]));
    files_change(&mut bench);
    assert_eq!(bench.phase(), PhaseName::Stopping);
    succeeds(&mut bench);
    bench.fact(Fact::StartClear);
    assert_eq!((ran(&bench).len(), bench.spawns()), (2, 0));
    assert_eq!(last(&bench).reason, "its files changed");
}

#[test]
fn an_end_at_once_waits_for_no_hook_and_its_late_answer_starts_nothing() {
    let mut bench = started(with(&[HookName::PreStart]));
    bench.command(&Command::Shutdown { now: true });
    assert!(bench.finished);
    succeeds(&mut bench);
    assert_eq!((bench.phase(), bench.spawns()), (PhaseName::Idle, 0));

    let mut bench = up(&HookName::ALL);
    bench.command(&Command::Shutdown { now: true });
    assert_eq!((rungs(&bench), bench.kills()), (0, 1));
    bench.dies(ExitKind::Signal(9));
    assert_eq!(ran(&bench), ["pre_start", "post_start"]);
    assert!(bench.finished);
}

#[test]
fn post_start_runs_beside_a_proven_run_and_its_failure_is_told_only() {
    let mut bench = Bench::spawned(ServiceSpec {
        hooks: with(&[HookName::PostStart]).hooks,
        ..probed()
    });
    assert!(ran(&bench).is_empty());
    bench.pass(1_000);
    bench.answer(crate::common::healthy());
    assert_eq!(ran(&bench), ["post_start"]);
    assert_eq!(last(&bench).pid, Some(100));
    assert_eq!(bench.phase(), PhaseName::Running);
    let next = bench.report().next.expect("next");
    assert_eq!(next, "the hook post_start is running, for at most 30 s more");
    fails(&mut bench);
    assert_eq!(
        (bench.phase(), bench.kills() + rungs(&bench)),
        (PhaseName::Running, 0)
    );
    let told = |event: &JournalEvent| matches!(event, JournalEvent::HookRan { error: Some(_), .. });
    assert!(bench.events.iter().any(told));
}

#[test]
fn post_start_of_a_newer_run_waits_for_that_of_an_older_one() {
    let mut bench = up(&[HookName::PostStart]);
    bench.dies(ExitKind::Code(1));
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    bench.pass(1_000);
    assert_eq!((bench.phase(), ran(&bench).len()), (PhaseName::Running, 1));
    succeeds(&mut bench);
    let calls = calls(&bench);
    assert_eq!((calls.len(), calls[1].0), (2, RunNumber(2)));
    assert_eq!(calls[1].2.reason, "it ended with exit code 1; restart 1 at once");
}

#[test]
fn what_goes_away_during_pre_start_is_waited_for() {
    let web = ServiceSpec {
        requires: vec![on("db", Condition::Started)],
        hooks: with(&[HookName::PreStart]).hooks,
        ..named("web")
    };
    let mut fleet = Fleet::new(vec![web, named("db")]);
    fleet.ends("db", 1);
    assert_eq!(fleet.happened(), "spawn db, pre_start web, spawn db");
    fleet.hook_ends("web");
    assert_eq!(fleet.happened(), "spawn web", "it is there again");

    let web = ServiceSpec {
        requires: vec![on("db", Condition::Healthy)],
        hooks: with(&[HookName::PreStart]).hooks,
        ..named("web")
    };
    let mut fleet = Fleet::new(vec![web, with_probe("db")]);
    fleet.is_well("db");
    fleet.ends("db", 1);
    assert_eq!(fleet.happened(), "spawn db, pre_start web, spawn db");
    fleet.hook_ends("web");
    assert_eq!(
        (fleet.happened().as_str(), fleet.phase("web")),
        ("", PhaseName::Waiting)
    );
    fleet.is_well("db");
    assert_eq!(fleet.happened(), "pre_start web");
}

#[test]
fn an_answer_is_taken_once_and_only_for_its_own_hook() {
    let mut bench = started(with(&[HookName::PreStart]));
    let (run, step, _) = calls(&bench)[0].clone();
    let answer = |step| Fact::HookFinished {
        step,
        outcome: Ok(()),
    };
    bench.fact_of(run, answer(step + 1));
    bench.fact_of(RunNumber(run.0 + 1), answer(step));
    assert_eq!((bench.spawns(), bench.core.stale_facts()), (0, 2));
    bench.fact_of(run, answer(step));
    bench.fact_of(run, answer(step));
    assert_eq!((bench.spawns(), bench.core.stale_facts()), (1, 3));
}

#[test]
fn every_reason_to_stop_is_the_word_of_the_journal() {
    for reason in [
        StopReason::OperatorRestart,
        StopReason::FilesChanged,
        StopReason::SystemShutdown,
        StopReason::MainExited,
    ] {
        let event = JournalEvent::StopBegan { reason };
        let told = format!("{event:?}").to_lowercase();
        assert!(told.contains(&reason.word().replace('-', "")), "{told}");
    }
    assert_eq!(ExitKind::Code(-1).word(), "-1");
    assert_eq!(ExitKind::Signal(15).word(), "signal:SIGTERM");
    assert_eq!(ExitKind::Signal(64).word(), "signal:64");
}
