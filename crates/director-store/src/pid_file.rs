//! `director.pid.json`: which director runs here, for people and other programs.
//!
//! It decides nothing: whether a director runs is said by the lock that the operating system holds on another file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{BadFile, Durability, FileError, Loaded, OnBad, load_json, remove_if_there, replace_json};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A running director.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PidFile {
    /// [`VERSION`], of this file's format.
    pub version: u32,
    /// The director's process.
    pub pid: u32,
    /// Its start time as the system counts it.
    pub start: u64,
    /// The director's own version.
    pub director_version: String,
    /// Since when, in Unix milliseconds.
    pub started_unix_ms: i64,
    /// The config file in force.
    pub config: PathBuf,
    /// The name from the config.
    pub name: String,
    /// Where it listens for the command line.
    pub endpoint: String,
}

impl PidFile {
    /// Where it is kept.
    #[must_use]
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("director.pid.json")
    }

    /// Writes it.
    ///
    /// # Errors
    /// The file could not be replaced.
    pub fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        replace_json(&Self::path(data_dir), self, Durability::Process)
    }

    /// Reads it; none if there is none.
    ///
    /// # Errors
    /// A report, if it is there and not to be understood. It stays where it is.
    pub fn load(data_dir: &Path) -> Result<Option<Self>, BadFile> {
        match load_json(&Self::path(data_dir), VERSION, OnBad::Leave) {
            Loaded::Absent => Ok(None),
            Loaded::Good(found) => Ok(Some(found)),
            Loaded::Bad(report) => Err(report),
        }
    }

    /// Removes it, at the end of the director. None there is no error.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(data_dir: &Path) -> Result<(), FileError> {
        let path = Self::path(data_dir);
        remove_if_there(&path).map_err(|source| FileError::new("remove", &path, source))
    }
}
