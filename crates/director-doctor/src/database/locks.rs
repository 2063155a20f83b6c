//! SQLite's lock bytes, asked about without taking part ("File Locking And Concurrency", "WAL-mode File Format").

use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use director_sys::lock_query::{self, RangeLock};
use serde::{Deserialize, Serialize};

use super::file::beside;

const PENDING: u64 = 0x4000_0000;
const RESERVED: u64 = PENDING + 1;
const SHARED: Range<u64> = PENDING + 2..PENDING + 2 + 510;
/// In the `-shm`: the locks for writing, for a checkpoint and for recovery.
const WAL_WRITERS: Range<u64> = 120..123;

/// Between two looks at a lock that may be gone in a moment.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// What a lock keeps others from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockKind {
    /// Nobody else can read or write.
    Exclusive,
    /// Nobody else can write.
    Writer,
}

/// Somebody has a lock that keeps a writer out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// What it keeps others from.
    pub kind: LockKind,
    /// Who, where the system tells.
    pub pid: Option<u32>,
}

/// The lock that keeps a writer out of the database at `path`, if there is one.
///
/// # Errors
/// The file is not there or may not be opened.
pub(crate) fn look(path: &Path) -> io::Result<Option<Locked>> {
    for range in [SHARED, PENDING..PENDING + 1] {
        if let RangeLock::Exclusive(pid) = lock_query::query(path, range)? {
            let kind = LockKind::Exclusive;
            return Ok(Some(Locked { kind, pid }));
        }
    }
    let kind = LockKind::Writer;
    if let RangeLock::Exclusive(pid) = lock_query::query(path, RESERVED..RESERVED + 1)? {
        return Ok(Some(Locked { kind, pid }));
    }
    let shm = beside(path, "-shm");
    if !shm.exists() {
        return Ok(None);
    }
    Ok(match lock_query::query(&shm, WAL_WRITERS)? {
        RangeLock::Exclusive(pid) => Some(Locked { kind, pid }),
        RangeLock::Open => None,
    })
}

/// The same, for a lock that stays for `limit`: a writer between two transactions is no trouble.
pub(crate) fn look_for(path: &Path, limit: Duration) -> io::Result<Option<Locked>> {
    let until = Instant::now() + limit;
    loop {
        let found = look(path)?;
        if found.is_none() || Instant::now() >= until {
            return Ok(found);
        }
        // Nobody tells of the end of a lock; this lasts as long as a write lock is waited for, once per helper.
        std::thread::sleep(LOOK_AGAIN);
    }
}
