//! What a helper does with a database before a start.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::file::{self, Header, JournalMode, beside, has_hot_journal};
use super::locks;
use super::task::{Answer, State};
use crate::holders;

/// How long a lock is waited for: long enough for a writer between two transactions, short enough for a start.
pub(crate) const BUSY: Duration = Duration::from_millis(1_000);

/// Whether the database can be used by a service that is about to start; sets WAL if that is asked for and nobody has it open.
pub(super) fn check(path: &Path, wal: bool) -> Answer {
    if !path.exists() {
        return Answer::usable();
    }
    let header = match file::header(path) {
        Ok(header) => header,
        Err(error) => return unreadable(path, &error),
    };
    if has_hot_journal(path) {
        return locks_alone(path);
    }
    if header.is_some_and(|header| is_wal_at_rest(path, header)) {
        return at_rest(path);
    }
    let answer = outcome(writable(path).map(|()| Answer::usable()));
    let is_wal = header.is_some_and(|header| header.mode == JournalMode::Wal);
    if answer.state != State::Usable || !wal || is_wal {
        return answer;
    }
    set_wal(path).unwrap_or_else(|why| Answer {
        note: Some(format!("it is not put into WAL mode now: {}", why.why)),
        ..Answer::usable()
    })
}

/// The same without any change, not even one that SQLite makes by itself.
pub(super) fn look(path: &Path) -> Answer {
    if !path.exists() {
        return Answer::noted("it is not there yet");
    }
    let header = match file::header(path) {
        Ok(header) => header,
        Err(error) => return unreadable(path, &error),
    };
    let mut answer = locks_alone(path);
    if answer.state == State::Usable {
        if has_hot_journal(path) {
            answer.note = Some("a writer was cut off; the next one to open it rolls that back".to_owned());
        } else if !beside(path, "-wal").exists() && header.is_some() {
            answer = outcome(immutable(path).map(|()| Answer::usable()));
        }
    }
    answer
}

/// In WAL mode and used by nobody: the last one to leave has removed the `-wal`.
fn is_wal_at_rest(path: &Path, header: Header) -> bool {
    header.mode == JournalMode::Wal && !beside(path, "-wal").exists()
}

/// On Windows a lock, or a file that somebody opened without sharing it, keeps readers out too: then the file is not to blame.
fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Answer {
    match locks::look_for(path, BUSY) {
        Ok(Some(locked)) => Answer::locked(locked.pid),
        Ok(None) | Err(_) => Answer::unusable(error),
    }
}

fn locks_alone(path: &Path) -> Answer {
    match locks::look_for(path, BUSY) {
        Ok(None) => Answer::usable(),
        Ok(Some(locked)) => Answer::locked(locked.pid),
        Err(error) => Answer::unusable(&error),
    }
}

fn at_rest(path: &Path) -> Answer {
    let answer = locks_alone(path);
    if answer.state != State::Usable {
        return answer;
    }
    outcome(immutable(path).map(|()| Answer::usable()))
}

fn outcome(result: rusqlite::Result<Answer>) -> Answer {
    match result {
        Ok(answer) => answer,
        Err(error) if is_busy(&error) => Answer::locked(None),
        Err(error) => Answer::unusable(&error),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Opened for reading and writing, never created, and left without a checkpoint.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(BUSY)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(db)
}

/// Takes and gives back a write lock, which needs everything that a start of the application needs.
fn writable(path: &Path) -> rusqlite::Result<()> {
    let db = open(path)?;
    db.execute_batch("BEGIN IMMEDIATE; ROLLBACK;")?;
    read(&db)
}

/// Reads the schema, which `SELECT 1` would not.
fn read(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// Opened without locks and without files beside it, which is right only while nobody else has it.
fn immutable(path: &Path) -> rusqlite::Result<()> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    read(&Connection::open_with_flags(uri(path), flags)?)
}

/// `file:///C:/hub/app.db?immutable=1` ("Uniform Resource Identifiers", section 3.1).
fn uri(path: &Path) -> String {
    let mut text = String::from("file:");
    let plain = path.to_string_lossy();
    if plain.as_bytes().get(1) == Some(&b':') {
        text.push_str("///");
    }
    for found in plain.chars() {
        match found {
            '%' => text.push_str("%25"),
            '?' => text.push_str("%3f"),
            '#' => text.push_str("%23"),
            '\\' if std::env::consts::FAMILY == "windows" => text.push('/'),
            _ => text.push(found),
        }
    }
    text + "?immutable=1"
}

/// Why a file was not put into WAL mode.
pub(super) struct Refusal {
    /// In a clause.
    pub(super) why: String,
    /// Somebody else is in the way.
    pub(super) held: bool,
}

fn refusal(why: impl Into<String>) -> Refusal {
    Refusal {
        why: why.into(),
        held: false,
    }
}

/// Puts the file into WAL mode, if nobody has it open, and looks with a fresh connection whether it is.
pub(super) fn set_wal(path: &Path) -> Result<Answer, Refusal> {
    let others = holders::others(path);
    if let Some(first) = others.first() {
        return Err(Refusal {
            why: format!("{} (pid {}) has it open", first.name, first.pid),
            held: true,
        });
    }
    if has_hot_journal(path) {
        return Err(refusal(
            "it has a hot journal, which the application must roll back first",
        ));
    }
    let was_beside = beside(path, "-wal").exists();
    let change = || -> rusqlite::Result<String> {
        let db = open(path)?;
        if !was_beside {
            // There is no log yet: what SQLite makes for the change it may take away again, or an empty `-wal` would stay that
            // belongs to this account.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        }
        db.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))
    };
    let said = change().map_err(|error| Refusal {
        why: error.to_string(),
        held: is_busy(&error),
    })?;
    match file::header(path) {
        Ok(Some(header)) if header.mode == JournalMode::Wal => {}
        _ => return Err(refusal(format!("SQLite leaves it in journal mode `{said}`"))),
    }
    verify(path).map_err(|error| refusal(format!("it was set, and a fresh connection says: {error}")))?;
    Ok(Answer::usable())
}

/// What a connection that had no part in the change says.
fn verify(path: &Path) -> Result<(), String> {
    let answer = if beside(path, "-wal").exists() {
        outcome(open(path).and_then(|db| {
            let mode: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            Ok(match mode.as_str() {
                "wal" => Answer::usable(),
                other => Answer::unusable(&format!("journal mode `{other}`")),
            })
        }))
    } else {
        outcome(immutable(path).map(|()| Answer::usable()))
    };
    match answer.state {
        State::Usable => Ok(()),
        State::Locked { .. } => Err("the database is locked".to_owned()),
        State::Unusable { error } => Err(error),
    }
}
