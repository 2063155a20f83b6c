//! What a run may take: samples, the hard limit that the system does not keep, the greatest age.

use director_core::command::Command;
use director_core::event::{Fact, Order, Unenforced};
use director_core::journal::JournalEvent;
use director_core::spec::{Limit, LimitsSpec, RestartWhen, Samples, ServiceName, ServiceSpec};
use director_core::words::{ExitKind, PhaseName, RunNumber, StopReason};

use crate::common::{Bench, probed, spawned_as, spec};

const MIB: u64 = 1 << 20;

fn limited(limits: LimitsSpec) -> ServiceSpec {
    ServiceSpec { limits, ..spec() }
}

/// 3 of 5 samples above 100 MiB, one every ten seconds.
fn soft() -> LimitsSpec {
    LimitsSpec {
        restart_above_bytes: Some(100 * MIB),
        ..LimitsSpec::default()
    }
}

fn hard() -> LimitsSpec {
    LimitsSpec {
        memory_bytes: Some(200 * MIB),
        ..LimitsSpec::default()
    }
}

fn unkept(limit: Limit) -> Vec<Unenforced> {
    vec![Unenforced {
        limit,
        error: "there is no cgroup".to_owned(),
    }]
}

/// Started, with this not kept by the system, and proven.
fn running_without(spec: ServiceSpec, unenforced: Vec<Unenforced>) -> Bench {
    let mut bench = Bench::new(spec);
    bench.core.start(bench.now);
    bench.drain();
    bench.fact(Fact::StartClear);
    bench.fact(Fact::Spawned { pid: 100, unenforced });
    bench.pass(1_000);
    bench
}

fn samples(bench: &Bench) -> Vec<u64> {
    let sample = |(_, order): &(RunNumber, Order)| match order {
        Order::Measure { sample } => Some(*sample),
        _ => None,
    };
    bench.orders.iter().filter_map(sample).collect()
}

/// Waits for the next sample and answers it.
fn measure(bench: &mut Bench, outcome: Result<u64, &str>) {
    let before = samples(bench).len();
    while samples(bench).len() == before {
        let due = bench.core.next_deadline().expect("a sample to come");
        bench.pass(due.since(bench.now.at));
    }
    let sample = *samples(bench).last().unwrap();
    bench.fact(Fact::Measured {
        sample,
        outcome: outcome.map_err(str::to_owned),
    });
}

fn measure_mib(bench: &mut Bench, mib: &[u64]) {
    for mib in mib {
        measure(bench, Ok(mib * MIB));
    }
}

fn stopped_for(bench: &Bench, reason: StopReason) -> usize {
    let stop = JournalEvent::StopBegan { reason };
    bench.events.iter().filter(|event| **event == stop).count()
}

#[test]
fn nothing_is_measured_that_no_limit_asks_for() {
    let kept = LimitsSpec {
        cpu_percent: Some(50),
        ..hard()
    };
    for (limits, unenforced) in [
        (LimitsSpec::default(), Vec::new()),
        (kept.clone(), Vec::new()),
        (kept, unkept(Limit::Cpu)),
        (LimitsSpec::default(), unkept(Limit::Memory)),
    ] {
        let mut bench = running_without(limited(limits), unenforced);
        assert_eq!(bench.core.next_deadline(), None);
        bench.pass(100_000);
        assert!(samples(&bench).is_empty());
    }
}

#[test]
fn so_many_samples_above_renew_the_run_by_its_ladder_and_the_throttle_does_not_count_it() {
    let mut spec = limited(soft());
    spec.restart.stable_after_ms = 20_000;
    let mut bench = Bench::running(spec);
    measure_mib(&mut bench, &[101, 100, 101, 5]);
    assert_eq!(bench.phase(), PhaseName::Running, "two of four");
    measure_mib(&mut bench, &[150]);
    assert_eq!(bench.phase(), PhaseName::Stopping);
    assert!(bench.events.contains(&JournalEvent::MemoryExceeded {
        bytes: 150 * MIB,
        limit_bytes: 100 * MIB,
        samples: Some(Samples { above: 3, of: 5 }),
    }));
    assert_eq!(stopped_for(&bench, StopReason::MemoryAbove), 1);
    assert_eq!(bench.kills(), 0, "politely first");
    bench.dies(ExitKind::Code(0));
    assert_eq!((bench.number(), bench.report().restart_count), (RunNumber(2), 0));
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    measure_mib(&mut bench, &[150, 150]);
    assert_ne!(bench.phase(), PhaseName::Stopping, "a new run has a new account");
    measure_mib(&mut bench, &[150]);
    assert_eq!(bench.phase(), PhaseName::Stopping);
}

#[test]
fn old_samples_are_forgotten() {
    let mut bench = Bench::running(limited(soft()));
    measure_mib(&mut bench, &[150, 150, 1, 1, 1, 1, 150, 150, 1, 1]);
    assert_eq!(bench.phase(), PhaseName::Running);
    measure_mib(&mut bench, &[150]);
    assert_eq!(bench.phase(), PhaseName::Stopping);
}

