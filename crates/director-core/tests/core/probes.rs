//! Several probes with their roles, failures that need not be in a row, answers of strangers, and restarts that wait.

use director_core::event::{AnswerOwner, Order, ProbeOutcome};
use director_core::journal::JournalEvent;
use director_core::report::Finding;
use director_core::spec::{Condition, HealthSpec, ProbeKind, ProbeRole, ProbeSpec, Samples, ServiceSpec};
use director_core::words::{ExitKind, Health, PhaseName, StopReason};

use crate::common::{Bench, degraded, failing, finding, healthy, probed, spawned_as, spec};
use crate::fleet::{Fleet, named, on, with_probe};
use director_core::event::Fact;

fn health() -> HealthSpec {
    HealthSpec::new(ProbeKind::Tcp("127.0.0.1:8004".to_owned()))
}

fn probe(name: &str, role: ProbeRole) -> ProbeSpec {
    ProbeSpec {
        name: name.to_owned(),
        role,
        health: health(),
    }
}

fn with(probes: Vec<ProbeSpec>, spec: ServiceSpec) -> ServiceSpec {
    ServiceSpec { probes, ..spec }
}

/// A service with one probe of each role.
fn all_roles() -> ServiceSpec {
    let probes = vec![
        probe("boot", ProbeRole::Startup),
        probe("ready", ProbeRole::Readiness),
    ];
    with(probes, probed())
}

fn asked(bench: &Bench, name: &str) -> usize {
    let of = |order: &Order| matches!(order, Order::Probe { call, .. } if call.name == name);
    bench.orders.iter().filter(|(_, order)| of(order)).count()
}

fn stops(bench: &Bench, wanted: StopReason) -> usize {
    let of = |event: &&JournalEvent| matches!(event, JournalEvent::StopBegan { reason } if *reason == wanted);
    bench.events.iter().filter(of).count()
}

fn told(bench: &Bench, of: fn(&JournalEvent) -> bool) -> usize {
    bench.events.iter().filter(|event| of(event)).count()
}

#[test]
fn no_other_probe_is_asked_before_the_start_has_succeeded() {
    let mut bench = Bench::spawned(all_roles());
    bench.pass(1_000);
    for _ in 0..20 {
        bench.answer_of("boot", failing());
        bench.pass(1_000);
    }
    assert_eq!((asked(&bench, "health"), asked(&bench, "ready")), (0, 0));
    assert_eq!(bench.phase(), PhaseName::Starting);
    bench.answer_of("boot", healthy());
    bench.pass(1_000);
    assert_eq!((asked(&bench, "health"), asked(&bench, "ready")), (1, 1));
    assert_eq!(bench.phase(), PhaseName::Starting, "liveness has a word");
    bench.answer_of("health", healthy());
    assert_eq!(bench.phase(), PhaseName::Running, "readiness has none");
    let boot = asked(&bench, "boot");
    bench.pass(3_600_000);
    assert_eq!(asked(&bench, "boot"), boot, "the start succeeds once");
}

#[test]
fn a_start_that_fails_past_its_grace_ends_the_run() {
    let mut bench = Bench::spawned(all_roles());
    bench.pass(60_000);
    for _ in 0..3 {
        assert_eq!(stops(&bench, StopReason::Unhealthy), 0);
        bench.answer_of("boot", failing());
        bench.pass(10_000);
    }
    assert_eq!(
        (bench.phase(), stops(&bench, StopReason::Unhealthy)),
        (PhaseName::Stopping, 1)
    );
    bench.dies(ExitKind::Signal(15));
    assert_eq!(bench.report().restart_count, 1);
}

#[test]
fn the_grace_of_the_others_begins_when_the_start_has_succeeded() {
    let mut bench = Bench::spawned(all_roles());
    bench.pass(60_000);
    bench.answer_of("boot", healthy());
    bench.pass(59_000);
    bench.answer_of("health", failing());
    assert_eq!(bench.report().probe_failures, 0);
}

#[test]
fn readiness_is_shown_and_told_and_restarts_nothing() {
    let ready = probe("ready", ProbeRole::Readiness);
    let mut bench = Bench::spawned(with(vec![ready], spec()));
    bench.pass(1_000);
    assert_eq!(bench.phase(), PhaseName::Running, "alive for a second");
    bench.answer(healthy());
    bench.pass(900_000);
    for failures in 1..=20 {
        bench.answer(failing());
        let wanted = if failures < 3 {
            Health::Healthy
        } else {
            Health::Unhealthy
        };
        assert_eq!(bench.report().health, wanted, "after {failures} failures");
        bench.pass(10_000);
    }
    assert_eq!(
        (bench.phase(), stops(&bench, StopReason::Unhealthy)),
        (PhaseName::Running, 0)
    );
    let failed = told(&bench, |event| matches!(event, JournalEvent::ProbeFailed { .. }));
    assert_eq!(failed, 3, "told as long as it counts");
    bench.answer(degraded());
    assert_eq!(bench.report().health, Health::Degraded);
    let named = |event: &&JournalEvent| matches!(event, JournalEvent::HealthChanged { probe: Some(name), .. } if name == "ready");
    assert_eq!(bench.events.iter().filter(named).count(), 3);
}

