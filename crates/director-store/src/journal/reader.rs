//! Reading the journal from another process: with and without a running director, and without changing anything.

use std::path::Path;
use std::time::Duration;

use director_core::spec::ServiceName;
use rusqlite::{Connection, OpenFlags, Row, params};

use super::database::{JournalError, SCHEMA_VERSION, schema_version};
use super::{Entry, Journal};

/// An open journal.
#[derive(Debug)]
pub struct JournalReader {
    connection: Connection,
    path: std::path::PathBuf,
}

impl JournalReader {
    /// Opens the journal of `data_dir` for reading; none if there is none yet.
    ///
    /// A database in WAL mode needs the files beside it, which a reader without the right to make them can only do without
    /// when nobody writes: so `director_runs` must be right. Read in that way, what a killed director had not yet moved
    /// into the file itself is missing.
    ///
    /// # Errors
    /// It cannot be read, or a newer director wrote it.
    pub fn open(data_dir: &Path, director_runs: bool) -> Result<Option<Self>, JournalError> {
        let path = Journal::path(data_dir);
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = match Connection::open_with_flags(&path, flags).and_then(checked) {
            Err(_) if !director_runs => immutable(&path).and_then(|uri| {
                Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI).and_then(checked)
            }),
            outcome => outcome,
        };
        let (connection, found) = opened.map_err(JournalError::sqlite("open", &path))?;
        match found {
            // Made, but not yet filled.
            0 => Ok(None),
            SCHEMA_VERSION => Ok(Some(Self { connection, path })),
            found => Err(JournalError::Newer { path, found }),
        }
    }

    /// The last `count` entries, of one service or all, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last(&self, count: u64, service: Option<&ServiceName>) -> Result<Vec<Entry>, JournalError> {
        let mut entries = self.query(
            "SELECT seq, wall_ms, service, run, kind, json FROM entries
             WHERE ?1 >= 0 AND (?2 IS NULL OR service = ?2) ORDER BY seq DESC LIMIT ?3",
            0,
            service,
            count,
        )?;
        entries.reverse();
        Ok(entries)
    }

    /// At most `count` entries with a number above `seq`, of one service or all, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn after(
        &self,
        seq: u64,
        count: u64,
        service: Option<&ServiceName>,
    ) -> Result<Vec<Entry>, JournalError> {
        self.query(
            "SELECT seq, wall_ms, service, run, kind, json FROM entries
             WHERE seq > ?1 AND (?2 IS NULL OR service = ?2) ORDER BY seq LIMIT ?3",
            seq,
            service,
            count,
        )
    }

    fn query(
        &self,
        sql: &str,
        seq: u64,
        service: Option<&ServiceName>,
        count: u64,
    ) -> Result<Vec<Entry>, JournalError> {
        let failed = JournalError::sqlite("read", &self.path);
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let bounds = (
            i64::try_from(seq).unwrap_or(i64::MAX),
            i64::try_from(count).unwrap_or(i64::MAX),
        );
        let rows = statement
            .query_map(
                params![bounds.0, service.map(ServiceName::as_str), bounds.1],
                entry,
            )
            .map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }
}

fn checked(connection: Connection) -> Result<(Connection, u32), rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(1))?;
    // The first access: only here does SQLite look for what it needs beside the file.
    let found = schema_version(&connection)?;
    Ok((connection, found))
}

/// The name by which SQLite opens a file as one that nobody changes.
fn immutable(path: &Path) -> Result<String, rusqlite::Error> {
    let text = path
        .to_str()
        .ok_or_else(|| rusqlite::Error::InvalidPath(path.to_owned()))?;
    let mut uri = String::from("file:");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}

fn entry(row: &Row<'_>) -> Result<Entry, rusqlite::Error> {
    let seq: i64 = row.get(0)?;
    let run: Option<i64> = row.get(3)?;
    Ok(Entry {
        seq: u64::try_from(seq).unwrap_or(0),
        wall_ms: row.get(1)?,
        service: row.get(2)?,
        run: run.and_then(|run| u64::try_from(run).ok()),
        kind: row.get(4)?,
        json: row.get(5)?,
    })
}
