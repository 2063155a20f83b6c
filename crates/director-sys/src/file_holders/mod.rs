//! Which processes have a file open.

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    /// Which of the files.
    pub file: PathBuf,
    /// Its lock, where the system tells.
    pub lock: Option<LockKind>,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HolderSearch {
    /// Whoever was found.
    pub holders: Vec<FileHolder>,
    /// One sentence for each thing that could not be looked at; empty when the search is complete.
    pub partial: Vec<String>,
}

/// The processes that have one of `files` open. Files that are not there are passed over.
///
/// # Errors
/// When nothing at all could be looked at.
pub fn find(files: &[PathBuf]) -> io::Result<HolderSearch> {
    imp::find(files)
}