#[test]
fn each_probe_is_told_apart_in_the_report() {
    let mut bench = Bench::spawned(with(vec![probe("ready", ProbeRole::Readiness)], probed()));
    bench.pass(1_000);
    bench.answer_of("health", healthy());
    bench.answer_of("ready", degraded());
    let report = bench.report();
    let shown: Vec<_> = report
        .probes
        .iter()
        .map(|one| (one.name.as_str(), one.role, one.health, one.passed))
        .collect();
    assert_eq!(
        shown,
        [
            ("health", ProbeRole::Liveness, Health::Healthy, true),
            ("ready", ProbeRole::Readiness, Health::Degraded, true),
        ]
    );
    assert_eq!(report.health, Health::Degraded, "the worst");
    assert_eq!(
        report.answer.and_then(|answer| answer.status).as_deref(),
        Some("degraded")
    );
}

#[test]
fn failures_need_not_be_in_a_row() {
    let mut spec = probed();
    if let Some(health) = &mut spec.health {
        health.failures = Some(Samples { above: 3, of: 5 });
        health.retry_interval_ms = 1_000;
        health.interval_ms = 1_000;
    }
    let mut bench = Bench::running(spec);
    let mut ask = |outcome: ProbeOutcome| {
        bench.pass(1_000);
        bench.answer(outcome);
        (bench.phase(), bench.report().probe_failures)
    };
    assert_eq!(ask(failing()), (PhaseName::Running, 1));
    assert_eq!(ask(healthy()), (PhaseName::Running, 1));
    assert_eq!(ask(failing()), (PhaseName::Running, 2));
    assert_eq!(ask(healthy()), (PhaseName::Running, 2));
    assert_eq!(ask(healthy()), (PhaseName::Running, 2));
    // The first failure has left the last five.
    assert_eq!(ask(failing()), (PhaseName::Running, 2));
    assert_eq!(ask(failing()), (PhaseName::Stopping, 3));
}

#[test]
fn a_probe_never_overlaps_itself_and_waits_for_no_other() {
    let mut bench = Bench::spawned(with(vec![probe("slow", ProbeRole::Readiness)], probed()));
    bench.pass(1_000);
    bench.answer_of("health", healthy());
    // `slow` was asked once and says nothing: it is not asked again, and `health` goes on.
    let slow = asked(&bench, "slow");
    assert_eq!(slow, 1);
    bench.pass(14_000);
    assert_eq!(asked(&bench, "slow"), slow);
    bench.pass(900_000);
    assert_eq!(asked(&bench, "health"), 2);
}

#[test]
fn jitter_comes_earlier_and_never_later() {
    let mut spec = probed();
    if let Some(health) = &mut spec.health {
        health.jitter_percent = 50;
    }
    let mut bench = Bench::running(spec);
    let mut waits = Vec::new();
    for _ in 0..40 {
        let next = bench.report().probes[0].next_ms.expect("one is due");
        assert!((450_000..=900_000).contains(&next), "{next}");
        waits.push(next);
        bench.pass(next);
        bench.answer(healthy());
    }
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 30, "{waits:?}");
    assert!(
        waits[0] < 550_000 && waits[waits.len() - 1] > 800_000,
        "{waits:?}"
    );
}

fn twin() -> Option<AnswerOwner> {
    let finding = Finding {
        code: "stale-twin".to_owned(),
        ..finding()
    };
    Some(AnswerOwner::Foreign(Box::new(finding)))
}

/// Answers the probe under way, which must have looked who answers.
fn answer_by(bench: &mut Bench, outcome: ProbeOutcome, owner: Option<AnswerOwner>) {
    let (probe, call) = bench.last_probe("").expect("a probe under way");
    assert!(call.look, "nobody looks who answers");
    bench.answer_as(probe, outcome, owner);
}

