//! What the journal tells of the past.

use director_core::command::Numbered;
use director_core::journal::{JournalEntry, JournalEvent};
use director_core::spec::ServiceSpec;
use director_core::time::WallTime;
use director_core::words::ExitKind;

use super::ground::Ground;
use super::verdict::{Problem, Severity, Verdict};

/// So many unexpected ends within this time are a loop.
const LOOP_ENDS: usize = 5;
const LOOP_MS: i64 = 60 * 60 * 1000;
/// What is older says nothing about now.
const RECENT_MS: i64 = 24 * 60 * 60 * 1000;
/// Clocks of machines in one office differ by seconds; a file or entry from so far in the future is a wrong clock.
const FUTURE_MS: i64 = 5 * 60 * 1000;
/// Set back by more than a correction in small steps.
const BACK_MS: i64 = 60 * 1000;

fn recent<'a>(ground: &'a Ground<'_>, service: &'a ServiceSpec) -> impl Iterator<Item = &'a JournalEntry> {
    let since = ground.machine.now_ms() - RECENT_MS;
    let entries = ground.journal.iter().map(|numbered| &numbered.entry);
    entries.filter(move |entry| entry.service.as_ref() == Some(&service.name) && entry.wall.0 >= since)
}

/// Many runs ended by themselves within an hour.
pub(super) fn restart_loop(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let ends: Vec<(WallTime, ExitKind, u64)> = recent(ground, service)
        .filter_map(|entry| match &entry.event {
            JournalEvent::ProcessExited {
                status,
                uptime_ms,
                expected: false,
            } => Some((entry.wall, *status, *uptime_ms)),
            _ => None,
        })
        .collect();
    let windows = ends.windows(LOOP_ENDS);
    let Some(found) = windows
        .rev()
        .find(|window| window[LOOP_ENDS - 1].0.0 - window[0].0.0 <= LOOP_MS)
    else {
        return Verdict::Pass(match ends.len() {
            0 => "no run ended unexpectedly in the last day".to_owned(),
            1 => "one run ended unexpectedly in the last day".to_owned(),
            count => format!("{count} runs ended unexpectedly in the last day"),
        });
    };
    let (_, status, uptime_ms) = &found[LOOP_ENDS - 1];
    Problem::new(
        "it restarts again and again",
        format!(
            "{} runs ended unexpectedly in the last day, {LOOP_ENDS} of them within an hour",
            ends.len()
        ),
        format!(
            "`director why {0}` and `director logs {0} --stderr` say what it complains of",
            service.name
        ),
    )
    .evidence(format!(
        "the last of them: {status}, after {}",
        director_core::describe::duration(*uptime_ms)
    ))
    .remedy("the throttle slows it down and does not cure it; `restart.max` gives up after so many")
    .into()
}

/// Probes failed, and the answer spoke of a lock.
pub(super) fn locked(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    if service.health.is_none() {
        return Verdict::Irrelevant;
    }
    let says_so = |text: &str| {
        let text = text.to_lowercase();
        text.contains("database is locked")
            || text.contains("database table is locked")
            || text.contains("sqlite_busy")
    };
    let words: Vec<String> = recent(ground, service)
        .filter_map(|entry| match &entry.event {
            JournalEvent::ProbeFailed { detail, .. } => Some(detail.clone()),
            JournalEvent::HealthChanged { detail, answer, .. } => {
                let database = answer.as_ref().and_then(|answer| answer.database.clone());
                Some(database.unwrap_or_else(|| detail.clone()))
            }
            _ => None,
        })
        .filter(|text| says_so(text))
        .collect();
    let Some(last) = words.last() else {
        return Verdict::Pass("no health check of the last day spoke of a lock".to_owned());
    };
    Problem::new(
        "health checks fail because the database is locked",
        format!(
            "{} answers of the last day said so, the last: {last}",
            words.len()
        ),
        "set `database.wal = true`, and `busy_timeout` on each connection of the application",
    )
    .remedy("keep transactions short: one that waits for a network while it holds the lock stops everybody")
    .into()
}

/// The clock does not jump and is not behind.
pub(super) fn clock(ground: &Ground<'_>) -> Verdict {
    let now = ground.machine.now_ms();
    let mut seen = Vec::new();
    let modified = std::fs::metadata(ground.config)
        .and_then(|meta| meta.modified())
        .ok();
    let modified = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let modified = modified.and_then(|age| i64::try_from(age.as_millis()).ok());
    if let Some(ahead) = modified.map(|at| at - now).filter(|ahead| *ahead > FUTURE_MS) {
        seen.push(format!("the configuration was written {} from now", span(ahead)));
    }
    if let Some(ahead) = ground
        .journal
        .last()
        .map(|last| last.entry.wall.0 - now)
        .filter(|ahead| *ahead > FUTURE_MS)
    {
        seen.push(format!(
            "the last entry of the journal is {} from now",
            span(ahead)
        ));
    }
    let back = |pair: &[Numbered]| {
        let step = pair[0].entry.wall.0 - pair[1].entry.wall.0;
        (step > BACK_MS).then(|| format!("the journal goes back by {} at entry {}", span(step), pair[1].seq))
    };
    seen.extend(ground.journal.windows(2).filter_map(back).take(3));
    if seen.is_empty() {
        return Verdict::Pass("the clock agrees with files and journal".to_owned());
    }
    let mut problem = Problem::new(
        "the clock is or was wrong",
        String::new(),
        "let the machine set its clock: `w32tm /resync` (Windows), `timedatectl set-ntp true` (Linux); if it loses time while off, its battery is empty",
    );
    // What lies behind is told, and needs nobody.
    if seen.iter().all(|line| line.starts_with("the journal goes back")) {
        problem = problem.severity(Severity::Note);
    }
    problem.evidence = seen;
    problem.into()
}

fn span(ms: i64) -> String {
    director_core::describe::duration(u64::try_from(ms).unwrap_or(0))
}
