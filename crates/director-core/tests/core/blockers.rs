//! Blockers: who holds what is waited for, and runs that never become healthy are looked into.

use director_core::command::Command;
use director_core::event::{Fact, HolderId, Order};
use director_core::journal::JournalEvent;
use director_core::report::{Finding, Holder, HolderState};
use director_core::spec::ServiceName;
use director_core::words::{ExitKind, PhaseName};

use crate::common::{Bench, failing, finding, healthy, probed, spawned_as, spec};

fn held_by(pid: u32) -> Finding {
    Finding {
        holders: vec![Holder {
            pid,
            start: 7,
            name: "python.exe".to_owned(),
            user: None,
            file: None,
            since: None,
            state: HolderState::Alive,
        }],
        ..finding()
    }
}

/// Blocked by what `found` says, with the looks so far.
fn blocked(found: &Finding) -> Bench {
    let mut bench = Bench::new(spec());
    bench.core.start(bench.now);
    bench.drain();
    for wait in [2_000, 6_000, 0] {
        bench.fact(Fact::StartObstructed(found.clone()));
        bench.pass(wait);
    }
    assert_eq!(bench.phase(), PhaseName::Blocked);
    bench
}

fn looks(bench: &Bench) -> usize {
    bench.count(|order| matches!(order, Order::CheckStart { .. }))
}

/// The latest watch, and whom it is for.
fn watch(bench: &Bench) -> (u64, Vec<HolderId>) {
    let watches = bench.orders.iter().rev().filter_map(|(_, order)| match order {
        Order::AwaitHolders { watch, holders } => Some((*watch, holders.clone())),
        _ => None,
    });
    watches.into_iter().next().expect("a watch")
}

fn is_thorough(bench: &Bench) -> bool {
    let looks = bench.orders.iter().rev().filter_map(|(_, order)| match order {
        Order::CheckStart { thorough } => Some(*thorough),
        _ => None,
    });
    looks.into_iter().next().expect("a look")
}

#[test]
fn the_end_of_a_holder_is_looked_after_at_once() {
    let mut bench = blocked(&held_by(4312));
    let (number, whom) = watch(&bench);
    assert_eq!(whom, [HolderId { pid: 4312, start: 7 }]);
    let before = looks(&bench);
    bench.fact(Fact::HolderEnded { watch: number });
    assert_eq!(looks(&bench), before + 1, "no wait");
    bench.fact(Fact::StartClear);
    assert_eq!(bench.spawns(), 1);
}

#[test]
fn without_a_watch_it_looks_every_ten_seconds() {
    let mut bench = blocked(&held_by(4312));
    let (number, _) = watch(&bench);
    bench.fact(Fact::HoldersUnwatched { watch: number });
    let before = looks(&bench);
    bench.pass(9_999);
    assert_eq!(looks(&bench), before);
    bench.pass(1);
    assert_eq!(looks(&bench), before + 1);
}

#[test]
fn a_holder_that_has_ended_and_still_holds_is_not_looked_after_for_ever() {
    let mut bench = blocked(&held_by(4312));
    let (number, _) = watch(&bench);
    bench.fact(Fact::HolderEnded { watch: number });
    bench.fact(Fact::StartObstructed(held_by(4312)));
    let before = looks(&bench);
    assert_eq!(watch(&bench).0, number, "no new watch over the same zombie");
    bench.fact(Fact::HolderEnded { watch: number });
    assert_eq!(looks(&bench), before, "a late copy counts for nothing");
    bench.pass(10_000);
    bench.fact(Fact::StartObstructed(held_by(4312)));
    assert!(watch(&bench).0 > number);
}

#[test]
fn another_holder_after_the_first_is_told_and_awaited() {
    let mut bench = blocked(&held_by(4312));
    let (number, _) = watch(&bench);
    bench.fact(Fact::HolderEnded { watch: number });
    bench.fact(Fact::StartObstructed(held_by(5000)));
    let (next, whom) = watch(&bench);
    assert!(next > number);
    assert_eq!(whom, [HolderId { pid: 5000, start: 7 }]);
    let told = |event: &&JournalEvent| matches!(event, JournalEvent::Blocked { .. });
    assert_eq!(bench.events.iter().filter(told).count(), 2);
}

#[test]
fn three_runs_that_never_became_healthy_make_the_checks_thorough() {
    let mut bench = Bench::spawned(probed());
    for run in 1..=3 {
        assert!(!is_thorough(&bench), "run {run}");
        bench.dies(ExitKind::Code(1));
        bench.pass(60_000);
        if run < 3 {
            bench.fact(Fact::StartClear);
            bench.fact(spawned_as(100 + run));
        }
    }
    assert!(is_thorough(&bench));
    let findings = vec![finding()];
    bench.fact(Fact::Examined {
        findings: findings.clone(),
    });
    let runs = 3;
    assert!(bench.events.contains(&JournalEvent::Examined { runs, findings }));
    assert_eq!(bench.report().findings.len(), 1);
    bench.fact(Fact::StartObstructed(held_by(4312)));
    assert_eq!(bench.phase(), PhaseName::Starting, "three looks, as ever");
    bench.fact(Fact::StartClear);
    assert_eq!(bench.spawns(), 3, "an answer that nobody waits for");
    bench.pass(2_000);
    bench.fact(Fact::StartClear);
    assert_eq!(bench.spawns(), 4);
    bench.fact(spawned_as(104));
    bench.pass(1_000);
    bench.answer(healthy());
    assert!(bench.report().findings.is_empty(), "it is healthy");
    bench.dies(ExitKind::Code(1));
    bench.pass(300_000);
    assert!(!is_thorough(&bench));
}

#[test]
fn a_hang_before_the_first_healthy_probe_counts_and_a_person_s_start_does_not() {
    let mut bench = Bench::spawned(probed());
    let hang = |bench: &mut Bench| {
        while bench.phase() == PhaseName::Starting {
            bench.pass(10_000);
            let asked = bench.count(|order| matches!(order, Order::Probe { .. }));
            assert!(asked < 200, "it is restarted at last");
            bench.answer(failing());
        }
        bench.fact(Fact::Exited(ExitKind::Code(0)));
        bench.fact(Fact::TreeEmptied);
        bench.pass(60_000);
    };
    for _ in 1..3 {
        hang(&mut bench);
        assert!(!is_thorough(&bench));
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(200));
    }
    hang(&mut bench);
    assert!(is_thorough(&bench));
    let services = vec![ServiceName::new("web").unwrap()];
    bench.fact(Fact::StartObstructed(finding()));
    bench.command(&Command::Start { services });
    bench.pass(2_000);
    assert!(!is_thorough(&bench), "a person has seen to it");
}
