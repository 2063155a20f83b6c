//! The table of services.

use director_core::describe::{duration, health_name, phase_name};
use director_core::report::ServiceReport;

use super::entries::{health_style, phase_style};
use super::line::{Line, Style, pad};

/// Width of the service column; longer names are cut. With it the whole table takes 59 columns: it fits into 60.
const NAME: usize = 10;

/// The titles of the columns.
pub(super) fn header() -> Line {
    let text = format!(
        "{} {} {} {} {} {}",
        pad("SERVICE", NAME),
        pad("PHASE", 9),
        pad("HEALTH", 9),
        pad("PID", 7),
        pad("UPTIME", 11),
        "RESTARTS"
    );
    Line::of(Style::Dim, &text)
}

/// Two lines: the facts, and why they are so or what comes next.
pub(super) fn rows(service: &ServiceReport) -> [Line; 2] {
    let run = service.run.as_ref();
    let pid = run
        .and_then(|run| run.pid)
        .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let uptime = run
        .and_then(|run| run.uptime_ms)
        .map_or_else(|| "-".to_owned(), whole_seconds);
    let facts = Line::of(Style::Bold, &pad(service.name.as_str(), NAME))
        .with(Style::Plain, " ")
        .with(phase_style(service.phase), &pad(phase_name(service.phase), 9))
        .with(Style::Plain, " ")
        .with(health_style(service.health), &pad(health_name(service.health), 9))
        .with(
            Style::Plain,
            &format!(
                " {} {} {}",
                pad(&pid, 7),
                pad(&uptime, 11),
                service.restarts_total
            ),
        );
    let label = if service.next.is_some() {
        "  next: "
    } else {
        "  why: "
    };
    let why = Line::of(Style::Dim, label).with(Style::Plain, &explanation(service));
    [facts, why]
}

fn explanation(service: &ServiceReport) -> String {
    let mut text = match (&service.next, &service.blocker) {
        (Some(next), _) => next.clone(),
        (None, Some(blocker)) => blocker.summary.clone(),
        (None, None) => service.because.clone(),
    };
    let database = service
        .answer
        .as_ref()
        .and_then(|answer| answer.database.as_deref());
    if let Some(database) = database {
        text.push_str(&format!("; database {database}"));
    }
    if let Some(usage) = service.usage {
        text.push_str(&format!("; {} MB", usage.memory_bytes / 1_000_000));
    }
    text
}

/// An uptime that does not flicker: no fractions of a second.
fn whole_seconds(ms: u64) -> String {
    if ms < 1000 {
        "0 s".to_owned()
    } else {
        duration(ms / 1000 * 1000)
    }
}
