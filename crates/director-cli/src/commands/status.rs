//! `director status`: the table, one service in full, JSON; with or without a director.

use std::path::Path;

use director_core::describe::{duration, health_name, phase_name};
use director_core::report::{DirectorReport, ServiceReport};
use director_core::words::{Goal, PhaseName};

use super::finding;
use crate::client::{self, Link, Trouble, converse, unknown_service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::{self, Clock, short_span};
use crate::locate::Place;
use crate::offline::Offline;
use crate::table;
use crate::ui::Ui;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) service: Option<&'a str>,
    pub(crate) json: bool,
}

pub(crate) fn status(config: Option<&Path>, wanted: &Wanted<'_>, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    let endpoint = client::endpoint(&place)?;
    let answer = converse(async {
        let mut link = Link::open(&endpoint).await?;
        link.report(wanted.service).await
    })?;
    match answer {
        Ok(report) => {
            place.warn(ui);
            let text = show(&report, wanted, &place, &Clock::system(), ui.width)?;
            ui.print(&text)?;
            Ok(exit_of(&report, wanted.service))
        }
        Err(trouble) if trouble.is_absence() => absent(&place, wanted, trouble, ui),
        Err(trouble) => Err(unknown(trouble, wanted, &place)),
    }
}

/// An unknown service, as the director says it, with what it could have been.
fn unknown(trouble: Trouble, wanted: &Wanted<'_>, place: &Place) -> Failure {
    match (&trouble, wanted.service) {
        (Trouble::Answered { code, .. }, Some(name)) if code == "unknown-service" => {
            unknown_service(name, place.service_names())
        }
        _ => trouble.failure(place),
    }
}

/// The report as text or JSON.
pub(crate) fn show(
    report: &DirectorReport,
    wanted: &Wanted<'_>,
    place: &Place,
    clock: &Clock,
    width: Option<usize>,
) -> Result<String, Failure> {
    let one = match wanted.service {
        None => None,
        Some(name) => {
            let found = report
                .services
                .iter()
                .find(|service| service.name.as_str() == name);
            Some(found.ok_or_else(|| {
                unknown_service(name, report.services.iter().map(|known| known.name.as_str()))
            })?)
        }
    };
    if wanted.json {
        let mut shown = report.clone();
        if let Some(one) = one {
            shown.services = vec![one.clone()];
        }
        let text = serde_json::to_string_pretty(&shown).map_err(std::io::Error::other)?;
        return Ok(text + "\n");
    }
    let mut text = notices(report);
    match one {
        Some(service) => text.push_str(&details(service, place, clock)),
        None => text.push_str(&overview(report, clock, width)),
    }
    Ok(text)
}

/// What concerns the whole director and must not be overlooked.
fn notices(report: &DirectorReport) -> String {
    let mut text = String::new();
    if let Some(fallback) = &report.fallback {
        text.push_str(&format!(
            "! {} is invalid; the last configuration that ran well is in force: {fallback}\n",
            report.config
        ));
    }
    if report.shutting_down {
        text.push_str("! the director is shutting down\n");
    }
    text
}

fn overview(report: &DirectorReport, clock: &Clock, width: Option<usize>) -> String {
    if report.services.is_empty() {
        return "the configuration has no services\n".to_owned();
    }
    let header = [
        "NAME", "GOAL", "PHASE", "HEALTH", "PID", "UPTIME", "RESTARTS", "NEXT",
    ];
    let rows: Vec<Vec<String>> = report
        .services
        .iter()
        .map(|service| row(service, clock))
        .collect();
    table::render(&header, &rows, width)
}

fn row(service: &ServiceReport, clock: &Clock) -> Vec<String> {
    let run = service.run.as_ref();
    let dash = || "-".to_owned();
    vec![
        service.name.to_string(),
        goal_name(service.goal).to_owned(),
        phase_name(service.phase).to_owned(),
        health_name(service.health).to_owned(),
        run.and_then(|run| run.pid)
            .map_or_else(dash, |pid| pid.to_string()),
        run.and_then(|run| run.uptime_ms).map_or_else(dash, short_span),
        service.restarts_total.to_string(),
        remark(service, clock),
    ]
}

