//! What `why` says of several probes, and of a restart that waits.

use director_core::journal::JournalEvent;
use director_core::report::{ProbeReport, ServiceReport, WaitReport};
use director_core::spec::{Condition, ProbeRole};
use director_core::words::Health;

use crate::explain::{Known, explain, render};
use crate::fixtures::{ago, clock, event, name, probe, service};

fn text(service: &ServiceReport, events: &[director_core::command::Numbered]) -> String {
    render(&explain(&Known {
        service,
        events,
        output: &[],
        clock: &clock(),
    }))
}

#[test]
fn running_and_not_ready() {
    let mut web = service("web");
    (web.health, web.probe_failures) = (Health::Unhealthy, 3);
    web.probe_detail = Some("HTTP 503 instead of 200".to_owned());
    let ready = ProbeReport {
        failures: 3,
        of: Some(5),
        detail: web.probe_detail.clone(),
        at: Some(ago(5)),
        ..probe("ready", ProbeRole::Readiness, Health::Unhealthy)
    };
    web.probes = vec![probe("health", ProbeRole::Liveness, Health::Healthy), ready];
    insta::assert_snapshot!(text(&web, &[]), @r##"
    web runs, up for 1 min 6 s, but its health probe fails (3 of the last 5)

    Cause:
      its health probe says: HTTP 503 instead of 200

    Evidence:
      the last probe: HTTP 503 instead of 200, 22:29:55 (5 s ago)
      probe health (liveness): healthy
      probe ready (readiness): unhealthy: HTTP 503 instead of 200, 22:29:55 (5 s ago)

    What happens next:
      next probe in 9 s
      nothing: readiness restarts nothing; what needs it waits until it is well

    What you can do:
      `director logs web` shows what it does; `director restart web` does not wait
    "##);
}

#[test]
fn a_restart_that_waits_for_what_is_required() {
    let mut web = service("web");
    (web.health, web.probe_failures) = (Health::Unhealthy, 3);
    web.probe_detail = Some("no answer within 10 s".to_owned());
    web.probes = vec![probe("health", ProbeRole::Liveness, Health::Unhealthy)];
    web.next = Some("is restarted when db is healthy again, if it still fails its probe".to_owned());
    let by = WaitReport {
        service: name("db"),
        condition: Condition::Healthy,
        stuck: false,
    };
    web.restart_held_by = Some(by.clone());
    let held = JournalEvent::RestartHeld { by };
    insta::assert_snapshot!(text(&web, &[event(5, held)]), @r##"
    web runs, up for 1 min 6 s, but its health probe fails (3 in a row)

    Cause:
      its health probe says: no answer within 10 s

    Evidence:
      22:29:55  enough probes failed, but the restart waits until db is healthy: it is required
      the last probe: no answer within 10 s, 22:29:55 (5 s ago)

    What happens next:
      is restarted when db is healthy again, if it still fails its probe

    What you can do:
      `director why db` explains the service that the restart waits for
      `director logs web` shows what it does; `director restart web` does not wait
    "##);
}
