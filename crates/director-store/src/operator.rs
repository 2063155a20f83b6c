//! `operator.json`: what the operator decided and the director must remember across restarts and reboots.
//!
//! A stopped service stays stopped until it is started. The shutdown marker keeps every watchdog from reviving a director
//! that was told to end; it is tied to the boot in which that was said. Both are on the disk before the call returns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use director_core::spec::ServiceName;
use serde::{Deserialize, Serialize};

use crate::files::{BadFile, Durability, FileError, Loaded, OnBad, load_json, replace_json};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The operator's decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// [`VERSION`].
    pub version: u32,
    /// Services that were stopped, and since when in Unix milliseconds.
    pub stopped: BTreeMap<ServiceName, i64>,
    /// The last `director shutdown`, until something clears it.
    pub shutdown: Option<ShutdownMarker>,
}

/// Says that an operator ended the director.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutdownMarker {
    /// In which boot.
    pub boot_id: String,
    /// When, in Unix milliseconds.
    pub at_unix_ms: i64,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            version: VERSION,
            stopped: BTreeMap::new(),
            shutdown: None,
        }
    }
}

impl Operator {
    /// Where it is kept.
    #[must_use]
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("operator.json")
    }

    /// Reads the decisions. What cannot be understood counts as "nothing decided" and is reported: a service that runs
    /// against an old wish is seen, one that stays down without a reason is not.
    #[must_use]
    pub fn load(data_dir: &Path, on_bad: OnBad) -> (Self, Option<BadFile>) {
        match load_json(&Self::path(data_dir), VERSION, on_bad) {
            Loaded::Absent => (Self::default(), None),
            Loaded::Bad(report) => (Self::default(), Some(report)),
            Loaded::Good(operator) => (operator, None),
        }
    }

    /// Writes them, through to the disk.
    ///
    /// # Errors
    /// The file could not be replaced; the old decisions are still in it.
    pub fn save(&self, data_dir: &Path) -> Result<(), FileError> {
        replace_json(&Self::path(data_dir), self, Durability::Disk)
    }

    /// Notes that `service` was stopped; an earlier stop keeps its time. True if that changed anything.
    pub fn stop(&mut self, service: &ServiceName, now_unix_ms: i64) -> bool {
        if self.stopped.contains_key(service) {
            return false;
        }
        self.stopped.insert(service.clone(), now_unix_ms);
        true
    }

    /// Notes that `service` was started. True if that changed anything.
    pub fn start(&mut self, service: &ServiceName) -> bool {
        self.stopped.remove(service).is_some()
    }

    /// Since when `service` is stopped by the operator.
    #[must_use]
    pub fn stopped_since(&self, service: &ServiceName) -> Option<i64> {
        self.stopped.get(service).copied()
    }

    /// The shutdown marker, if it was set in the boot `boot_id`; one of another boot is void.
    #[must_use]
    pub fn shutdown_in_boot(&self, boot_id: &str) -> Option<&ShutdownMarker> {
        self.shutdown.as_ref().filter(|marker| marker.boot_id == boot_id)
    }

    /// Sets the shutdown marker.
    pub fn set_shutdown(&mut self, boot_id: &str, now_unix_ms: i64) {
        self.shutdown = Some(ShutdownMarker {
            boot_id: boot_id.to_owned(),
            at_unix_ms: now_unix_ms,
        });
    }

    /// Clears the shutdown marker, of whatever boot. True if there was one.
    pub fn clear_shutdown(&mut self) -> bool {
        self.shutdown.take().is_some()
    }
}
