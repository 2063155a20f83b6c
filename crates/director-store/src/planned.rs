//! `schedule.json`: up to when the planned times of each service are dealt with, so that a later director knows which it missed.
//!
//! The expression and the zone stand beside it: what was dealt with by another schedule says nothing about this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use director_core::spec::ServiceName;
use serde::{Deserialize, Serialize};

use crate::files::{BadFile, Durability, FileError, Loaded, OnBad, load_json, replace_json};

/// The version of the format.
pub const VERSION: u32 = 1;

/// All services with planned times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// [`VERSION`].
    pub version: u32,
    /// By name.
    pub services: BTreeMap<ServiceName, PlannedService>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedService {
    /// The cron expression.
    pub times: String,
    /// The time zone; none: the machine's own.
    pub timezone: Option<String>,
    /// All planned times up to this moment are dealt with.
    pub dealt_unix_ms: i64,
}

impl Default for Planned {
    fn default() -> Self {
        Self {
            version: VERSION,
            services: BTreeMap::new(),
        }
    }
}

impl Planned {
    /// Where it is kept.
    #[must_use]
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("schedule.json")
    }

    /// Reads it. What cannot be understood is put aside and reported, and nothing counts as missed.
    #[must_use]
    pub fn load(data_dir: &Path) -> (Self, Option<BadFile>) {
        match load_json::<Self>(&Self::path(data_dir), VERSION, OnBad::KeepAside) {
            Loaded::Absent => (Self::default(), None),
            Loaded::Bad(report) => (Self::default(), Some(report)),
            Loaded::Good(planned) => (planned, None),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// The file could not be replaced.
    pub fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        replace_json(&Self::path(data_dir), self, Durability::Process)
    }
}
