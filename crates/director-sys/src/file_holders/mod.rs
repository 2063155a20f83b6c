//! Which processes have a file open, and who of them holds a lock on it.
//!
//! A search looks into every process of the machine, so it may take long and, on Windows, may even hang on a handle of a
//! stranger. It belongs into a short-lived process that can be killed, never into the director itself.
//!
//! A file is recognised by what it is, not by its name: links, renamed folders and other spellings of a path lead to the same
//! holders.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::path::PathBuf;

use crate::identity::ProcessInfo;

/// What a lock keeps others from, where the system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockKind {
    /// Others may read.
    Shared,
    /// Others may not.
    Exclusive,
}

/// A process that has a file open.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileHolder {
    /// Who.
    pub process: ProcessInfo,
    /// Which of the files, as it was asked for.
    pub file: PathBuf,
    /// Its strongest lock on that file, where the system tells (Linux does, Windows does not).
    pub lock: Option<LockKind>,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HolderSearch {
    /// Whoever was found, one entry per process and file, by pid.
    pub holders: Vec<FileHolder>,
    /// One sentence for each thing that could not be looked at; empty when the search is complete.
    pub partial: Vec<String>,
}

/// The other processes that have one of `files` open or mapped, or hold a lock on it. Files that are not there are passed over.
///
/// # Errors
/// When nothing at all could be looked at.
pub fn find(files: &[PathBuf]) -> io::Result<HolderSearch> {
    let mut search = imp::find(files)?;
    let me = std::process::id();
    search.holders.retain(|holder| holder.process.id.pid != me);
    search.holders.sort_by(|one, other| {
        (one.process.id, &one.file)
            .cmp(&(other.process.id, &other.file))
            .then(other.lock.cmp(&one.lock))
    });
    search
        .holders
        .dedup_by(|later, first| (later.process.id, &later.file) == (first.process.id, &first.file));
    Ok(search)
}
