//! One service in full.

use director_core::describe::{duration, health_name, phase_name};
use director_core::report::{RunReport, ServiceReport, UsageReport};

use super::{goal_name, limits};
use crate::commands::finding;
use crate::human::{self, Clock};
use crate::locate::Place;
use crate::table;

/// The lines, each with its label.
type Rows = Vec<(String, String)>;

fn add(rows: &mut Rows, label: &str, value: impl Into<String>) {
    rows.push((label.to_owned(), value.into()));
}

pub(super) fn details(service: &ServiceReport, place: &Place, clock: &Clock) -> String {
    let mut rows = Rows::new();
    add(&mut rows, "name", service.name.to_string());
    state(service, clock, &mut rows);
    health(service, clock, &mut rows);
    runs(service, clock, &mut rows);
    if let Some(usage) = &service.usage {
        add(&mut rows, "usage", usage_text(usage));
    }
    if let Some(port) = service.port {
        add(&mut rows, "port", port.to_string());
    }
    if service.watched {
        let watch = match &service.watch_paused {
            None => "its files: a change restarts it".to_owned(),
            Some(file) => format!("paused: each restart changes {file} again (`director restart` resumes)"),
        };
        add(&mut rows, "watch", watch);
    }
    let limits = limits::lines(&service.limits);
    if !limits.is_empty() {
        add(&mut rows, "limits", limits.join("\n"));
    }
    if !service.limits_unenforced.is_empty() {
        add(&mut rows, "not enforced", service.limits_unenforced.join("\n"));
    }
    add(&mut rows, "command", human::command(&service.command));
    add(
        &mut rows,
        "log",
        place.log_file(service.name.as_str()).display().to_string(),
    );
    if service.log_lines_dropped > 0 {
        let lost = format!("{} lines since the director began", service.log_lines_dropped);
        add(&mut rows, "lost output", lost);
    }
    if let Some(found) = &service.blocker {
        add(&mut rows, "blocker", finding::lines(found, clock, ""));
    }
    table::fields(&rows)
}

/// What is wanted, what is, and what comes.
fn state(service: &ServiceReport, clock: &Clock, rows: &mut Rows) {
    add(rows, "goal", goal_name(service.goal));
    let since = clock.at_ago(service.phase_since);
    add(
        rows,
        "phase",
        format!("{} since {since}", phase_name(service.phase)),
    );
    add(rows, "because", &service.because);
    if let Some(next) = &service.next {
        add(rows, "next", next);
    }
    if let Some(until) = service.maintenance_until {
        let text = format!("automatic restarts wait until {}", clock.at(until));
        add(rows, "maintenance", text);
    }
    if let Some(at) = service.next_scheduled {
        add(rows, "schedule", format!("comes next at {}", clock.at(at)));
    }
    if let Some(since) = service.stopped_by_operator {
        add(
            rows,
            "stopped",
            format!("by operator since {}", clock.at_ago(since)),
        );
    }
}

/// What the probe found, and what the application says of itself.
fn health(service: &ServiceReport, clock: &Clock, rows: &mut Rows) {
    add(rows, "health", health_name(service.health));
    if let Some(detail) = &service.probe_detail {
        let at = service
            .probed
            .map(|at| format!(", {}", clock.at_ago(at)))
            .unwrap_or_default();
        add(rows, "probe", format!("{detail}{at}"));
    }
    if service.probe_failures > 0 {
        add(rows, "failures", format!("{} in a row", service.probe_failures));
    }
    let Some(answer) = &service.answer else { return };
    for (label, value) in [
        ("app status", &answer.status),
        ("app", &answer.app),
        ("app version", &answer.version),
        ("app database", &answer.database),
    ] {
        if let Some(value) = value {
            add(rows, label, value);
        }
    }
}

/// The present run, the restarts, and how the last run ended.
fn runs(service: &ServiceReport, clock: &Clock, rows: &mut Rows) {
    if let Some(run) = &service.run {
        add(rows, "run", run_text(run, clock));
    }
    let (total, counted) = (service.restarts_total, service.restart_count);
    add(
        rows,
        "restarts",
        format!("{total} since the director began, {counted} count now"),
    );
    if let Some(exit) = &service.last_exit {
        let asked = if exit.expected {
            "asked for"
        } else {
            "not asked for"
        };
        let at = clock.at_ago(exit.at);
        add(
            rows,
            "last exit",
            format!("run {}: {}, {asked}, {at}", exit.run.0, exit.status),
        );
    }
}

fn run_text(run: &RunReport, clock: &Clock) -> String {
    let life = match (run.pid, run.uptime_ms) {
        (Some(pid), Some(up)) => format!("pid {pid}, up {}", duration(up)),
        (Some(pid), None) => format!("pid {pid}"),
        (None, _) => "ended".to_owned(),
    };
    format!("{}: {life}, started {}", run.number.0, clock.at(run.started))
}

fn usage_text(usage: &UsageReport) -> String {
    let processes = if usage.processes == 1 {
        "process"
    } else {
        "processes"
    };
    format!(
        "{} of processor time, {} of memory, {} {processes}",
        duration(usage.cpu_ms),
        director_core::describe::size(usage.memory_bytes),
        usage.processes
    )
}
