//! What the bytes of a database file and the names beside it say, without SQLite.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The size of the header (Database File Format, "The Database Header").
const HEADER: usize = 100;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How a database keeps its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalMode {
    /// In a write-ahead log.
    Wal,
    /// In a rollback journal: `delete`, `truncate` or `persist`, which belong to each connection and leave no trace in the file.
    Rollback,
}

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) mode: JournalMode,
    pub(crate) page_bytes: u32,
    /// As of the last change that reached this file; changes in the `-wal` are not counted.
    pub(crate) pages: u32,
    pub(crate) free_pages: u32,
}

/// `path` with `suffix` behind its name: `-wal`, `-shm`, `-journal`.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The size of a file beside; none when it is not there.
pub(crate) fn size_beside(path: &Path, suffix: &str) -> Option<u64> {
    std::fs::metadata(beside(path, suffix))
        .ok()
        .map(|meta| meta.len())
}

/// Whether a rollback journal with content lies beside. If nobody has the file open, the next one to open it rolls it back.
pub(crate) fn has_hot_journal(path: &Path) -> bool {
    size_beside(path, "-journal").is_some_and(|size| size > 0)
}

/// Reads the header. None for an empty file, which SQLite takes for a new database.
///
/// # Errors
/// It cannot be read, or it is no SQLite database.
pub(crate) fn header(path: &Path) -> io::Result<Option<Header>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::with_capacity(HEADER);
    File::open(path)?.take(HEADER as u64).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    parse(&bytes)
        .map(Some)
        .ok_or_else(|| io::Error::other("file is not a database"))
}

fn parse(bytes: &[u8]) -> Option<Header> {
    let bytes: &[u8; HEADER] = bytes.try_into().ok()?;
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        Some(u32::from_be_bytes(four.try_into().ok()?))
    };
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let page_bytes = match u16::from_be_bytes([bytes[16], bytes[17]]) {
        1 => 65_536,
        size => u32::from(size),
    };
    // Write and read version: 2 for WAL, 1 for a rollback journal.
    let mode = if bytes[18] == 2 && bytes[19] == 2 {
        JournalMode::Wal
    } else {
        JournalMode::Rollback
    };
    Some(Header {
        mode,
        page_bytes,
        pages: number(28)?,
        free_pages: number(36)?,
    })
}
