//! `director preflight`: the checks before a start, by themselves.

use std::path::Path;

use director_config::Source;
use director_core::report::{Finding, Holder};
use director_core::spec::{DirectorSpec, ServiceName, ServiceSpec};
use director_core::time::WallTime;
use director_doctor::preflight::{self, Asked, Checked, Depth, Outcome, Running};
use director_store::files::OnBad;
use director_store::runs::{self, Record};
use director_sys::identity::{self, ProcessId};
use serde::Serialize;

use super::finding;
use crate::client::unknown_service;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::ui::Ui;
use crate::{helper, locate};

/// What the checks of one service came to. The JSON of `director preflight --json`; only ever grows.
#[derive(Debug, Serialize)]
struct Checks {
    service: ServiceName,
    /// Whether nothing forbids a start.
    ready: bool,
    /// Whether it is up, so that what it holds itself was no obstruction.
    running: bool,
    checks: Vec<Checked>,
}

pub(crate) fn preflight(
    config: Option<&Path>,
    names: &[String],
    json: bool,
    ui: &mut Ui,
) -> Result<Exit, Failure> {
    let path = locate::find_config(config)?;
    let loaded = match Source::read(&path).and_then(|source| locate::load(&source)) {
        Ok(loaded) => loaded,
        Err(found) => {
            ui.say(found.render(ui.err_color).trim_end());
            return Err(Failure::silent(Exit::ConfigInvalid));
        }
    };
    let spec = &loaded.spec;
    let records = records(spec);
    let mut all = Vec::new();
    for service in chosen(spec, names)? {
        all.push(check(spec, service, &records));
    }
    if json {
        ui.print_json(&serde_json::json!({ "services": all }))?;
    } else {
        let clock = Clock::system();
        for checks in &all {
            ui.print(&text(checks, &clock))?;
        }
    }
    let ready = all.iter().all(|checks| checks.ready);
    Ok(if ready { Exit::Done } else { Exit::Blocked })
}

fn chosen<'a>(spec: &'a DirectorSpec, names: &[String]) -> Result<Vec<&'a ServiceSpec>, Failure> {
    if names.is_empty() {
        return Ok(spec.services.values().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let before = chosen.len();
        chosen.extend(spec.services.values().filter(|service| service.is_meant_by(name)));
        if chosen.len() == before {
            return Err(unknown_service(
                name,
                spec.services.keys().map(ServiceName::as_str),
            ));
        }
    }
    Ok(chosen)
}

/// The runs of this boot that a director has not seen the end of.
fn records(spec: &DirectorSpec) -> Vec<Record> {
    let boot = identity::boot_id().unwrap_or_default();
    // What cannot be read is the director's to report; nothing is changed here.
    let loaded = runs::load_all(&spec.data_dir, OnBad::Leave).unwrap_or_default();
    let of_this_boot = |record: &Record| record.helper.is_none() && record.is_of_boot(&boot);
    loaded.into_iter().flatten().filter(of_this_boot).collect()
}

fn is_alive(process: runs::Identity) -> bool {
    let id = ProcessId {
        pid: process.pid,
        start: process.start,
    };
    identity::is_alive(id).unwrap_or(false)
}

fn check(spec: &DirectorSpec, service: &ServiceSpec, records: &[Record]) -> Checks {
    let mine = records.iter().find(|record| record.service == service.name);
    let alive = mine.filter(|record| record.process.is_some_and(is_alive));
    let running = alive
        .filter(|record| is_alive(record.director))
        .and_then(|record| {
            Some(Running {
                run: record.run,
                pid: record.process?.pid,
            })
        });
    let is_up = running.is_some();
    let log_dir = spec.log_dir.join(service.name.as_str());
    let asked = Asked {
        spec: service,
        log_dir: &log_dir,
        running,
        helper: &helper::run,
        ours: &|holder| owner(holder, records),
    };
    let mut checks = vec![leftovers(alive.filter(|_| !is_up))];
    checks.extend(preflight::run(&asked, Depth::Preview));
    let is_found = |checked: &Checked| matches!(checked.outcome, Outcome::Found { .. });
    Checks {
        service: service.name.clone(),
        ready: !checks.iter().any(is_found),
        running: is_up,
        checks,
    }
}

/// What a killed director has left of the service.
fn leftovers(left: Option<&Record>) -> Checked {
    let outcome = match left.and_then(|record| Some((record, record.process?))) {
        None => Outcome::Ok {
            line: "nothing of an earlier run is left".to_owned(),
        },
        Some((record, process)) => Outcome::Warned {
            finding: Finding {
                code: "leftover-alive".to_owned(),
                summary: format!(
                    "run {} lives on, {}, and its director (pid {}) does not",
                    record.run,
                    director_doctor::describe_pid(process.pid),
                    record.director.pid
                ),
                evidence: Vec::new(),
                remedy: vec!["`director run` ends it by its identity before anything is started".to_owned()],
                avoid: Vec::new(),
                holders: Vec::new(),
            },
        },
    };
    Checked {
        name: "leftovers",
        outcome,
    }
}

/// Whose run a process belongs to, by the records.
fn owner(holder: &Holder, records: &[Record]) -> Option<String> {
    let id = ProcessId {
        pid: holder.pid,
        start: holder.start,
    };
    for record in records {
        let name = format!("run {} of {}", record.run, record.service);
        let process = record.process.filter(|process| is_alive(*process));
        if process.is_some_and(|process| (process.pid, process.start) == (id.pid, id.start)) {
            return Some(name);
        }
        match identity::find_marked(&record.invocation) {
            Ok(marked) if marked.contains(&id) => return Some(name),
            Ok(_) => {}
            // The mark of a process cannot be read here (Windows); one that began with the run while it lives is probably its.
            Err(_) => {
                let began = WallTime(record.started_unix_ms);
                if process.is_some() && holder.since.is_some_and(|since| since >= began) {
                    return Some(format!("probably {name}"));
                }
            }
        }
    }
    None
}

fn text(checks: &Checks, clock: &Clock) -> String {
    let up = if checks.running { ", which is up" } else { "" };
    let mut text = format!("{}{up}\n", checks.service);
    for checked in &checks.checks {
        let (word, finding) = match &checked.outcome {
            Outcome::Ok { line } => {
                text.push_str(&format!("  ✓ {line}\n"));
                continue;
            }
            Outcome::Warned { finding } => ("! warning", finding),
            Outcome::Found { finding } => ("✗ ACTION REQUIRED", finding),
        };
        text.push_str(&format!("  {word}: {} [{}]\n", finding.summary, finding.code));
        text.push_str(&finding::particulars(finding, clock, "    "));
    }
    let verdict = if checks.ready {
        "nothing forbids a start"
    } else {
        "a start is blocked"
    };
    text + &format!("  {verdict}\n")
}
