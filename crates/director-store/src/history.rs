//! `history.json`: run numbers and restarts of every service, so that the throttle survives a restart of the director.
//!
//! Restart times are moments of the clock that stands still while the machine sleeps. That clock goes on through a
//! restart of the director and begins anew with each boot, so they mean something only in the boot they were written in;
//! of another boot only the run numbers are taken.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use director_core::spec::ServiceName;
use serde::{Deserialize, Serialize};

use crate::files::{BadFile, Durability, FileError, Loaded, OnBad, load_json, replace_json};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The history of all services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// [`VERSION`].
    pub version: u32,
    /// The boot that the restart times belong to.
    pub boot_id: String,
    /// By name. Services that left the config stay: their numbers go on when they come back.
    pub services: BTreeMap<ServiceName, ServiceHistory>,
}

/// The history of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceHistory {
    /// The number of its next run.
    pub next_run: u64,
    /// When it was restarted, in milliseconds of the clock that stands still in sleep, oldest first.
    pub restart_times_ms: Vec<u64>,
    /// Restarts that the throttle counts.
    pub count: u32,
}

impl History {
    /// No history, of this boot.
    #[must_use]
    pub fn new(boot_id: &str) -> Self {
        Self {
            version: VERSION,
            boot_id: boot_id.to_owned(),
            services: BTreeMap::new(),
        }
    }

    /// Where it is kept.
    #[must_use]
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("history.json")
    }

    /// Reads the history as it holds in the boot `boot_id`: restarts of another boot are forgotten, run numbers go on.
    /// What cannot be understood is put aside and reported, and the history begins anew.
    #[must_use]
    pub fn load(data_dir: &Path, boot_id: &str) -> (Self, Option<BadFile>) {
        match load_json::<Self>(&Self::path(data_dir), VERSION, OnBad::KeepAside) {
            Loaded::Absent => (Self::new(boot_id), None),
            Loaded::Bad(report) => (Self::new(boot_id), Some(report)),
            Loaded::Good(history) => (history.in_boot(boot_id), None),
        }
    }

    /// Writes it. Not for the way of a start: hand it to [`crate::journal::Journal::defer`].
    ///
    /// # Errors
    /// The file could not be replaced.
    pub fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        replace_json(&Self::path(data_dir), self, Durability::Process)
    }

    fn in_boot(mut self, boot_id: &str) -> Self {
        if self.boot_id != boot_id {
            boot_id.clone_into(&mut self.boot_id);
            for service in self.services.values_mut() {
                service.restart_times_ms.clear();
                service.count = 0;
            }
        }
        self
    }
}
