//! Whether a service's SQLite database can be used by it, asked while the service is down.
//!
//! The rules (guarantee 6): never created, never checkpointed by our close, `-wal`, `-shm` and `-journal` never touched, and a
//! file with a hot `-journal` is not opened at all, because opening it would roll it back.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use director_core::report::Finding;
use director_core::spec::DatabaseSpec;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};

/// The hidden subcommand of the director that runs [`helper_main`].
pub const SUBCOMMAND: &str = "__database-check";
/// The helper is killed after this long.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How long the helper waits for a lock: long enough for a writer between two transactions, short enough for a start.
const BUSY: Duration = Duration::from_millis(1_000);

/// The helper's answer, one line of JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum Answer {
    /// Free, or not there yet.
    Usable,
    /// Somebody holds a lock.
    Locked,
    /// It cannot be used, and this is why.
    Unusable { error: String },
}

/// The helper's command line.
#[must_use]
pub fn helper_command(director: &Path, spec: &DatabaseSpec) -> Vec<String> {
    let mode = if spec.wal { "wal" } else { "keep" };
    [
        &*director.to_string_lossy(),
        SUBCOMMAND,
        mode,
        &*spec.sqlite.to_string_lossy(),
    ]
    .map(str::to_owned)
    .into()
}

/// What the hidden subcommand runs; prints one line of JSON and returns the exit code.
#[must_use]
pub fn helper_main(args: &[OsString]) -> i32 {
    let [mode, path] = args else { return 2 };
    let answer = examine(Path::new(path), mode == "wal");
    match serde_json::to_string(&answer) {
        Ok(line) => {
            println!("{line}");
            0
        }
        Err(_) => 1,
    }
}

fn examine(path: &Path, wal: bool) -> Answer {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    let hot = std::fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0);
    if hot || !path.exists() {
        return Answer::Usable;
    }
    match probe(path, wal) {
        Ok(()) => Answer::Usable,
        Err(rusqlite::Error::SqliteFailure(code, _))
            if matches!(code.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) =>
        {
            Answer::Locked
        }
        Err(error) => Answer::Unusable {
            error: error.to_string(),
        },
    }
}

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
fn probe(path: &Path, wal: bool) -> rusqlite::Result<()> {
    let db = open(path)?;
    db.execute_batch("BEGIN IMMEDIATE; ROLLBACK;")?;
    db.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    if !wal {
        return Ok(());
    }
    db.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))?;
    drop(db);
    let mode: String = open(path)?.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    let text = format!("the file stays in journal mode `{mode}` although WAL was asked for");
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(1),
        Some(text),
    ))
}

/// What the helper's output means.
#[must_use]
pub fn finding(spec: &DatabaseSpec, output: &[u8]) -> Option<Finding> {
    let file = spec.sqlite.display();
    match serde_json::from_slice(output) {
        Ok(Answer::Usable) => None,
        Ok(Answer::Locked) => Some(Finding {
            code: "database-locked".to_owned(),
            summary: format!("the database {file} is locked by another process"),
            evidence: vec![format!("a write lock on {file} was refused for {} ms", BUSY.as_millis())],
            remedy: vec![
                "find the program that has the file open and end it: Task Manager or Resource Monitor (Windows), `fuser` (Linux)"
                    .to_owned(),
                "if it is suspended, resume it: it may finish its transaction and let go".to_owned(),
                "the service starts by itself as soon as the lock is gone".to_owned(),
            ],
            avoid: vec![
                "deleting or renaming the -wal, -shm or -journal file: that loses committed data".to_owned(),
                "trying another port: the database stays locked".to_owned(),
            ],
            holders: Vec::new(),
        }),
        Ok(Answer::Unusable { error }) => Some(unusable(spec, &error)),
        Err(_) => {
            let said: String = String::from_utf8_lossy(output).chars().take(200).collect();
            Some(unusable(spec, &format!("the check said something unexpected: {said}")))
        }
    }
}

/// The finding when the helper gave no answer.
#[must_use]
pub fn unanswered(spec: &DatabaseSpec, error: &str) -> Option<Finding> {
    Some(unusable(spec, &format!("the check gave no answer: {error}")))
}

fn unusable(spec: &DatabaseSpec, error: &str) -> Finding {
    let file = spec.sqlite.display();
    Finding {
        code: "database-unusable".to_owned(),
        summary: format!("the database {file} cannot be used: {error}"),
        evidence: vec![error.to_owned()],
        remedy: vec![
            "check that the file is a SQLite database and that the service's account may write it and its folder".to_owned(),
            "restore a backup if the file is damaged; keep the damaged one with its -wal file".to_owned(),
        ],
        avoid: vec!["deleting the -wal, -shm or -journal file: that loses committed data".to_owned()],
        holders: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1);")
            .unwrap();
        (dir, path)
    }

    #[test]
    fn a_missing_file_is_left_missing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new.db");
        assert_eq!(examine(&path, true), Answer::Usable);
        assert!(!path.exists());
    }

    #[test]
    fn an_exclusive_lock_is_seen_and_its_end_too() {
        let (_dir, path) = fixture();
        let holder = Connection::open(&path).unwrap();
        holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert_eq!(examine(&path, false), Answer::Locked);
        holder.execute_batch("ROLLBACK").unwrap();
        assert_eq!(examine(&path, false), Answer::Usable);
    }

    #[test]
    fn wal_is_set_once_asked_and_the_wal_file_is_not_checkpointed_away() {
        let (_dir, path) = fixture();
        assert_eq!(examine(&path, true), Answer::Usable);
        let app = Connection::open(&path).unwrap();
        let mode: String = app
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn garbage_is_unusable_and_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.db");
        std::fs::write(&path, vec![b'x'; 8_192]).unwrap();
        assert!(matches!(examine(&path, true), Answer::Unusable { .. }));
        assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 8_192]);
    }

    #[test]
    fn a_hot_journal_is_not_rolled_back_by_us() {
        let (dir, path) = fixture();
        let journal = dir.path().join("app.db-journal");
        std::fs::write(&journal, b"hot").unwrap();
        assert_eq!(examine(&path, true), Answer::Usable);
        assert_eq!(std::fs::read(&journal).unwrap(), b"hot");
    }

    #[test]
    fn an_answer_that_is_no_answer_is_a_finding() {
        let spec = DatabaseSpec {
            sqlite: "app.db".into(),
            wal: false,
            synchronous: "normal".into(),
            busy_timeout_ms: 30_000,
        };
        assert_eq!(finding(&spec, br#"{"state":"usable"}"#), None);
        assert_eq!(
            finding(&spec, b"Segmentation fault").unwrap().code,
            "database-unusable"
        );
        assert_eq!(
            finding(&spec, br#"{"state":"locked"}"#).unwrap().code,
            "database-locked"
        );
    }
}
