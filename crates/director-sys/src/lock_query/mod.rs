//! Whether somebody holds a lock on some bytes of a file, without taking one and without reading the file.
//!
//! It is for databases that must not be opened as such. Call it in a short-lived helper process only: on Linux the close of any
//! descriptor of a file drops all locks that the same process has on it (fcntl(2)), and a file may lie where opening it hangs.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::ops::Range;
use std::path::Path;

/// Whether bytes are locked against everybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeLock {
    /// Nobody has more than a shared lock there.
    Open,
    /// Somebody has an exclusive one. The pid where the system tells it: Linux, for locks that belong to a process.
    Exclusive(Option<u32>),
}

/// Whether another process has an exclusive lock on some of `range`.
///
/// Windows knows no such question: a shared lock is tried without waiting and given back at once, and for that instant an
/// exclusive lock of somebody else may fail. A file that somebody keeps open without sharing counts as locked.
///
/// # Errors
/// The file is not there, may not be opened, or is no regular file.
pub fn query(path: &Path, range: Range<u64>) -> io::Result<RangeLock> {
    imp::query(path, range)
}
