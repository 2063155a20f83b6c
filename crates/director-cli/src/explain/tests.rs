//! A table: what `why` says in every phase.

use director_core::journal::JournalEvent;
use director_core::report::{ExitReport, ServiceReport};
use director_core::words::{ExitKind, Goal, Health, PhaseName};

use super::*;
use crate::fixtures::{ago, clock, ended, event, exit, finding, name, service};

/// The whole text for a service with a few journal entries and some output.
fn text(service: &ServiceReport, events: &[Numbered]) -> String {
    let output = [
        "Traceback (most recent call last):".to_owned(),
        "KeyError: 'DATABASE'".to_owned(),
    ];
    render(&explain(&Known {
        service,
        events,
        output: &output,
        clock: &clock(),
    }))
}

#[test]
fn idle_by_an_operator() {
    let mut web = ended("web", PhaseName::Idle, "an operator stopped it");
    (web.goal, web.stopped_by_operator) = (Goal::Down, Some(ago(3600)));
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn idle_without_autostart() {
    let mut web = ended("web", PhaseName::Idle, "not started yet");
    (web.goal, web.run) = (Goal::Down, None);
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn idle_about_to_start() {
    insta::assert_snapshot!(text(&ended("web", PhaseName::Idle, "not started yet"), &[]));
}

#[test]
fn waiting() {
    insta::assert_snapshot!(text(&ended("web", PhaseName::Waiting, "waits for db"), &[]));
}

#[test]
fn blocked() {
    let mut web = ended(
        "web",
        PhaseName::Blocked,
        "port 8004 is held by python.exe (pid 4312)",
    );
    web.next = Some("looks again in 4 s and starts by itself when the way is clear".to_owned());
    web.blocker = Some(finding());
    let events = [event(10, JournalEvent::Blocked { finding: finding() })];
    insta::assert_snapshot!(text(&web, &events));
}

#[test]
fn starting_with_a_failing_probe() {
    let mut web = service("web");
    (web.phase, web.health) = (PhaseName::Starting, Health::Unhealthy);
    web.because = "the program runs; waits for its first healthy probe".to_owned();
    web.next = Some("failures do not count for another 50 s".to_owned());
    web.probe_detail = Some("cannot connect to 127.0.0.1:8004: connection refused".to_owned());
    insta::assert_snapshot!(text(
        &web,
        &[event(66, JournalEvent::ProcessStarted { pid: 4711 })]
    ));
}

#[test]
fn starting_after_a_crash() {
    let mut web = ended(
        "web",
        PhaseName::Starting,
        "it ended with signal SIGSEGV; restart 1 at once",
    );
    web.next = Some("the program is being started".to_owned());
    web.last_exit = Some(exit(ExitKind::Signal(11)));
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn running_healthy() {
    insta::assert_snapshot!(text(&service("web"), &[]));
}

#[test]
fn running_without_a_probe() {
    let mut web = service("web");
    (web.health, web.probe_detail, web.probed, web.next) = (Health::Unknown, None, None, None);
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn running_degraded() {
    let mut web = service("web");
    (web.health, web.probe_detail) = (
        Health::Degraded,
        Some("200, status \"degraded\", database \"locked\"".to_owned()),
    );
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn running_unhealthy() {
    let mut web = service("web");
    (web.health, web.probe_failures) = (Health::Unhealthy, 2);
    web.probe_detail = Some("no answer within 10 s".to_owned());
    let failed = JournalEvent::ProbeFailed {
        failures: 2,
        max_failures: 3,
        detail: "no answer within 10 s".to_owned(),
    };
    insta::assert_snapshot!(text(&web, &[event(5, failed)]));
}

#[test]
fn running_with_lost_output() {
    let mut web = service("web");
    web.log_lines_dropped = 120;
    assert!(text(&web, &[]).contains("120 lines of output could not be kept"));
}

#[test]
fn stopping() {
    let mut web = service("web");
    (web.phase, web.goal) = (PhaseName::Stopping, Goal::Down);
    web.because = "an operator stopped it".to_owned();
    web.next = Some("next rung of the ladder in 18 s".to_owned());
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn backoff() {
    let mut web = ended(
        "web",
        PhaseName::Backoff,
        "it ended with exit code 1; restart 3 after a wait",
    );
    web.next = Some("run 4 starts in 60 s".to_owned());
    (web.backoff_left_ms, web.restart_count) = (Some(60_000), 3);
    web.last_exit = Some(exit(ExitKind::Code(1)));
    let exited = JournalEvent::ProcessExited {
        status: ExitKind::Code(1),
        uptime_ms: 1500,
        expected: false,
    };
    let scheduled = JournalEvent::RestartScheduled {
        wait_ms: 60_000,
        count: 3,
    };
    insta::assert_snapshot!(text(&web, &[event(61, exited), event(61, scheduled)]));
}

#[test]
fn failed_by_policy() {
    let mut web = ended(
        "web",
        PhaseName::Failed,
        "it ended with exit code 3, and restart.when is \"never\"",
    );
    web.last_exit = Some(exit(ExitKind::Code(3)));
    insta::assert_snapshot!(text(&web, &[event(61, JournalEvent::ProcessStarted { pid: 1 })]));
}

#[test]
fn failed_to_execute() {
    let mut web = ended(
        "web",
        PhaseName::Failed,
        "the program cannot be started: `pyhton` was not found",
    );
    web.run = None;
    let spawn = JournalEvent::SpawnFailed {
        error: "`pyhton` was not found in PATH".to_owned(),
    };
    insta::assert_snapshot!(text(&web, &[event(3, spawn)]));
}

#[test]
fn completed() {
    let mut web = ended("web", PhaseName::Completed, "it completed with exit code 0");
    web.last_exit = Some(ExitReport {
        expected: true,
        ..exit(ExitKind::Code(0))
    });
    insta::assert_snapshot!(text(&web, &[]));
}

#[test]
fn offline_after_a_shutdown() {
    let changed = JournalEvent::PhaseChanged {
        from: PhaseName::Stopping,
        to: PhaseName::Idle,
        because: "the director shuts down".to_owned(),
    };
    let events = [event(600, changed)];
    let explanation = explain_offline(
        &name("web"),
        Some(ago(7200)),
        Some(ago(600)),
        &events,
        &[],
        &clock(),
    );
    insta::assert_snapshot!(render(&explanation));
}

#[test]
fn offline_without_any_record() {
    insta::assert_snapshot!(render(&explain_offline(
        &name("web"),
        None,
        None,
        &[],
        &[],
        &clock()
    )));
}

#[test]
fn only_the_last_entries_are_evidence() {
    let events = vec![event(60, JournalEvent::TreeEmptied); 3 * EVIDENCE_EVENTS];
    let explanation = explain(&Known {
        service: &ended("web", PhaseName::Idle, "not started yet"),
        events: &events,
        output: &[],
        clock: &clock(),
    });
    assert_eq!(explanation.evidence.len(), EVIDENCE_EVENTS);
}

#[test]
fn well_known_ends_are_explained() {
    for (status, expected) in [
        (ExitKind::Signal(9), "lack of memory"),
        (ExitKind::Signal(11), "memory it may not"),
        (ExitKind::Code(127), "not found"),
        (ExitKind::Code(0xC000_0005), "memory it may not"),
        (ExitKind::Code(0xC000_0135), "DLL"),
    ] {
        assert!(
            exits::meaning(status).is_some_and(|text| text.contains(expected)),
            "{status}"
        );
    }
    assert_eq!(exits::meaning(ExitKind::Code(1)), None);
    assert_eq!(exits::meaning(ExitKind::Unknown), None);
}