#[test]
fn a_stale_twin_stops_the_run_and_blocks_the_next_until_it_is_gone() {
    let mut bench = Bench::spawned(probed());
    bench.pass(1_000);
    // Seen at 0, 2 and 8 seconds.
    for wait in [2_000, 6_000] {
        answer_by(&mut bench, healthy(), twin());
        assert_eq!(bench.phase(), PhaseName::Starting, "its answer proves nothing");
        bench.pass(wait);
    }
    answer_by(&mut bench, healthy(), twin());
    assert_eq!(
        (bench.phase(), stops(&bench, StopReason::StaleTwin)),
        (PhaseName::Stopping, 1)
    );
    bench.dies(ExitKind::Signal(15));
    let report = bench.report();
    assert_eq!(report.phase, PhaseName::Blocked);
    assert_eq!(report.blocker.expect("a finding").code, "stale-twin");
    assert_eq!(
        (report.restart_count, report.probe_failures),
        (0, 0),
        "no crash, no failed probe"
    );
    // The next look belongs to a new attempt.
    bench.pass(10_000);
    assert_eq!(bench.number().0, 2);
    bench.fact(Fact::StartObstructed(Finding {
        code: "stale-twin".to_owned(),
        ..finding()
    }));
    let blocked = told(&bench, |event| matches!(event, JournalEvent::Blocked { .. }));
    assert_eq!(blocked, 1, "told once");
    bench.pass(10_000);
    bench.fact(Fact::StartClear);
    bench.fact(spawned_as(200));
    bench.pass(1_000);
    answer_by(&mut bench, healthy(), Some(AnswerOwner::Ours));
    assert_eq!(bench.phase(), PhaseName::Running);
}

#[test]
fn a_twin_that_goes_away_in_time_blocks_nothing() {
    let mut bench = Bench::spawned(probed());
    bench.pass(1_000);
    answer_by(&mut bench, healthy(), twin());
    bench.pass(2_000);
    answer_by(&mut bench, healthy(), twin());
    bench.pass(6_000);
    answer_by(&mut bench, healthy(), Some(AnswerOwner::Ours));
    assert_eq!(bench.phase(), PhaseName::Running);
}

#[test]
fn who_answers_is_looked_at_once_and_after_each_failure() {
    let mut bench = Bench::spawned(probed());
    bench.pass(1_000);
    answer_by(&mut bench, healthy(), Some(AnswerOwner::Ours));
    let looks = |bench: &Bench| bench.last_probe("").expect("a probe").1.look;
    bench.pass(900_000);
    assert!(!looks(&bench));
    bench.answer(failing());
    bench.pass(10_000);
    assert!(looks(&bench), "another process may listen now");
}

#[test]
fn an_owner_whom_nobody_knows_is_accepted_and_told_once() {
    let mut bench = Bench::spawned(probed());
    for _ in 0..3 {
        bench.pass(1_000);
        let unknown = AnswerOwner::Unknown("its socket belongs to another account".to_owned());
        answer_by(&mut bench, healthy(), Some(unknown));
        assert_eq!(bench.phase(), PhaseName::Running);
        bench.dies(ExitKind::Code(1));
        bench.pass(300_000);
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(7));
    }
    let noted = told(&bench, |event| {
        matches!(event, JournalEvent::AnswerOwnerUnknown { .. })
    });
    assert_eq!(noted, 1);
}

#[test]
fn the_owner_check_can_be_turned_off() {
    let mut spec = probed();
    if let Some(health) = &mut spec.health {
        health.owner_check = false;
    }
    let mut bench = Bench::spawned(spec);
    bench.pass(1_000);
    assert!(!bench.last_probe("").expect("a probe").1.look);
}

/// `web` requires `db`; both are probed, and up.
fn pair() -> Fleet {
    let web = ServiceSpec {
        requires: vec![on("db", Condition::Healthy)],
        ..with_probe("web")
    };
    let mut fleet = Fleet::new(vec![web, with_probe("db")]);
    fleet.is_well("db");
    fleet.is_well("web");
    fleet.happened();
    fleet
}

#[test]
fn a_liveness_restart_waits_while_what_is_required_is_down() {
    let mut fleet = pair();
    fleet.ends("db", 1);
    fleet.happened();
    fleet.pass(900_000);
    for _ in 0..4 {
        fleet.answers("web", failing());
        fleet.pass(10_000);
    }
    assert!(
        !fleet.happened().contains("stop web"),
        "its restart could not begin"
    );
    let web = fleet.report("web");
    assert_eq!(web.phase, PhaseName::Running);
    assert_eq!(web.restart_held_by.expect("says for whom").service.as_str(), "db");
    assert_eq!(
        web.next.as_deref(),
        Some("is restarted when db is healthy again, if it still fails its probe")
    );
    let held = fleet.events("web", |event| matches!(event, JournalEvent::RestartHeld { .. }));
    assert_eq!(held, 1, "told once");
    fleet.is_well("db");
    fleet.answers("web", failing());
    assert!(fleet.happened().contains("stop web"));
}

#[test]
fn healthy_as_a_condition_needs_readiness() {
    let db = with(vec![probe("ready", ProbeRole::Readiness)], named("db"));
    let web = ServiceSpec {
        requires: vec![on("db", Condition::Healthy)],
        ..named("web")
    };
    let mut fleet = Fleet::new(vec![web, db]);
    fleet.pass(1_000);
    assert_eq!(fleet.report("db").phase, PhaseName::Running);
    assert_eq!(
        fleet.report("web").because,
        "waits until db is healthy; db is not ready yet"
    );
    fleet.answers("db", healthy());
    assert_eq!(fleet.report("web").phase, PhaseName::Starting);
}
