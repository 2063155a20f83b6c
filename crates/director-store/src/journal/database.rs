//! The SQLite file: opening, migrating, writing, keeping it small.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use super::{Entry, JournalNotice};
use crate::files::{BadFile, set_aside, with_suffix};

/// The version of the schema, in `user_version`.
pub const SCHEMA_VERSION: u32 = 1;
/// The oldest rows beyond this go.
pub const MAX_ROWS: u64 = 100_000;
/// How often that is looked after, in entries.
const PRUNE_EVERY: u64 = 1000;

/// What leads from each version of the schema to the next. Frozen: a change of the schema is a new step.
const MIGRATIONS: [&str; SCHEMA_VERSION as usize] = ["CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        wall_ms INTEGER NOT NULL,
        service TEXT,
        run INTEGER,
        kind TEXT NOT NULL,
        json TEXT NOT NULL
    ) STRICT"];

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be opened, read or written now.
    #[error("cannot {operation} journal {}: {source}", path.display())]
    Sqlite {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A newer director wrote it.
    #[error(
        "cannot use journal {}: its schema has version {found}, this director knows {SCHEMA_VERSION}",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It may not be written.
    #[error("cannot write journal {}: it is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
}

impl JournalError {
    pub(crate) fn sqlite(operation: &'static str, path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Sqlite {
            operation,
            path: path.clone(),
            source,
        }
    }

    /// Whether the file itself is at fault, so that only a new one helps; otherwise trying again may.
    pub(crate) fn is_of_the_file(&self) -> bool {
        match self {
            Self::Newer { .. } => true,
            Self::ReadOnly { .. } => false,
            // A statement that does not fit the tables: the schema is not what its version says.
            Self::Sqlite {
                source: rusqlite::Error::SqlInputError { .. },
                ..
            } => true,
            Self::Sqlite { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)
            ),
        }
    }
}

/// The file, opened by the one who writes it.
pub(crate) struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens the journal; one that cannot be used is put aside and begun anew. Also says the last number in it.
    pub(crate) fn open_or_replace(
        path: &Path,
        report: &mut dyn FnMut(JournalNotice),
    ) -> Result<(Self, u64), JournalError> {
        match Self::open(path) {
            Err(error) if error.is_of_the_file() => {
                let Some(bad) = put_aside(path, &error) else {
                    return Err(error);
                };
                let opened = Self::open(path)?;
                report(JournalNotice::PutAside(bad));
                Ok(opened)
            }
            outcome => outcome,
        }
    }

    fn open(path: &Path) -> Result<(Self, u64), JournalError> {
        let failed = JournalError::sqlite("open", path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(&failed)?;
        connection
            .busy_timeout(Duration::from_millis(500))
            .map_err(&failed)?;
        // Without the right to write, SQLite opens for reading and says nothing.
        if connection.is_readonly("main").map_err(&failed)? {
            return Err(JournalError::ReadOnly {
                path: path.to_owned(),
            });
        }
        // WAL: readers never hold up the writer, and with NORMAL a commit waits for no disk. A power cut may cost the last
        // entries, never the file. The cache is small because the director is.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256;
                 PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 1048576;",
            )
            .map_err(&failed)?;
        // Closing must not wait for a disk either: the log is left beside the file, and every reader reads both.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(&failed)?;
        migrate(&mut connection, path)?;
        let last_seq: i64 = connection
            .query_row("SELECT ifnull(max(seq), 0) FROM entries", [], |row| row.get(0))
            .map_err(&failed)?;
        Ok((
            Self {
                connection,
                path: path.to_owned(),
            },
            u64::try_from(last_seq).unwrap_or(0),
        ))
    }

    /// Writes entries in one transaction: all or none.
    pub(crate) fn write<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) -> Result<(), JournalError> {
        let failed = JournalError::sqlite("write", &self.path);
        let transaction = self.connection.transaction().map_err(&failed)?;
        let mut prune = false;
        {
            let mut insert = transaction
                .prepare(
                    // An entry that a failed commit left in doubt may be there already.
                    "INSERT OR REPLACE INTO entries (seq, wall_ms, service, run, kind, json)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .map_err(&failed)?;
            for entry in entries {
                let run = entry.run.and_then(|run| i64::try_from(run).ok());
                let seq = i64::try_from(entry.seq).unwrap_or(i64::MAX);
                insert
                    .execute(params![
                        seq,
                        entry.wall_ms,
                        entry.service,
                        run,
                        entry.kind,
                        entry.json
                    ])
                    .map_err(&failed)?;
                prune |= entry.seq % PRUNE_EVERY == 0;
            }
        }
        if prune {
            transaction
                .execute(
                    "DELETE FROM entries WHERE seq <=
                     (SELECT seq FROM entries ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
                    [i64::try_from(MAX_ROWS).unwrap_or(i64::MAX)],
                )
                .map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), JournalError> {
    let failed = JournalError::sqlite("open", path);
    let found = schema_version(connection).map_err(&failed)?;
    let Some(steps) = MIGRATIONS.get(found as usize..) else {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            found,
        });
    };
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(&failed)?;
    for step in steps {
        transaction.execute_batch(step).map_err(&failed)?;
    }
    transaction
        .pragma_update(None, "user_version", SCHEMA_VERSION)
        .map_err(&failed)?;
    transaction.commit().map_err(&failed)
}

pub(crate) fn schema_version(connection: &Connection) -> Result<u32, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Renames the journal and what SQLite keeps beside it. The side files first: a new database must not meet an old log.
fn put_aside(path: &Path, error: &JournalError) -> Option<BadFile> {
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(path, suffix);
        if beside.exists() {
            set_aside(&beside, "corrupt").ok()?;
        }
    }
    let kept_as = set_aside(path, "corrupt").ok()?;
    Some(BadFile {
        path: path.to_owned(),
        reason: error.to_string(),
        kept_as: Some(kept_as),
    })
}