#[test]
fn samples_come_one_at_a_time_and_a_lost_one_holds_up_nothing() {
    let mut bench = Bench::running(limited(soft()));
    bench.pass(9_000);
    assert_eq!(samples(&bench), [1]);
    bench.pass(29_999);
    assert_eq!(samples(&bench), [1], "it is under way");
    bench.pass(1);
    assert_eq!(samples(&bench), [1, 2]);
    bench.fact(Fact::Measured {
        sample: 1,
        outcome: Ok(500 * MIB),
    });
    assert_eq!(bench.core.stale_facts(), 1);
    bench.fact(Fact::Measured {
        sample: 2,
        outcome: Ok(MIB),
    });
    bench.pass(9_999);
    assert_eq!(samples(&bench), [1, 2], "the interval begins at the answer");
}

#[test]
fn a_sample_that_fails_counts_for_nothing_and_is_told_once() {
    let mut bench = Bench::running(limited(soft()));
    for _ in 0..4 {
        measure(&mut bench, Err("permission denied"));
    }
    measure_mib(&mut bench, &[150, 150]);
    assert_eq!(bench.phase(), PhaseName::Running);
    let told = |event: &&JournalEvent| matches!(event, JournalEvent::LimitNotEnforced { limit: Limit::RestartAbove, error } if error.ends_with("permission denied"));
    assert_eq!(bench.events.iter().filter(told).count(), 1);
}

#[test]
fn a_limit_that_the_system_does_not_keep_is_told_once_and_shown() {
    let limits = LimitsSpec {
        cpu_percent: Some(50),
        ..LimitsSpec::default()
    };
    let mut bench = running_without(limited(limits), unkept(Limit::Cpu));
    let told = JournalEvent::LimitNotEnforced {
        limit: Limit::Cpu,
        error: "there is no cgroup".to_owned(),
    };
    let count = |bench: &Bench| bench.events.iter().filter(|event| **event == told).count();
    assert_eq!(count(&bench), 1);
    assert_eq!(
        bench.report().limits_unenforced,
        ["limits.cpu: there is no cgroup"]
    );
    bench.dies(ExitKind::Code(1));
    assert!(bench.report().limits_unenforced.is_empty());
    bench.fact(Fact::StartClear);
    bench.fact(Fact::Spawned {
        pid: 101,
        unenforced: unkept(Limit::Cpu),
    });
    assert_eq!(count(&bench), 1);
    assert_eq!(bench.report().limits_unenforced.len(), 1);
}

#[test]
fn memory_that_the_system_does_not_limit_is_measured_and_one_sample_above_ends_the_tree() {
    let mut bench = running_without(limited(hard()), unkept(Limit::Memory));
    assert_eq!(
        bench.report().limits_unenforced,
        ["limits.memory: there is no cgroup; its tree is measured every 10 s instead"]
    );
    measure_mib(&mut bench, &[200]);
    assert_eq!(bench.phase(), PhaseName::Running);
    measure_mib(&mut bench, &[201]);
    assert_eq!((bench.phase(), bench.kills()), (PhaseName::Stopping, 1));
    assert_eq!(stopped_for(&bench, StopReason::MemoryLimit), 1);
    assert!(bench.events.contains(&JournalEvent::MemoryExceeded {
        bytes: 201 * MIB,
        limit_bytes: 200 * MIB,
        samples: None,
    }));
    bench.dies(ExitKind::Signal(9));
    let report = bench.report();
    assert_eq!(
        (report.phase, report.restart_count),
        (PhaseName::Starting, 1),
        "that is a crash"
    );
}

#[test]
fn a_service_that_shall_not_restart_fails_at_its_memory_limit() {
    let mut spec = limited(hard());
    spec.restart.when = RestartWhen::Never;
    let mut bench = running_without(spec, unkept(Limit::Memory));
    measure_mib(&mut bench, &[300]);
    bench.dies(ExitKind::Signal(9));
    assert_eq!(bench.phase(), PhaseName::Failed);
}

#[test]
fn an_end_by_the_systems_own_limit_is_a_crash_with_a_name() {
    let mut bench = Bench::running(limited(hard()));
    bench.fact(Fact::MemoryLimitHit);
    bench.fact(Fact::MemoryLimitHit);
    let told = JournalEvent::MemoryLimitHit {
        limit_bytes: Some(200 * MIB),
    };
    assert_eq!(bench.events.iter().filter(|event| **event == told).count(), 1);
    bench.dies(ExitKind::Code(0));
    let report = bench.report();
    assert_eq!((report.phase, report.restart_count), (PhaseName::Starting, 1));
    assert!(report.because.contains("limits.memory"), "{}", report.because);
}

#[test]
fn samples_end_with_the_run() {
    let mut bench = running_without(
        limited(LimitsSpec {
            restart_above_bytes: Some(100 * MIB),
            ..hard()
        }),
        unkept(Limit::Memory),
    );
    bench.pass(9_000);
    assert_eq!(samples(&bench), [1]);
    bench.command(&Command::Stop {
        services: vec![ServiceName::new("web").unwrap()],
    });
    bench.fact(Fact::Measured {
        sample: 1,
        outcome: Ok(500 * MIB),
    });
    assert_eq!((bench.kills(), bench.core.stale_facts()), (0, 1));
    bench.pass(20_000);
    assert_eq!(samples(&bench), [1]);
}

