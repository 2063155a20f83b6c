//! What was found and written, for a person and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use director_scan::project::Candidate;
use serde_json::{Value, json};

use crate::args::Init;
use crate::init::{Wishes, command_line, snippet};

use super::written::Written;
use super::{Health, Plan};

pub(super) fn as_text(plan: &Plan, wanted: &Init, written: &Written) -> String {
    let mut text = String::new();
    if let Some(backup) = &written.backup {
        let _ = writeln!(text, "kept the old configuration as {}", backup.display());
    }
    match &written.config {
        Some(config) => {
            let _ = writeln!(text, "wrote {}", config.display());
        }
        None => {
            let _ = writeln!(text, "{} stays as it is", plan.config.display());
        }
    }
    if let (Some(first), Some(_)) = (plan.found.first(), &written.config) {
        found(&mut text, plan, first, wanted);
    }
    health(&mut text, plan, wanted, written);
    if wanted.snippets {
        let framework = plan.found.first().map(|first| first.framework);
        let _ = write!(
            text,
            "\nwhat the application should set on its SQLite database, for nobody can from outside:\n\n{}",
            snippet(framework)
        );
    }
    if written.config.is_some() && !plan.found.is_empty() {
        text.push_str("\nnext: read it, then `director check` and `director run`\n");
    }
    text
}

fn found(text: &mut String, plan: &Plan, first: &Candidate, wanted: &Init) {
    let _ = writeln!(text, "\n  found      {}: {}", first.framework.said(), first.seen);
    let _ = writeln!(
        text,
        "  command    {}",
        command_line(first, &wishes(plan, wanted)).join(" ")
    );
    if let Some(migration) = &first.migration {
        let _ = writeln!(text, "  before it  {}", migration.arguments.join(" "));
    }
    if let Some(port) = wanted.port.or(first.port.as_ref().map(|port| port.number)) {
        let _ = writeln!(text, "  port       {port}");
    }
    match &first.health {
        Some(route) => {
            let _ = writeln!(text, "  health     {} ({})", route.path, route.seen.file);
        }
        None if matches!(plan.health, Health::Written(_)) => text.push_str("  health     /health\n"),
        None if first.port.is_some() => {
            text.push_str("  health     no route found: the port alone is looked at\n")
        }
        None => {}
    }
    if let Some(database) = &first.database {
        let _ = writeln!(text, "  database   {database}");
    }
    for note in &first.notes {
        let _ = writeln!(text, "  note       {note}");
    }
    for other in plan.found.iter().skip(1) {
        let _ = writeln!(
            text,
            "  also       {}: {} (as comments)",
            other.framework.said(),
            other.seen
        );
    }
}

fn health(text: &mut String, plan: &Plan, wanted: &Init, written: &Written) {
    match &plan.health {
        Health::NotAsked => {}
        Health::There => {
            let _ = writeln!(
                text,
                "\nthe application has a health route already: no endpoint was written"
            );
        }
        Health::Written(file) => {
            let path = written.health.as_deref().unwrap_or(Path::new(""));
            let _ = writeln!(
                text,
                "\nwrote {}; before the next start put two lines {}:\n\n    {}\n    {}",
                path.display(),
                file.where_to,
                file.lines[0],
                file.lines[1]
            );
            if written.config.is_none() {
                let port = wanted.port.or(plan
                    .found
                    .first()
                    .and_then(|first| first.port.as_ref())
                    .map(|port| port.number));
                let _ = writeln!(
                    text,
                    "\nand into `[service.NAME.health]` of the configuration, with the service's own port:\n\n    http = \"http://127.0.0.1:{}/health\"",
                    port.unwrap_or(8000)
                );
            }
        }
    }
}

fn wishes<'a>(plan: &'a Plan, wanted: &Init) -> Wishes<'a> {
    Wishes {
        root: &plan.root,
        name: &plan.name,
        port: wanted.port,
        health: wanted.health,
    }
}

pub(super) fn as_json(plan: &Plan, wanted: &Init, written: Option<&Written>) -> Value {
    let candidates: Vec<Value> = plan
        .found
        .iter()
        .map(|candidate| {
            json!({
                "framework": candidate.framework.word(),
                "seen": { "file": candidate.seen.file, "line": candidate.seen.line, "what": candidate.seen.what },
                "cwd": candidate.cwd,
                "command": command_line(candidate, &wishes(plan, wanted)),
                "port": wanted.port.or(candidate.port.as_ref().map(|port| port.number)),
                "health": candidate.health.as_ref().map(|route| route.path.clone()),
                "database": candidate.database,
                "migration": candidate.migration.as_ref().map(|migration| migration.arguments.clone()),
                "notes": candidate.notes,
            })
        })
        .collect();
    let path = |path: Option<&std::path::PathBuf>| path.map(|path| path.display().to_string());
    let include = match &plan.health {
        Health::Written(file) => json!(file.lines),
        Health::NotAsked | Health::There => Value::Null,
    };
    json!({
        "config": plan.config.display().to_string(),
        "written": written.is_some_and(|written| written.config.is_some()),
        "backup": path(written.and_then(|written| written.backup.as_ref())),
        "candidates": candidates,
        "text": plan.text,
        "health_file": path(written.and_then(|written| written.health.as_ref())),
        "health_include": include,
        "snippet": wanted.snippets.then(|| snippet(plan.found.first().map(|first| first.framework))),
    })
}
