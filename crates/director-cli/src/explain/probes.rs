//! What probes have to do with it.

use director_core::command::Numbered;
use director_core::journal::JournalEvent;
use director_core::report::HealthAnswer;
use director_core::words::{RunNumber, StopReason};

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
        JournalEvent::ProbeFailed { failures, detail, .. } => {
            let times = match failures {
                1 => "once".to_owned(),
                failures => format!("{failures} times in a row"),
            };
            Some(format!(
                "run {} was ended because its health probe failed {times}, at last: {detail}",
                run.0
            ))
        }
        _ => None,
    })
}
