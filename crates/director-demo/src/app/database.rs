//! The application's data: a counter of visits in a SQLite file in WAL mode.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How long a query waits for a lock. Short: the health answer must come before the probe gives up.
const BUSY: Duration = Duration::from_millis(500);
/// How long taking the exclusive lock waits for queries that are under way.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The database of the application.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Counts visits. Absent while the file is locked: its own shared lock would forbid the exclusive one.
    counter: Option<Connection>,
    /// Locks the file. Dropping it wakes its timer.
    holder: Option<Holder>,
    /// Tells a timer whether its lock is still the present one.
    locks_taken: u64,
}

#[derive(Debug)]
struct Holder {
    _connection: Connection,
    _timer: Sender<()>,
}

impl Database {
    /// Opens or creates the file.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL);
             INSERT OR IGNORE INTO visits (id, count) VALUES (1, 0);",
        )?;
        let inner = Inner {
            counter: Some(connection),
            ..Inner::default()
        };
        Ok(Self {
            path: path.to_owned(),
            inner: Mutex::new(inner),
        })
    }

    /// Whether the file can be read now, through a connection of its own: one that was open before might answer from its
    /// memory. `SELECT 1` would not touch the file at all; these two statements read its header and a table.
    pub(super) fn check(&self) -> Result<(), String> {
        let read = || {
            let connection = connect(&self.path)?;
            connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))?;
            connection.query_row("SELECT count FROM visits WHERE id = 1", [], |row| {
                row.get::<_, i64>(0)
            })
        };
        read()
            .map(drop)
            .map_err(|error: rusqlite::Error| error.to_string())
    }

    /// Counts one visit and returns how many there were; none while the file cannot be written.
    pub(super) fn count_visit(&self) -> Option<i64> {
        self.with_counter(|connection| {
            connection.query_row(
                "UPDATE visits SET count = count + 1 WHERE id = 1 RETURNING count",
                [],
                |row| row.get(0),
            )
        })
    }

    /// How many visits there were; none while the file cannot be read.
    pub(super) fn visits(&self) -> Option<i64> {
        self.with_counter(|connection| {
            connection.query_row("SELECT count FROM visits WHERE id = 1", [], |row| row.get(0))
        })
    }

    fn with_counter(&self, ask: impl Fn(&Connection) -> rusqlite::Result<i64>) -> Option<i64> {
        self.lock_inner()
            .counter
            .as_ref()
            .and_then(|connection| ask(connection).ok())
    }

    /// Whether [`Self::lock`] holds the file.
    pub(super) fn is_locked(&self) -> bool {
        self.lock_inner().holder.is_some()
    }

    /// Locks everybody else out of the file until [`Self::unlock`], at most for `limit`. `Ok(false)`: it was locked already.
    pub(super) fn lock(self: &Arc<Self>, limit: Duration) -> Result<bool, String> {
        let mut inner = self.lock_inner();
        if inner.holder.is_some() {
            return Ok(false);
        }
        inner.counter = None;
        let taken = lock_exclusively(&self.path);
        let (connection, timer) = match taken {
            Ok(connection) => (connection, mpsc::channel()),
            Err(error) => {
                inner.counter = connect(&self.path).ok();
                return Err(error.to_string());
            }
        };
        inner.locks_taken += 1;
        let number = inner.locks_taken;
        inner.holder = Some(Holder {
            _connection: connection,
            _timer: timer.0,
        });
        drop(inner);
        let database = Arc::clone(self);
        let started = std::thread::Builder::new()
            .name("unlock".to_owned())
            .spawn(move || {
                if timer.1.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    database.release(Some(number));
                }
            });
        match started {
            Ok(_) => Ok(true),
            Err(error) => {
                self.unlock();
                Err(error.to_string())
            }
        }
    }

    /// Ends the lock; `false` when there was none.
    pub(super) fn unlock(&self) -> bool {
        self.release(None)
    }

    fn release(&self, only: Option<u64>) -> bool {
        let mut inner = self.lock_inner();
        if only.is_some_and(|number| number != inner.locks_taken) || inner.holder.is_none() {
            return false;
        }
        inner.holder = None;
        inner.counter = connect(&self.path).ok();
        true
    }

    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to a file that exists: creating a missing one would hide that it is missing.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// In WAL mode `BEGIN EXCLUSIVE` alone keeps out writers only. With `locking_mode = EXCLUSIVE`, set before the first access,
/// the connection keeps its index in its own memory and locks the file against readers too ("Write-Ahead Logging", section
/// "Use of WAL Without Shared-Memory").
fn lock_exclusively(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(connection)
}
