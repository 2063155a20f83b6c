//! `director sqlite status|wal|holders`.

use std::path::{Path, PathBuf};

use director_core::describe::size;
use director_core::report::Holder;
use director_doctor::database::{Changed, JournalMode, LockKind, Status, Task};
use director_doctor::holders::{self, Found};
use director_doctor::preflight::Help;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::finding;
use crate::args::{Database, Sqlite};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::ui::Ui;
use crate::{helper, table};

pub(crate) fn sqlite(what: &Sqlite, ui: &mut Ui) -> Result<Exit, Failure> {
    match what {
        Sqlite::Status(database) => status(&file(database)?, database.json, ui),
        Sqlite::Wal(database) => wal(&file(database)?, database.json, ui),
        Sqlite::Holders(database) => show_holders(&file(database)?, database.json, ui),
    }
}

/// The file, absolute, so that a helper means the same.
fn file(database: &Database) -> Result<PathBuf, Failure> {
    let fail = |error: &dyn std::fmt::Display| {
        let file = database.file.display();
        Failure::new(Exit::Failed, format!("cannot use {file}: {error}"))
    };
    let path = std::path::absolute(&database.file).map_err(|error| fail(&error))?;
    match std::fs::metadata(&path) {
        Ok(meta) if meta.is_file() => Ok(path),
        Ok(_) => Err(fail(&"it is no file")),
        Err(error) => Err(fail(&error)),
    }
}

fn ask<T: DeserializeOwned>(task: Task, file: &Path) -> Result<T, Failure> {
    let told = helper::run(Help::Database(task, file));
    told.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()))
        .map_err(|error| {
            let file = file.display();
            Failure::new(
                Exit::Failed,
                format!("the look at {file} gave no answer: {error}"),
            )
        })
}

fn who_has(file: &Path) -> Found {
    holders::understood(helper::run(Help::Holders(&holders::files_of(file))))
}

fn status(file: &Path, as_json: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut status: Status = ask(Task::Status, file)?;
    let found = who_has(file);
    status.holders = found.holders;
    status.partial.extend(found.partial);
    if as_json {
        ui.print_json(&status)?;
    } else {
        ui.print(&text(&status, &Clock::system()))?;
    }
    let unread = status.journal_mode.is_none() && status.bytes > 0;
    Ok(if unread { Exit::Failed } else { Exit::Done })
}

fn text(status: &Status, clock: &Clock) -> String {
    let mode = match status.journal_mode {
        Some(JournalMode::Wal) => "wal",
        Some(JournalMode::Rollback) => "rollback (delete, truncate or persist: each connection chooses)",
        None => "unknown",
    };
    let pages = format!(
        "{} of {} bytes, {} of them free, as of the last change in the file itself",
        status.pages, status.page_bytes, status.free_pages
    );
    let mut rows = Vec::new();
    let mut add = |label: &str, value: String| rows.push((label.to_owned(), value));
    add("file", status.file.clone());
    add("size", size(status.bytes));
    add("journal", mode.to_owned());
    add("pages", pages);
    add("-wal", status.wal_bytes.map_or_else(|| "none".to_owned(), size));
    if status.hot_journal {
        let what = "hot: a writer is at work, or was cut off; the next one to open the file rolls that back";
        add("-journal", what.to_owned());
    }
    add("locked", locked(status));
    add("held by", held(&status.holders, clock).join("\n"));
    if !status.partial.is_empty() {
        add("not seen", status.partial.join("\n"));
    }
    table::fields(&rows)
}

fn locked(status: &Status) -> String {
    let Some(locked) = status.locked else {
        return "no".to_owned();
    };
    let by = locked
        .pid
        .map(|pid| format!(", by pid {pid}"))
        .unwrap_or_default();
    match locked.kind {
        LockKind::Exclusive => format!("against everybody{by}"),
        LockKind::Writer => format!("against other writers{by}"),
    }
}

fn held(holders: &[Holder], clock: &Clock) -> Vec<String> {
    if holders.is_empty() {
        return vec!["nobody".to_owned()];
    }
    let line = |holder| finding::holder(holder, clock);
    holders.iter().map(line).collect()
}

/// The JSON of `director sqlite wal --json`; only ever grows.
#[derive(Serialize)]
struct Told<'a> {
    file: String,
    #[serde(flatten)]
    changed: &'a Changed,
    holders: &'a [Holder],
}

fn wal(file: &Path, as_json: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let changed: Changed = ask(Task::SetWal, file)?;
    let (exit, found) = match &changed {
        Changed::Set | Changed::Already => (Exit::Done, Found::default()),
        Changed::Refused { held: true, .. } => (Exit::Blocked, who_has(file)),
        Changed::Refused { held: false, .. } => (Exit::Failed, Found::default()),
    };
    let shown = file.display();
    if as_json {
        ui.print_json(&Told {
            file: shown.to_string(),
            changed: &changed,
            holders: &found.holders,
        })?;
        return Ok(exit);
    }
    match &changed {
        Changed::Set => ui.print(&format!("{shown} is in WAL mode now\n"))?,
        Changed::Already => ui.print(&format!("{shown} is in WAL mode already\n"))?,
        Changed::Refused { why, held: by_others } => {
            ui.say(&format!("error: {shown} is not put into WAL mode: {why}"));
            if *by_others {
                for line in held(&found.holders, &Clock::system()) {
                    ui.say(&format!("  held by {line}"));
                }
                ui.say("hint: close what has it open (`director stop` for a service), then try again");
            }
        }
    }
    Ok(exit)
}

fn show_holders(file: &Path, as_json: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let found = who_has(file);
    if as_json {
        ui.print_json(&json!({
            "file": file.display().to_string(),
            "holders": found.holders,
            "partial": found.partial,
        }))?;
        return Ok(Exit::Done);
    }
    if found.holders.is_empty() {
        ui.print(&format!("nobody has {} open\n", file.display()))?;
    }
    let clock = Clock::system();
    for holder in &found.holders {
        ui.print(&format!("{}\n", finding::holder(holder, &clock)))?;
    }
    for line in &found.partial {
        ui.warn(line);
    }
    Ok(Exit::Done)
}
