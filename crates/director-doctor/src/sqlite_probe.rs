//! The `sqlite` probe: whether the file of a living service can be read. Runs in a short-lived helper.
//!
//! Guarantee 6 for a service that is up: opened for reading alone; in WAL mode only while `-wal` and `-shm` exist, since opening it
//! would create them; never checkpointed by our close; an empty file is not opened at all, because SQLite may then remove a journal
//! beside it. What is read lies in the file: `SELECT 1` succeeds on a locked or damaged one.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use director_core::event::ProbeOutcome;
use director_core::report::HealthAnswer;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};

/// The hidden subcommand of the director that runs [`helper_main`].
pub const SUBCOMMAND: &str = "__sqlite-probe";
/// How long a lock is waited for at most: longer than a writer needs between two transactions.
const MOST_BUSY: Duration = Duration::from_millis(1_000);
/// Where the header says whether the file is in WAL mode (Database File Format, 1.3.3): the version to read it with.
const READ_VERSION: usize = 19;
const WAL_VERSION: u8 = 2;

/// The helper's answer, one line of JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum Answer {
    /// It was read.
    Readable,
    /// In WAL mode and nobody has it open, so that it was left alone.
    Closed,
    /// Somebody holds a lock.
    Locked,
    /// It cannot be read, and this is why.
    Unreadable { error: String },
}

/// The helper's command line.
#[must_use]
pub fn helper_command(director: &Path, file: &Path, table: Option<&str>, limit: Duration) -> Vec<String> {
    // The answer has to come before the helper is killed.
    let busy = MOST_BUSY.min(limit / 2).as_millis();
    let mut command = vec![
        director.to_string_lossy().into_owned(),
        SUBCOMMAND.to_owned(),
        busy.to_string(),
        file.to_string_lossy().into_owned(),
    ];
    command.extend(table.map(str::to_owned));
    command
}

/// What the hidden subcommand runs; prints one line of JSON and returns the exit code.
#[must_use]
pub fn helper_main(args: &[OsString]) -> i32 {
    let (busy, file, table) = match args {
        [busy, file] => (busy, file, None),
        [busy, file, table] => (busy, file, Some(table)),
        _ => return 2,
    };
    let busy = busy.to_str().and_then(|text| text.parse().ok());
    let (Some(busy), Some(table)) = (busy, table.map(|table| table.to_str()).unwrap_or(Some(""))) else {
        return 2;
    };
    let table = Some(table).filter(|table| !table.is_empty());
    let answer = examine(Path::new(file), table, Duration::from_millis(busy));
    match serde_json::to_string(&answer) {
        Ok(line) => {
            println!("{line}");
            0
        }
        Err(_) => 1,
    }
}

/// What the helper's output means.
#[must_use]
pub fn outcome(file: &Path, output: &[u8]) -> ProbeOutcome {
    let well = |database: &str| {
        ProbeOutcome::Healthy(HealthAnswer {
            database: Some(database.to_owned()),
            ..HealthAnswer::default()
        })
    };
    let shown = file.display();
    match serde_json::from_slice(output) {
        Ok(Answer::Readable) => well("readable"),
        Ok(Answer::Closed) => well("closed: in WAL mode, and nobody has it open"),
        Ok(Answer::Locked) => failed(format!("the database {shown} is locked")),
        Ok(Answer::Unreadable { error }) => failed(format!("the database {shown} cannot be read: {error}")),
        Err(_) => {
            let said: String = String::from_utf8_lossy(output).chars().take(200).collect();
            failed(format!("the probe of {shown} said something unexpected: {said}"))
        }
    }
}

fn failed(detail: String) -> ProbeOutcome {
    ProbeOutcome::Failed { detail, answer: None }
}

fn examine(file: &Path, table: Option<&str>, busy: Duration) -> Answer {
    let unreadable = |error: String| Answer::Unreadable { error };
    let is_wal = match is_wal(file) {
        Ok(is_wal) => is_wal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return unreadable("the file does not exist".to_owned());
        }
        Err(error) => return unreadable(error.to_string()),
    };
    if is_wal && !(beside(file, "-wal").exists() && beside(file, "-shm").exists()) {
        return Answer::Closed;
    }
    match read(file, table, busy) {
        Ok(()) => Answer::Readable,
        Err(rusqlite::Error::SqliteFailure(code, _))
            if matches!(code.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) =>
        {
            Answer::Locked
        }
        Err(error) => unreadable(error.to_string()),
    }
}

/// Looks at the header alone.
fn is_wal(file: &Path) -> io::Result<bool> {
    let mut header = [0; READ_VERSION + 1];
    match File::open(file)?.read_exact(&mut header) {
        Ok(()) => Ok(header[READ_VERSION] == WAL_VERSION),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(io::Error::other("the file is empty, or too short for a database"))
        }
        Err(error) => Err(error),
    }
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn read(file: &Path, table: Option<&str>, busy: Duration) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    db.busy_timeout(busy)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    match table {
        None => db.query_row("PRAGMA schema_version", [], |_| Ok(())),
        Some(table) => {
            // A name cannot be bound; in double quotes it is a name, whatever it contains.
            let name = table.replace('"', "\"\"");
            let found = db.query_row(&format!("SELECT 1 FROM \"{name}\" LIMIT 1"), [], |_| Ok(()));
            match found {
                // An empty table has been read, too.
                Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
                other => other,
            }
        }
    }
}

#[cfg(test)]
mod tests;
