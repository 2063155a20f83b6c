//! `director status`: the table, one service in full, JSON; with or without a director.

use std::path::Path;

use director_core::describe::{health_name, phase_name};
use director_core::report::{DirectorReport, ServiceReport};
use director_core::words::{Goal, PhaseName};

use super::finding;
use crate::client::{self, Link, Trouble, converse, unknown_service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::{Clock, short_span};
use crate::locate::Place;
use crate::table;
use crate::ui::Ui;

mod absent;
mod details;
mod limits;

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
        Err(trouble) if trouble.is_absence() => absent::absent(&place, wanted, trouble, ui),
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
    let mut shown = report.clone();
    if let Some(name) = wanted.service {
        shown.services.retain(|service| service.is_meant_by(name));
        if shown.services.is_empty() {
            let known = report.services.iter().map(|known| known.name.as_str());
            return Err(unknown_service(name, known));
        }
    }
    if wanted.json {
        let text = serde_json::to_string_pretty(&shown).map_err(std::io::Error::other)?;
        return Ok(text + "\n");
    }
    let mut text = notices(report);
    match (wanted.service, shown.services.as_slice()) {
        // The name of all instances shows their table, the name of one all about it.
        (Some(name), [service]) if service.name.as_str() == name => {
            text.push_str(&details::details(service, place, clock));
        }
        _ => text.push_str(&overview(&shown, clock, width)),
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
        PhaseName::Blocked => format!("{}: {}", finding::CALL, service.because),
        PhaseName::Failed => service.because.clone(),
        PhaseName::Backoff | PhaseName::Starting | PhaseName::Stopping | PhaseName::Waiting => {
            match &service.next {
                Some(next) if !service.because.ends_with(next.as_str()) => {
                    format!("{}; {next}", service.because)
                }
                Some(_) | None => service.because.clone(),
            }
        }
        PhaseName::Running | PhaseName::Idle | PhaseName::Completed => {
            let dropped = service.log_lines_dropped;
            match (&service.next, dropped) {
                (Some(next), 1..) => format!("{dropped} output lines lost; {next}"),
                (None, 1..) => format!("{dropped} output lines lost"),
                (Some(next), 0) => next.clone(),
                (None, 0) => "-".to_owned(),
            }
        }
    }
}

/// The word for a goal.
const fn goal_name(goal: Goal) -> &'static str {
    match goal {
        Goal::Up => "up",
        Goal::Down => "down",
    }
}

/// 0 when every goal is met; a failure before a blocker before anything else that is not there.
pub(crate) fn exit_of(report: &DirectorReport, service: Option<&str>) -> Exit {
    let wanted = report
        .services
        .iter()
        .filter(|one| service.is_none_or(|name| one.is_meant_by(name)));
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

#[cfg(test)]
mod tests;
