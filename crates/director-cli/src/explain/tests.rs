//! A table: what `why` says in every phase.

use director_core::command::Numbered;
use director_core::journal::JournalEvent;
use director_core::report::{ExitReport, HealthAnswer, RenewalWait, ServiceReport, WaitReport};
use director_core::spec::{Condition, HookName};
use director_core::words::{ExitKind, Goal, Health, PhaseName, StopReason};

use super::explanation::EVIDENCE_EVENTS;
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
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web is stopped: an operator stopped it at 21:30:00 (1 h ago)

    Cause:
      an operator stopped it

    What happens next:
      it stays stopped, across restarts of the director and of the machine, until it is started

    What you can do:
      `director start web` starts it
    "##);
}

#[test]
fn idle_without_autostart() {
    let mut web = ended("web", PhaseName::Idle, "not started yet");
    (web.goal, web.run) = (Goal::Down, None);
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web is not running, and is not meant to

    Cause:
      not started yet

    What happens next:
      nothing; it starts when it is asked to

    What you can do:
      `director start web` starts it
    "##);
}

#[test]
fn idle_about_to_start() {
    insta::assert_snapshot!(text(&ended("web", PhaseName::Idle, "not started yet"), &[]), @r##"
    web is about to start

    Cause:
      not started yet
    "##);
}

#[test]
fn waiting() {
    let mut web = ended(
        "web",
        PhaseName::Waiting,
        "waits until db is healthy; db is starting",
    );
    web.next = Some("starts by itself as soon as that is so".to_owned());
    let wait = |stuck| WaitReport {
        service: name("db"),
        condition: Condition::Healthy,
        stuck,
    };
    web.waits_for = Some(wait(false));
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web waits for db

    Cause:
      waits until db is healthy; db is starting

    What happens next:
      starts by itself as soon as that is so

    What you can do:
      `director why db` explains the other one
    "##);
    web.because = "waits until db is healthy; db is failed".to_owned();
    web.waits_for = Some(wait(true));
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web waits for db, which will not come by itself

    Cause:
      waits until db is healthy; db is failed

    What happens next:
      starts by itself as soon as that is so

    What you can do:
      `director why db` explains the other one
      `director start db` starts it, once what stands in its way is mended
    "##);
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
    insta::assert_snapshot!(text(&web, &events), @r##"
    ACTION REQUIRED: web is blocked, and a restart cannot cure this

    Cause:
      port 8004 is held by python.exe (pid 4312) [port-in-use]

    Evidence:
      0.0.0.0:8004, python.exe, pid 4312, user alice, since 21:03
      22:29:50  ACTION REQUIRED, blocked (port-in-use): port 8004 is held by python.exe (pid 4312); 1. end that program, or give this service another port; avoid: do not end a program that you do not know

    What happens next:
      looks again in 4 s and starts by itself when the way is clear

    What you can do:
      1. end that program, or give this service another port

    What not to do:
      do not end a program that you do not know
    "##);
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
    ), @r##"
    web is starting: its process lives, but its health probe does not succeed yet

    Cause:
      the program runs; waits for its first healthy probe

    Evidence:
      22:28:54  run 3 started as process 4711
      the last probe: cannot connect to 127.0.0.1:8004: connection refused

    Last output:
      Traceback (most recent call last):
      KeyError: 'DATABASE'

    What happens next:
      failures do not count for another 50 s

    What you can do:
      `director logs web -f` shows what it does meanwhile
      check that the probe's address is the one the program listens on
    "##);
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
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web is starting

    Cause:
      it ended with signal SIGSEGV; restart 1 at once
      SIGSEGV: the program accessed memory it may not; a fault in it or in one of its libraries

    Evidence:
      run 3 ended with signal SIGSEGV

    Last output:
      Traceback (most recent call last):
      KeyError: 'DATABASE'

    What happens next:
      the program is being started
    "##);
}

#[test]
fn running_healthy() {
    insta::assert_snapshot!(text(&service("web"), &[]), @r##"
    web runs and is healthy, up for 1 min 6 s

    Cause:
      the first probe was healthy

    Evidence:
      the last probe: 200, status "healthy", 22:29:55 (5 s ago)

    What happens next:
      next probe in 9 s
    "##);
}

#[test]
fn running_without_a_probe() {
    let mut web = service("web");
    (web.health, web.probe_detail, web.probed, web.next) = (Health::Unknown, None, None, None);
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web runs, up for 1 min 6 s; no probe says more

    Cause:
      the first probe was healthy
    "##);
}

#[test]
fn running_until_another_instance_is_healthy() {
    let mut web = service("web");
    web.renewal_waits_for = Some(RenewalWait {
        service: name("web-0"),
        state: "failed".to_owned(),
        stuck: true,
    });
    let said = text(&web, &[]);
    let advice = "`director why web-0` explains the instance that its new run waits for";
    assert!(said.contains(advice), "{said}");
}

#[test]
fn running_degraded() {
    let mut web = service("web");
    (web.health, web.probe_detail) = (
        Health::Degraded,
        Some("200, status \"degraded\", database \"locked\"".to_owned()),
    );
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web runs, up for 1 min 6 s, but says itself that something is wrong (degraded)

    Cause:
      its health probe says: 200, status "degraded", database "locked"

    Evidence:
      the last probe: 200, status "degraded", database "locked", 22:29:55 (5 s ago)

    What happens next:
      next probe in 9 s
      the director goes on probing; a degraded service is never restarted for it

    What you can do:
      `director status web` shows all that its health answer says; `director logs web` its output
    "##);
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
    insta::assert_snapshot!(text(&web, &[event(5, failed)]), @r##"
    web runs, up for 1 min 6 s, but its health probe fails (2 in a row)

    Cause:
      its health probe says: no answer within 10 s

    Evidence:
      22:29:55  health probe failed (2 of 3): no answer within 10 s
      the last probe: no answer within 10 s, 22:29:55 (5 s ago)

    What happens next:
      next probe in 9 s
      after 3 failures in a row it is stopped and started again

    What you can do:
      `director logs web` shows what it does; `director restart web` does not wait
    "##);
}

#[test]
fn running_after_an_unhealthy_run() {
    let mut web = service("web");
    web.answer = Some(HealthAnswer {
        app: Some("Hub".to_owned()),
        version: Some("1.2.3".to_owned()),
        ..HealthAnswer::default()
    });
    web.last_exit = Some(ExitReport {
        expected: true,
        ..exit(ExitKind::Signal(9))
    });
    let failed = |failures| JournalEvent::ProbeFailed {
        failures,
        max_failures: 3,
        detail: "no answer within 10 s".to_owned(),
    };
    let stop = JournalEvent::StopBegan {
        reason: StopReason::Unhealthy,
    };
    let events = [event(99, failed(2)), event(98, failed(3)), event(97, stop)];
    insta::assert_snapshot!(text(&web, &events), @r##"
    web runs and is healthy, up for 1 min 6 s

    Cause:
      the first probe was healthy
      run 3 was ended because its health probe failed 3 times in a row, at last: no answer within 10 s

    Evidence:
      22:28:21  health probe failed (2 of 3): no answer within 10 s
      22:28:22  health probe failed (3 of 3): no answer within 10 s
      22:28:23  stopping run 3, because its health probe failed too often
      the last probe: 200, status "healthy", 22:29:55 (5 s ago)
      it says of itself: app Hub, version 1.2.3
      run 3 ended with signal SIGKILL, as it was asked to

    What happens next:
      next probe in 9 s
    "##);
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
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web is being stopped

    Cause:
      an operator stopped it

    What happens next:
      next rung of the ladder in 18 s
      when all its processes are gone it stays stopped

    What you can do:
      nothing needs to be done; the last rung of the ladder ends it hard

    What not to do:
      do not kill its processes by hand: work that it is finishing would be lost
    "##);
}

#[test]
fn a_hook_after_the_run() {
    let mut web = service("web");
    (web.phase, web.goal) = (PhaseName::Stopping, Goal::Down);
    web.hook = Some(HookName::PostExit);
    let text = text(&web, &[]);
    assert!(text.contains("web is down, and its hook post_exit has not ended yet"));
    assert!(text.contains("then it stays stopped") && !text.contains("ladder"));
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
    insta::assert_snapshot!(text(&web, &[event(61, exited), event(61, scheduled)]), @r##"
    web crashed and starts again in 1 min; the throttle counts 3 restarts

    Cause:
      it ended with exit code 1; restart 3 after a wait

    Evidence:
      22:28:59  run 3 ended by itself with exit code 1 after 1.5 s
      22:28:59  restart 3 is due in 1 min

    Last output:
      Traceback (most recent call last):
      KeyError: 'DATABASE'

    What happens next:
      run 4 starts in 60 s

    What you can do:
      read what it said last: `director logs web -n 50`
      `director start web` starts it without waiting; `director stop web` ends the trying
    "##);
}

#[test]
fn failed_by_policy() {
    let mut web = ended(
        "web",
        PhaseName::Failed,
        "it ended with exit code 3, and restart.when is \"never\"",
    );
    web.last_exit = Some(exit(ExitKind::Code(3)));
    insta::assert_snapshot!(text(&web, &[event(61, JournalEvent::ProcessStarted { pid: 1 })]), @r##"
    web has failed and is not started again by itself

    Cause:
      it ended with exit code 3, and restart.when is "never"

    Evidence:
      22:28:59  run 3 started as process 1
      run 3 ended with exit code 3

    Last output:
      Traceback (most recent call last):
      KeyError: 'DATABASE'

    What happens next:
      nothing, until a person acts

    What you can do:
      read what it said last: `director logs web -n 50`
      `service.web.restart` in the configuration says when it is started again
      when the cause is cured: `director start web`
    "##);
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
    insta::assert_snapshot!(text(&web, &[event(3, spawn)]), @r##"
    web has failed and is not started again by itself

    Cause:
      the program cannot be started: `pyhton` was not found

    Evidence:
      22:29:57  run 3 could not be started: `pyhton` was not found in PATH

    What happens next:
      nothing, until a person acts

    What you can do:
      check `service.web.command` and `cwd` in the configuration: is the program there, and executable?
      when the cause is cured: `director start web`
    "##);
}

#[test]
fn completed() {
    let mut web = ended("web", PhaseName::Completed, "it completed with exit code 0");
    web.last_exit = Some(ExitReport {
        expected: true,
        ..exit(ExitKind::Code(0))
    });
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web has done its work and ended

    Cause:
      it completed with exit code 0

    Evidence:
      run 3 ended with exit code 0, as it was asked to

    What happens next:
      nothing; it runs again when the director starts, or when it is asked to

    What you can do:
      `director start web` runs it again
    "##);
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
    insta::assert_snapshot!(render(&explanation), @r##"
    web does not run: no director is running

    Cause:
      an operator shut the director down at 22:20:00 (10 min ago)
      its last known phase was idle: the director shuts down, at 22:20:00
      an operator stopped it at 20:30:00 (2 h ago)

    Evidence:
      22:20:00  stopping → idle: the director shuts down

    What happens next:
      it stays stopped when a director starts

    What you can do:
      `director run`, then `director start web`
    "##);
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
    )), @r##"
    web does not run: no director is running

    Cause:
      the director was not started, or has ended

    What happens next:
      it starts with the director

    What you can do:
      `director run` starts the director in the foreground
    "##);
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