/// The most important sentence about a service.
fn remark(service: &ServiceReport, clock: &Clock) -> String {
    if let Some(since) = service.stopped_by_operator {
        return format!("stopped by operator since {}", clock.at(since));
    }
    match service.phase {
        PhaseName::Blocked | PhaseName::Failed => service.because.clone(),
        PhaseName::Backoff | PhaseName::Starting | PhaseName::Stopping | PhaseName::Waiting => {
            match &service.next {
                Some(next) => format!("{}; {next}", service.because),
                None => service.because.clone(),
            }
        }
        PhaseName::Running | PhaseName::Idle | PhaseName::Completed => {
            let dropped = service.log_lines_dropped;
            match (&service.next, dropped) {
                (next, 1..) => format!(
                    "{dropped} output lines lost; {}",
                    next.clone().unwrap_or_default()
                ),
                (Some(next), 0) => next.clone(),
                (None, 0) => "-".to_owned(),
            }
        }
    }
}

const fn goal_name(goal: Goal) -> &'static str {
    match goal {
        Goal::Up => "up",
        Goal::Down => "down",
    }
}

/// One service in full.
fn details(service: &ServiceReport, place: &Place, clock: &Clock) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut add = |label: &str, value: String| rows.push((label.to_owned(), value));
    add("name", service.name.to_string());
    add("goal", goal_name(service.goal).to_owned());
    add(
        "phase",
        format!(
            "{} since {}",
            phase_name(service.phase),
            clock.at_ago(service.phase_since)
        ),
    );
    add("because", service.because.clone());
    if let Some(next) = &service.next {
        add("next", next.clone());
    }
    if let Some(since) = service.stopped_by_operator {
        add("stopped", format!("by operator since {}", clock.at_ago(since)));
    }
    add("health", health_name(service.health).to_owned());
    if let Some(detail) = &service.probe_detail {
        let at = service
            .probed
            .map(|at| format!(", {}", clock.at_ago(at)))
            .unwrap_or_default();
        add("probe", format!("{detail}{at}"));
    }
    if service.probe_failures > 0 {
        add("failures", format!("{} in a row", service.probe_failures));
    }
    for (label, value) in answer_fields(service) {
        add(label, value);
    }
    if let Some(run) = &service.run {
        let life = match (run.pid, run.uptime_ms) {
            (Some(pid), Some(up)) => format!("pid {pid}, up {}", duration(up)),
            (Some(pid), None) => format!("pid {pid}"),
            (None, _) => "ended".to_owned(),
        };
        add(
            "run",
            format!("{}: {life}, started {}", run.number.0, clock.at(run.started)),
        );
    }
    add(
        "restarts",
        format!(
            "{} since the director began, {} count now",
            service.restarts_total, service.restart_count
        ),
    );
    if let Some(exit) = &service.last_exit {
        let asked = if exit.expected {
            "asked for"
        } else {
            "not asked for"
        };
        add(
            "last exit",
            format!(
                "run {}: {}, {asked}, {}",
                exit.run.0,
                exit.status,
                clock.at_ago(exit.at)
            ),
        );
    }
    if let Some(usage) = &service.usage {
        let processes = if usage.processes == 1 {
            "process"
        } else {
            "processes"
        };
        add(
            "usage",
            format!(
                "{} of processor time, {} of memory, {} {processes}",
                duration(usage.cpu_ms),
                human::size(usage.memory_bytes),
                usage.processes
            ),
        );
    }
    if let Some(port) = service.port {
        add("port", port.to_string());
    }
    add("command", human::command(&service.command));
    add("log", place.log_file(service.name.as_str()).display().to_string());
    if service.log_lines_dropped > 0 {
        add(
            "lost output",
            format!("{} lines since the director began", service.log_lines_dropped),
        );
    }
    if let Some(found) = &service.blocker {
        add("blocker", finding::lines(found, ""));
    }
    table::fields(&rows)
}

