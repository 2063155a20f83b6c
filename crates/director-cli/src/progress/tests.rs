//! Tables: when a wish is settled, and what is shown until then.

use director_core::report::{RenewalWait, ServiceReport};
use director_core::spec::HookName;
use director_core::words::RunNumber;

use super::*;
use crate::fixtures::{ago, ended, event, name, report, service};

/// The verdict on `web` after a wish said 10 s ago, when run 3 lived.
fn verdict(wish: Wish, after: ServiceReport) -> Verdict {
    let before = Before::new(wish, ago(10), &report(vec![service("web")]));
    before.judge(&name("web"), &report(vec![after]))
}

fn down(mut service: ServiceReport) -> ServiceReport {
    service.goal = Goal::Down;
    service
}

fn run(number: u64) -> ServiceReport {
    let mut service = service("web");
    if let Some(run) = &mut service.run {
        run.number = RunNumber(number);
    }
    service
}

fn backoff(seconds_ago: i64) -> ServiceReport {
    let mut service = ended("web", PhaseName::Backoff, "it ended with exit code 1");
    service.phase_since = ago(seconds_ago);
    service.next = Some("run 5 starts in 30 s".to_owned());
    service
}

fn phase(phase: PhaseName) -> ServiceReport {
    ended("web", phase, "a reason")
}

#[test]
fn a_start_is_settled_by_what_comes_of_it() {
    let crashed = "crashed: it ended with exit code 1; run 5 starts in 30 s";
    for (after, expected) in [
        (run(3), Verdict::Done("running (run 3, pid 4711)".to_owned())),
        (
            phase(PhaseName::Completed),
            Verdict::Done("completed: a reason".to_owned()),
        ),
        (phase(PhaseName::Blocked), Verdict::Blocked("a reason".to_owned())),
        (
            phase(PhaseName::Failed),
            Verdict::Failed("failed: a reason".to_owned()),
        ),
        (backoff(5), Verdict::Failed(crashed.to_owned())),
        // This wait began before the start was asked for.
        (backoff(50), Verdict::Pending),
        (phase(PhaseName::Idle), Verdict::Pending),
        (phase(PhaseName::Waiting), Verdict::Pending),
        (phase(PhaseName::Starting), Verdict::Pending),
        (phase(PhaseName::Stopping), Verdict::Pending),
        (
            down(phase(PhaseName::Idle)),
            Verdict::Failed("it was stopped meanwhile: a reason".to_owned()),
        ),
    ] {
        let shown = format!("{:?}", after.phase);
        assert_eq!(verdict(Wish::Start, after), expected, "{shown}");
    }
}

#[test]
fn a_restart_is_not_settled_by_the_old_run() {
    assert_eq!(verdict(Wish::Restart, run(3)), Verdict::Pending);
    assert_eq!(
        verdict(Wish::Restart, phase(PhaseName::Completed)),
        Verdict::Pending
    );
    assert_eq!(
        verdict(Wish::Restart, run(4)),
        Verdict::Done("running (run 4, pid 4711)".to_owned())
    );
}

#[test]
fn an_old_run_waits_for_its_turn_as_long_as_that_can_come() {
    let held = |phase, state: &str, stuck| {
        let mut web = run(3);
        web.renewal_waits_for = Some(RenewalWait {
            service: name("web-0"),
            state: state.to_owned(),
            stuck,
        });
        let other = ended("web-0", phase, "a reason");
        let before = Before::new(Wish::Restart, ago(10), &report(vec![service("web")]));
        before.judge(&name("web"), &report(vec![web, other]))
    };
    for (phase, state, stuck, expected) in [
        (PhaseName::Starting, "starting", false, Verdict::Pending),
        (
            PhaseName::Failed,
            "failed",
            true,
            Verdict::Failed("held: web-0 is failed".to_owned()),
        ),
        (
            PhaseName::Backoff,
            "between two runs",
            true,
            Verdict::Failed("held: web-0 is between two runs".to_owned()),
        ),
        (
            PhaseName::Blocked,
            "blocked",
            true,
            Verdict::Blocked("held: web-0 is blocked".to_owned()),
        ),
    ] {
        assert_eq!(held(phase, state, stuck), expected, "{state}");
    }
    // A new run that waits for the next one is what was asked for.
    let mut renewed = run(4);
    renewed.renewal_waits_for = Some(RenewalWait {
        service: name("web-0"),
        state: "failed".to_owned(),
        stuck: true,
    });
    let done = Verdict::Done("running (run 4, pid 4711)".to_owned());
    assert_eq!(verdict(Wish::Restart, renewed), done);
}

