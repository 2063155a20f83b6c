//! One function per phase.

use director_core::command::Numbered;
use director_core::describe::duration;
use director_core::journal::JournalEvent;
use director_core::report::ServiceReport;
use director_core::spec::HookName;
use director_core::words::{Goal, Health, PhaseName};

use super::exits::meaning;
use super::explanation::{Explanation, Known, shown};
use super::probes::{said_of_itself, unhealthy_end};
use crate::commands::finding::{self, CALL};

/// Fills in everything that depends on the phase.
pub(super) fn fill(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    explanation.cause.push(service.because.clone());
    explanation.next.extend(service.next.clone());
    match service.phase {
        PhaseName::Idle => idle(known, explanation),
        PhaseName::Waiting => waiting(service, explanation),
        PhaseName::Blocked => blocked(known, explanation),
        PhaseName::Starting => starting(known, explanation),
        PhaseName::Running => running(known, explanation),
        PhaseName::Stopping => stopping(service, explanation),
        PhaseName::Backoff => backoff(known, explanation),
        PhaseName::Failed => failed(known, explanation),
        PhaseName::Completed => completed(known, explanation),
    }
}

fn idle(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    let name = &service.name;
    if let Some(since) = service.stopped_by_operator {
        explanation.summary = format!(
            "{name} is stopped: an operator stopped it at {}",
            known.clock.at_ago(since)
        );
        explanation.next.push(
            "it stays stopped, across restarts of the director and of the machine, until it is started"
                .to_owned(),
        );
    } else if service.goal == Goal::Up {
        explanation.summary = format!("{name} is about to start");
        return;
    } else if service.next_scheduled.is_some() {
        explanation.summary = format!("{name} is not running: its schedule says when it runs");
    } else {
        explanation.summary = format!("{name} is not running, and is not meant to");
        explanation
            .next
            .push("nothing; it starts when it is asked to".to_owned());
    }
    explanation
        .advice
        .push(format!("`director start {name}` starts it"));
}

fn waiting(service: &ServiceReport, explanation: &mut Explanation) {
    let name = &service.name;
    let Some(wait) = &service.waits_for else {
        explanation.summary = format!("{name} waits for a service that it depends on");
        return;
    };
    let other = &wait.service;
    explanation.summary = if wait.stuck {
        format!("{name} waits for {other}, which will not come by itself")
    } else {
        format!("{name} waits for {other}")
    };
    explanation
        .advice
        .push(format!("`director why {other}` explains the other one"));
    if wait.stuck {
        explanation.advice.push(format!(
            "`director start {other}` starts it, once what stands in its way is mended"
        ));
    }
}

fn blocked(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    let name = &service.name;
    explanation.summary = format!("{CALL}: {name} is blocked, and a restart cannot cure this");
    let Some(found) = &service.blocker else { return };
    explanation.cause = vec![format!("{} [{}]", found.summary, found.code)];
    let held = |holder| format!("held by {}", finding::holder(holder, known.clock));
    let seen = found.holders.iter().map(held);
    let seen: Vec<String> = seen.chain(found.evidence.iter().cloned()).collect();
    explanation.evidence.splice(0..0, seen);
    explanation.advice.extend(finding::steps(&found.remedy));
    explanation.avoid.extend(found.avoid.iter().cloned());
    if explanation.next.is_empty() {
        explanation
            .next
            .push("it starts by itself when the cause is gone".to_owned());
    }
}

fn starting(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    let name = &service.name;
    explanation.summary = format!("{name} is starting");
    if let Some(detail) = &service.probe_detail {
        explanation.summary =
            format!("{name} is starting: its process lives, but its health probe does not succeed yet");
        explanation.evidence.push(format!("the last probe: {detail}"));
        explanation
            .advice
            .push(format!("`director logs {name} -f` shows what it does meanwhile"));
        explanation
            .advice
            .push("check that the probe's address is the one the program listens on".to_owned());
    }
    last_exit(known, explanation);
}

fn running(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    let name = &service.name;
    let up = service.run.as_ref().and_then(|run| run.uptime_ms);
    let since = up
        .map(|up| format!(", up for {}", duration(up)))
        .unwrap_or_default();
    let probed = service
        .probed
        .map(|at| format!(", {}", known.clock.at_ago(at)))
        .unwrap_or_default();
    if let Some(detail) = &service.probe_detail {
        explanation
            .evidence
            .push(format!("the last probe: {detail}{probed}"));
    }
    if let Some(said) = service.answer.as_ref().and_then(said_of_itself) {
        explanation.evidence.push(said);
    }
    // What the probe sees explains more than how the run once began.
    if let (Health::Degraded | Health::Unhealthy, Some(detail)) = (service.health, &service.probe_detail) {
        explanation.cause = vec![format!("its health probe says: {detail}")];
    }
    if let Some(wait) = &service.renewal_waits_for {
        let other = &wait.service;
        explanation.advice.push(format!(
            "`director why {other}` explains the instance that its new run waits for"
        ));
    }
    match service.health {
        Health::Unknown => explanation.summary = format!("{name} runs{since}; no probe says more"),
        Health::Healthy => explanation.summary = format!("{name} runs and is healthy{since}"),
        Health::Degraded => {
            explanation.summary =
                format!("{name} runs{since}, but says itself that something is wrong (degraded)");
            explanation.next.push(
                "the director goes on probing; a degraded service is never restarted for it".to_owned(),
            );
            explanation.advice.push(format!("`director status {name}` shows all that its health answer says; `director logs {name}` its output"));
        }
        Health::Unhealthy => {
            let failures = service.probe_failures;
            explanation.summary =
                format!("{name} runs{since}, but its health probe fails ({failures} in a row)");
            let limit = last_limit(known.events);
            let after = match limit {
                Some(limit) => format!("after {limit} failures in a row it is stopped and started again"),
                None => "after some more failures it is stopped and started again".to_owned(),
            };
            // In a maintenance window that is said by the window.
            let held = service.maintenance_until.is_some();
            explanation.next.extend((!held).then_some(after));
            explanation.advice.push(format!(
                "`director logs {name}` shows what it does; `director restart {name}` does not wait"
            ));
        }
    }
    last_exit(known, explanation);
}