#[test]
fn a_run_is_renewed_at_its_greatest_age_and_a_little_before_by_lot() {
    let limits = LimitsSpec {
        max_age_ms: Some(3_600_000),
        ..LimitsSpec::default()
    };
    let mut ages = Vec::new();
    let mut bench = Bench::running(limited(limits));
    for _ in 0..6 {
        let report = bench.report();
        let age = report.run.unwrap().uptime_ms.unwrap();
        let due_ms = report.renewal_due_ms.unwrap();
        assert!(
            report
                .next
                .unwrap()
                .starts_with("restarts at its greatest age in "),
            "it is shown"
        );
        bench.pass(due_ms - 1);
        assert_eq!(bench.phase(), PhaseName::Running);
        bench.pass(1);
        assert_eq!(bench.phase(), PhaseName::Stopping);
        ages.push(age + due_ms);
        bench.dies(ExitKind::Signal(15));
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(101));
        bench.pass(1_000);
    }
    assert!(
        ages.iter().all(|age| (3_240_000..=3_600_000).contains(age)),
        "{ages:?}"
    );
    let first = ages[0];
    assert!(ages.iter().any(|age| *age != first), "{ages:?}");
    assert_eq!(stopped_for(&bench, StopReason::MaxAge), 6);
    assert_eq!(bench.report().restart_count, 0);
}

#[test]
fn a_start_that_is_not_proven_is_left_to_its_proof() {
    let limits = LimitsSpec {
        max_age_ms: Some(5_000),
        max_age_variance_percent: 0,
        ..LimitsSpec::default()
    };
    let mut bench = Bench::spawned(ServiceSpec { limits, ..probed() });
    for _ in 0..8 {
        bench.pass(1_000);
        bench.answer(crate::common::failing());
    }
    assert_eq!(bench.phase(), PhaseName::Starting);
    bench.pass(1_000);
    bench.answer(crate::common::healthy());
    assert_eq!(bench.phase(), PhaseName::Running);
    bench.pass(0);
    assert_eq!(bench.phase(), PhaseName::Stopping, "proven, and old enough");
}

#[test]
fn other_limits_of_the_directors_own_count_at_once() {
    let mut bench = Bench::running(limited(soft()));
    measure_mib(&mut bench, &[150, 150]);
    reload(
        &mut bench,
        LimitsSpec {
            sample_interval_ms: 2_000,
            max_age_ms: Some(600_000),
            ..soft()
        },
    );
    assert_eq!(bench.phase(), PhaseName::Running);
    assert!(bench.report().renewal_due_ms.is_some());
    let before = samples(&bench).len();
    bench.pass(2_000);
    assert_eq!(samples(&bench).len(), before + 1);
    bench.fact(Fact::Measured {
        sample: 3,
        outcome: Ok(150 * MIB),
    });
    assert_eq!(bench.phase(), PhaseName::Running, "the account began again");
    reload(&mut bench, LimitsSpec::default());
    assert_eq!(bench.core.next_deadline(), None);
    reload(&mut bench, soft());
    bench.pass(10_000);
    assert_eq!(samples(&bench).len(), before + 2);
}

#[test]
fn a_lost_sample_that_no_limit_asks_for_any_more_is_not_repeated() {
    let mut bench = Bench::running(limited(soft()));
    bench.pass(9_000);
    assert_eq!(samples(&bench), [1]);
    reload(&mut bench, LimitsSpec::default());
    bench.pass(100_000);
    assert_eq!(samples(&bench), [1]);
    assert_eq!(bench.core.next_deadline(), None);
}

fn reload(bench: &mut Bench, limits: LimitsSpec) {
    let spec = limited(limits);
    let specs = std::collections::BTreeMap::from([(spec.name.clone(), spec)]);
    let services = bench.core.plan_reload(&specs).unwrap();
    let plan = director_core::reload::ReloadPlan {
        services,
        next_start: Vec::new(),
    };
    bench.core.reload(bench.now, &plan, specs);
    bench.drain();
}

#[test]
fn a_run_that_needs_more_from_the_start_is_slowed_by_the_throttle() {
    let mut bench = running_without(limited(soft()), Vec::new());
    measure_mib(&mut bench, &[150, 150, 150]);
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.fact(Fact::TreeEmptied);
    // The first is at once, as after a crash; the second waits.
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(101));
    bench.pass(1_000);
    measure_mib(&mut bench, &[150, 150, 150]);
    bench.fact(Fact::Exited(ExitKind::Code(0)));
    bench.fact(Fact::TreeEmptied);
    assert_eq!(bench.phase(), PhaseName::Backoff);
    let report = bench.report();
    assert!(
        report.because.contains("limits.restart_above"),
        "{}",
        report.because
    );
    assert_eq!((report.restart_count, report.backoff_left_ms), (2, Some(30_000)));
}