#[test]
fn a_stop_is_settled_when_nothing_runs() {
    for (after, expected) in [
        (down(phase(PhaseName::Idle)), Verdict::Done("stopped".to_owned())),
        (
            down(phase(PhaseName::Failed)),
            Verdict::Done("stopped".to_owned()),
        ),
        (
            down(phase(PhaseName::Completed)),
            Verdict::Done("stopped".to_owned()),
        ),
        (
            down(phase(PhaseName::Blocked)),
            Verdict::Blocked("a reason".to_owned()),
        ),
        (down(phase(PhaseName::Stopping)), Verdict::Pending),
        (down(run(3)), Verdict::Pending),
        (
            run(3),
            Verdict::Failed("it was started again meanwhile".to_owned()),
        ),
    ] {
        let shown = format!("{:?} {:?}", after.goal, after.phase);
        assert_eq!(verdict(Wish::Stop, after), expected, "{shown}");
    }
}

#[test]
fn a_service_that_left_the_configuration_has_failed() {
    let before = Before::new(Wish::Start, ago(10), &report(vec![service("web")]));
    let verdict = before.judge(&name("web"), &report(Vec::new()));
    assert_eq!(
        verdict,
        Verdict::Failed("it left the configuration meanwhile".to_owned())
    );
}

#[test]
fn verdicts_have_the_exit_codes_of_the_contract() {
    let text = String::new;
    assert_eq!(Verdict::Pending.exit().code(), 8);
    assert_eq!(Verdict::Done(text()).exit().code(), 0);
    assert_eq!(Verdict::Failed(text()).exit().code(), 1);
    assert_eq!(Verdict::Blocked(text()).exit().code(), 6);
}

fn ladder() -> Vec<Rung> {
    let rung = |kind, grace_ms| Rung { kind, grace_ms };
    vec![
        rung(RungKind::Signal("term".to_owned()), 30_000),
        rung(RungKind::Signal("int".to_owned()), 5_000),
        rung(RungKind::Terminate, 0),
    ]
}

fn tried(seconds_ago: i64, rung: &str, error: Option<&str>) -> Numbered {
    event(
        seconds_ago,
        JournalEvent::RungTried {
            rung: RungKind::Signal(rung.to_owned()),
            error: error.map(str::to_owned),
        },
    )
}

fn shown(events: &[Numbered]) -> String {
    let mut web = down(phase(PhaseName::Stopping));
    web.phase_since = ago(12);
    let rung = last_rung(&name("web"), ago(20), events, &ladder());
    line(&web, rung.as_ref(), ago(0)).text
}

#[test]
fn a_stop_shows_its_rung_and_its_time() {
    for (events, expected) in [
        (vec![], "stopping web: a reason, 12 s gone"),
        (
            vec![tried(12, "term", None)],
            "stopping web: term sent, waits up to 30 s, 12 s gone",
        ),
        (
            vec![tried(12, "term", None), tried(2, "int", None)],
            "stopping web: int sent, waits up to 5 s, 2 s gone",
        ),
        (
            vec![tried(2, "int", Some("nobody there"))],
            "stopping web: int did not reach it (nobody there), waits up to 5 s, 2 s gone",
        ),
        (
            vec![event(
                1,
                JournalEvent::TreeKilled {
                    because: "the ladder is used up".to_owned(),
                },
            )],
            "stopping web: kill sent, waits for its processes to end, 1 s gone",
        ),
        // A rung of an earlier stop.
        (
            vec![tried(100, "term", None)],
            "stopping web: a reason, 12 s gone",
        ),
    ] {
        assert_eq!(shown(&events), expected);
    }
}

#[test]
fn the_news_of_a_line_does_not_change_with_the_seconds() {
    let mut web = phase(PhaseName::Starting);
    web.phase_since = ago(12);
    let (early, late) = (line(&web, None, ago(5)), line(&web, None, ago(0)));
    assert_eq!(early.key, late.key);
    assert_ne!(early.text, late.text);
}

#[test]
fn a_hook_under_way_is_shown_and_waited_for() {
    let mut web = down(phase(PhaseName::Stopping));
    web.phase_since = ago(12);
    web.hook = Some(HookName::PostExit);
    let rung = last_rung(&name("web"), ago(20), &[tried(12, "term", None)], &ladder());
    assert_eq!(
        line(&web, rung.as_ref(), ago(0)).text,
        "stopping web: the hook post_exit is running, 12 s gone"
    );

    let mut again = phase(PhaseName::Blocked);
    again.hook = Some(HookName::PreStart);
    assert_eq!(verdict(Wish::Start, again), Verdict::Pending);
}
