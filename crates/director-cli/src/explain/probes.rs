//! What probes have to do with it.

use director_core::command::Numbered;
use director_core::describe::health_name;
use director_core::journal::JournalEvent;
use director_core::report::{HealthAnswer, ProbeReport, ServiceReport};
use director_core::spec::ProbeRole;
use director_core::words::{Health, RunNumber, StopReason};

use crate::human::Clock;

/// What the health answer says of the application, beyond how it is.
pub(super) fn said_of_itself(answer: &HealthAnswer) -> Option<String> {
    let parts = [
        ("app", &answer.app),
        ("version", &answer.version),
        ("database", &answer.database),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, text)| Some(format!("{name} {}", text.as_ref()?)))
        .collect();
    (!said.is_empty()).then(|| format!("it says of itself: {}", said.join(", ")))
}

/// Why a run was ended, if that was for its health. What the probes saw may be further back than the entries that are shown.
pub(super) fn unhealthy_end(events: &[Numbered], run: RunNumber) -> Option<String> {
    let mut of_run = events
        .iter()
        .rev()
        .map(|numbered| &numbered.entry)
        .filter(|entry| entry.run == Some(run))
        .map(|entry| &entry.event);
    of_run.find(|event| {
        matches!(
            event,
            JournalEvent::StopBegan {
                reason: StopReason::Unhealthy
            }
        )
    })?;
    of_run.find_map(|event| match event {
        JournalEvent::ProbeFailed {
            failures,
            detail,
            of,
            probe,
            ..
        } => {
            let times = match (failures, of) {
                (1, _) => "once".to_owned(),
                (failures, Some(of)) => format!("{failures} times within the last {of}"),
                (failures, None) => format!("{failures} times in a row"),
            };
            let which = match probe {
                Some(name) => format!("probe {name}"),
                None => "health probe".to_owned(),
            };
            Some(format!(
                "run {} was ended because its {which} failed {times}, at last: {detail}",
                run.0
            ))
        }
        _ => None,
    })
}

/// One line for each probe, where there are several: what it decides, what it says, and when it was last asked.
pub(super) fn each(service: &ServiceReport, clock: &Clock) -> Vec<String> {
    if service.probes.len() < 2 {
        return Vec::new();
    }
    let line = |probe: &ProbeReport| {
        let detail = probe.detail.as_ref().map(|detail| format!(": {detail}"));
        let at = probe.at.map(|at| format!(", {}", clock.at_ago(at)));
        format!(
            "probe {} ({}): {}{}{}",
            probe.name,
            probe.role,
            health_name(probe.health),
            detail.unwrap_or_default(),
            at.unwrap_or_default()
        )
    };
    service.probes.iter().map(line).collect()
}

/// What a probe that fails leads to, in the phase `running`.
pub(super) fn after_failures(service: &ServiceReport) -> Option<String> {
    let failing = |probe: &&ProbeReport| probe.health == Health::Unhealthy;
    let mut failing = service.probes.iter().filter(failing);
    // That of a restart first.
    let probe = failing.clone().find(|one| one.role != ProbeRole::Readiness);
    let Some(probe) = probe.or_else(|| failing.next()) else {
        return Some("after some more failures it is stopped and started again".to_owned());
    };
    if probe.role == ProbeRole::Readiness {
        return Some("nothing: readiness restarts nothing; what needs it waits until it is well".to_owned());
    }
    // What holds the restart back says so itself.
    let held = service.maintenance_until.is_some() || service.restart_held_by.is_some();
    let how = match probe.of {
        Some(of) => format!("{} failures within the last {of} probes", probe.max_failures),
        None => format!("{} failures in a row", probe.max_failures),
    };
    (!held).then(|| format!("after {how} it is stopped and started again"))
}

#[cfg(test)]
mod tests;