/// What the application says of itself.
fn answer_fields(service: &ServiceReport) -> Vec<(&'static str, String)> {
    let Some(answer) = &service.answer else {
        return Vec::new();
    };
    let fields = [
        ("app status", &answer.status),
        ("app", &answer.app),
        ("app version", &answer.version),
        ("app database", &answer.database),
    ];
    fields
        .into_iter()
        .filter_map(|(label, value)| Some((label, value.clone()?)))
        .collect()
}

/// 0 when every goal is met; a failure before a blocker before anything else that is not there.
pub(crate) fn exit_of(report: &DirectorReport, service: Option<&str>) -> Exit {
    let wanted = report
        .services
        .iter()
        .filter(|one| service.is_none_or(|name| one.name.as_str() == name));
    let mut exit = Exit::Done;
    let mut unmet = false;
    for service in wanted {
        match service.phase {
            PhaseName::Failed => exit = exit.worse(Exit::Failed),
            PhaseName::Blocked => exit = exit.worse(Exit::Blocked),
            PhaseName::Running | PhaseName::Completed | PhaseName::Idle => unmet |= !is_met(service),
            PhaseName::Waiting | PhaseName::Starting | PhaseName::Stopping | PhaseName::Backoff => {
                unmet = true
            }
        }
    }
    if exit == Exit::Done && unmet {
        Exit::Failed
    } else {
        exit
    }
}

fn is_met(service: &ServiceReport) -> bool {
    let up = matches!(service.phase, PhaseName::Running | PhaseName::Completed);
    match service.goal {
        Goal::Up => up,
        Goal::Down => service.phase != PhaseName::Running,
    }
}

/// No director: what the disk knows, then the error.
fn absent(place: &Place, wanted: &Wanted<'_>, trouble: Trouble, ui: &mut Ui) -> Result<Exit, Failure> {
    if let (Some(name), true) = (wanted.service, place.spec.is_some())
        && !place.service_names().any(|known| known == name)
    {
        return Err(unknown_service(name, place.service_names()));
    }
    let mut offline = Offline::read(place);
    if let Some(name) = wanted.service {
        offline.services.retain(|service| service.name.as_str() == name);
    }
    if wanted.json {
        ui.print_json(&offline)?;
    } else {
        ui.print(&offline_text(&offline, &Clock::system()))?;
    }
    for warning in &offline.warnings {
        ui.warn(warning);
    }
    let mut failure = trouble.failure(place);
    if let Some(found) = &place.trouble {
        failure = failure.hint(format!("{} (`director check` shows them)", found.summary()));
    }
    Err(failure)
}

pub(crate) fn offline_text(offline: &Offline, clock: &Clock) -> String {
    let mut text = String::new();
    if let Some(at) = offline.shut_down {
        text.push_str(&format!(
            "! shut down by an operator at {}; until the next boot only `director start` or `director run --force` revive it\n",
            clock.at(at)
        ));
    }
    let rows: Vec<Vec<String>> = offline
        .services
        .iter()
        .map(|service| {
            let remark = match service.stopped_by_operator {
                Some(since) => format!("stopped by operator since {}", clock.at(since)),
                None => "starts with the director".to_owned(),
            };
            vec![service.name.to_string(), remark]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&table::render(&["NAME", "WHEN A DIRECTOR RUNS"], &rows, None));
    }
    if let Some(last) = &offline.last_event {
        let whose = last
            .entry
            .service
            .as_ref()
            .map(|name| format!("{name}: "))
            .unwrap_or_default();
        let what = director_core::describe::describe(&last.entry);
        text.push_str(&format!(
            "last event: {} {whose}{what}\n",
            clock.at_ago(last.entry.wall)
        ));
    }
    text
}

#[cfg(test)]
mod tests;