/// How many failures restart the service, as the journal had it last.
fn last_limit(events: &[Numbered]) -> Option<u32> {
    events
        .iter()
        .rev()
        .find_map(|numbered| match numbered.entry.event {
            JournalEvent::ProbeFailed { max_failures, .. } => Some(max_failures),
            _ => None,
        })
}

fn stopping(service: &ServiceReport, explanation: &mut Explanation) {
    let name = &service.name;
    if let Some(hook @ (HookName::PreStart | HookName::PostExit)) = service.hook {
        explanation.summary = format!("{name} is down, and its hook {hook} has not ended yet");
        explanation.next.push(match service.goal {
            Goal::Up => "then it starts again, unless its restart policy says otherwise".to_owned(),
            Goal::Down => "then it stays stopped".to_owned(),
        });
        return;
    }
    explanation.summary = format!("{name} is being stopped");
    explanation.next.push(match service.goal {
        Goal::Up => "when all its processes are gone it starts again".to_owned(),
        Goal::Down => "when all its processes are gone it stays stopped".to_owned(),
    });
    explanation
        .advice
        .push("nothing needs to be done; the last rung of the ladder ends it hard".to_owned());
    explanation
        .avoid
        .push("do not kill its processes by hand: work that it is finishing would be lost".to_owned());
}

fn backoff(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    let name = &service.name;
    let count = service.restart_count;
    let again = if count > 1 {
        format!("; the throttle counts {count} restarts")
    } else {
        String::new()
    };
    let held = service.maintenance_until.map(|until| known.clock.at(until));
    explanation.summary = match (held, service.backoff_left_ms) {
        (Some(until), _) => {
            format!("{name} crashed and waits for the end of a maintenance window, {until}{again}")
        }
        (None, Some(left)) => format!("{name} crashed and starts again in {}{again}", duration(left)),
        (None, None) => format!("{name} crashed and waits before it starts again{again}"),
    };
    last_exit(known, explanation);
    read_output(service, explanation);
    explanation.advice.push(format!(
        "`director start {name}` starts it without waiting; `director stop {name}` ends the trying"
    ));
}

fn failed(known: &Known<'_>, explanation: &mut Explanation) {
    let service = known.service;
    let name = &service.name;
    explanation.summary = format!("{name} has failed and is not started again by itself");
    last_exit(known, explanation);
    let spawn = known
        .events
        .iter()
        .rev()
        .find_map(|numbered| match &numbered.entry.event {
            JournalEvent::SpawnFailed { error } => Some(Some(error)),
            JournalEvent::ProcessStarted { .. } => Some(None),
            _ => None,
        });
    if spawn.flatten().is_some() {
        // Nothing ran, so what an earlier run said last is beside the point.
        explanation.output.clear();
        explanation.advice.push(format!(
            "check `service.{name}.command` and `cwd` in the configuration: is the program there, and executable?"
        ));
    } else {
        read_output(service, explanation);
        explanation.advice.push(format!(
            "`service.{name}.restart` in the configuration says when it is started again"
        ));
    }
    explanation.next.push("nothing, until a person acts".to_owned());
    explanation
        .advice
        .push(format!("when the cause is cured: `director start {name}`"));
}

fn completed(known: &Known<'_>, explanation: &mut Explanation) {
    let name = &known.service.name;
    explanation.summary = format!("{name} has done its work and ended");
    last_exit(known, explanation);
    if known.service.next_scheduled.is_none() {
        explanation
            .next
            .push("nothing; it runs again when the director starts, or when it is asked to".to_owned());
    }
    explanation
        .advice
        .push(format!("`director start {name}` runs it again"));
}

/// How the last run ended, unless the journal says it, and what such an end usually means.
fn last_exit(known: &Known<'_>, explanation: &mut Explanation) {
    let Some(exit) = &known.service.last_exit else {
        return;
    };
    explanation.cause.extend(unhealthy_end(known.events, exit.run));
    let is_told = shown(known.events).iter().any(|numbered| {
        numbered.entry.run == Some(exit.run)
            && matches!(numbered.entry.event, JournalEvent::ProcessExited { .. })
    });
    if !is_told {
        let asked = if exit.expected { ", as it was asked to" } else { "" };
        explanation
            .evidence
            .push(format!("run {} ended with {}{asked}", exit.run.0, exit.status));
    }
    if !exit.expected {
        explanation.cause.extend(meaning(exit.status).map(str::to_owned));
    }
}

fn read_output(service: &ServiceReport, explanation: &mut Explanation) {
    let name = &service.name;
    explanation
        .advice
        .push(format!("read what it said last: `director logs {name} -n 50`"));
}
