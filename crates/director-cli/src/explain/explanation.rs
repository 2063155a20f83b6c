//! What an explanation holds, and how it is put together.

use director_core::command::Numbered;
use director_core::describe::{describe, phase_name};
use director_core::journal::JournalEvent;
use director_core::report::ServiceReport;
use director_core::spec::ServiceName;
use director_core::time::WallTime;
use director_core::words::PhaseName;
use serde::Serialize;

use super::{calendar, phases};
use crate::human::Clock;

/// So many journal entries are shown as evidence.
pub(super) const EVIDENCE_EVENTS: usize = 10;

/// Why a service is as it is. The JSON of `director why --json`; only ever grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Explanation {
    /// Whose.
    pub(crate) service: String,
    /// Whether a director runs; if not, this is what the records on disk say.
    pub(crate) running: bool,
    /// The phase; none when no director runs.
    pub(crate) phase: Option<PhaseName>,
    /// What is, in a sentence.
    pub(crate) summary: String,
    /// How it came to that.
    pub(crate) cause: Vec<String>,
    /// What was seen: probe, exit, journal.
    pub(crate) evidence: Vec<String>,
    /// The last lines of the run that ended, or of the present one.
    pub(crate) output: Vec<String>,
    /// What happens by itself.
    pub(crate) next: Vec<String>,
    /// What a person can do.
    pub(crate) advice: Vec<String>,
    /// What a person should not do.
    pub(crate) avoid: Vec<String>,
}

/// What is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) service: &'a ServiceReport,
    /// This service's journal entries, oldest first.
    pub(crate) events: &'a [Numbered],
    /// The last lines of output.
    pub(crate) output: &'a [String],
    pub(crate) clock: &'a Clock,
}

/// Explains a service of a running director.
pub(crate) fn explain(known: &Known<'_>) -> Explanation {
    let service = known.service;
    let mut explanation = Explanation {
        service: service.name.to_string(),
        running: true,
        phase: Some(service.phase),
        evidence: journal(known.events, known.clock),
        ..Explanation::default()
    };
    if is_output_telling(service.phase) {
        explanation.output = known.output.to_vec();
    }
    phases::fill(known, &mut explanation);
    calendar::fill(known, &mut explanation);
    if let Some(file) = &service.watch_paused {
        explanation.cause.push(format!(
            "changes of its files are ignored: each restart changed {file} again, a feedback loop"
        ));
        explanation.advice.push(format!(
            "put {file} into watch.ignore, or have the program write elsewhere; `director restart {}` resumes the watch",
            service.name
        ));
    }
    for found in &service.findings {
        let line = format!("found before the start: {} [{}]", found.summary, found.code);
        explanation.evidence.push(line);
        explanation.advice.extend(found.remedy.iter().cloned());
    }
    for unenforced in &service.limits_unenforced {
        explanation.cause.push(format!(
            "the system does not keep a limit of this run: {unenforced}"
        ));
    }
    if service.log_lines_dropped > 0 {
        let lines = service.log_lines_dropped;
        explanation.evidence.push(format!(
            "{lines} lines of output could not be kept since the director began"
        ));
    }
    explanation
}

/// Whether the last lines of output help to understand the phase.
const fn is_output_telling(phase: PhaseName) -> bool {
    match phase {
        PhaseName::Starting | PhaseName::Backoff | PhaseName::Failed => true,
        PhaseName::Idle
        | PhaseName::Waiting
        | PhaseName::Blocked
        | PhaseName::Running
        | PhaseName::Stopping
        | PhaseName::Completed => false,
    }
}

/// Explains a service from the records, when no director runs.
pub(crate) fn explain_offline(
    name: &ServiceName,
    stopped: Option<WallTime>,
    shut_down: Option<WallTime>,
    events: &[Numbered],
    output: &[String],
    clock: &Clock,
) -> Explanation {
    let mut explanation = Explanation {
        service: name.to_string(),
        running: false,
        summary: format!("{name} does not run: no director is running"),
        evidence: journal(events, clock),
        output: output.to_vec(),
        ..Explanation::default()
    };
    match shut_down {
        Some(at) => explanation.cause.push(format!(
            "an operator shut the director down at {}",
            clock.at_ago(at)
        )),
        None => explanation
            .cause
            .push("the director was not started, or has ended".to_owned()),
    }
    let last = events
        .iter()
        .rev()
        .find_map(|numbered| match &numbered.entry.event {
            JournalEvent::PhaseChanged { to, because, .. } => Some((*to, because, numbered.entry.wall)),
            _ => None,
        });
    if let Some((phase, because, at)) = last {
        explanation.cause.push(format!(
            "its last known phase was {}: {because}, at {}",
            phase_name(phase),
            clock.at(at)
        ));
    }
    if let Some(since) = stopped {
        explanation
            .cause
            .push(format!("an operator stopped it at {}", clock.at_ago(since)));
        explanation
            .next
            .push("it stays stopped when a director starts".to_owned());
        explanation
            .advice
            .push(format!("`director run`, then `director start {name}`"));
    } else {
        explanation.next.push("it starts with the director".to_owned());
        let force = if shut_down.is_some() { " --force" } else { "" };
        explanation.advice.push(format!(
            "`director run{force}` starts the director in the foreground"
        ));
    }
    explanation
}

/// The entries that are shown as evidence.
pub(super) fn shown(events: &[Numbered]) -> &[Numbered] {
    &events[events.len().saturating_sub(EVIDENCE_EVENTS)..]
}

/// The last entries with their times.
fn journal(events: &[Numbered], clock: &Clock) -> Vec<String> {
    let line =
        |numbered: &Numbered| format!("{}  {}", clock.at(numbered.entry.wall), describe(&numbered.entry));
    shown(events).iter().map(line).collect()
}
