//! What the checks ask the machine. The tests put another one in its place.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::bounded::{Ended, Task};
use crate::preflight::Help;

/// Where a file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volume {
    /// On a disk of this machine.
    Local,
    /// On one that may be taken away.
    Removable,
    /// On another machine, under this name.
    Network(String),
    /// Nobody can tell.
    Unknown,
}

/// The room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What may still be written.
    pub free_bytes: u64,
    /// All of it.
    pub total_bytes: u64,
}

/// One machine.
pub trait Machine {
    /// Which system.
    fn is_windows(&self) -> bool;
    /// Whether we have all rights.
    fn is_elevated(&self) -> bool;
    /// Now, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
    /// A variable of our environment.
    fn variable(&self, name: &str) -> Option<String>;
    /// The folders of user profiles.
    fn profiles(&self) -> Vec<PathBuf>;
    /// Where a file lies.
    fn volume(&self, path: &Path) -> Volume;
    /// The room where a file lies.
    ///
    /// # Errors
    /// What asking met.
    fn space(&self, path: &Path) -> io::Result<Space>;
    /// Whether files can be made in a folder.
    ///
    /// # Errors
    /// What asking met.
    fn may_write(&self, folder: &Path) -> io::Result<bool>;
    /// Who else may change a file, or put another in its place.
    ///
    /// # Errors
    /// What asking met.
    fn writable_by_others(&self, path: &Path) -> io::Result<Option<String>>;
    /// Who else may read a file.
    ///
    /// # Errors
    /// What asking met.
    fn readable_by_others(&self, path: &Path) -> io::Result<Option<String>>;
    /// The ports that the system gives to programs that ask for any.
    fn ephemeral_ports(&self) -> Option<RangeInclusive<u16>>;
    /// The ports that the system keeps for itself.
    fn excluded_ports(&self) -> Vec<RangeInclusive<u16>>;
    /// Lets a helper look at a database, or at who has files open; what it printed.
    ///
    /// # Errors
    /// Why it gave no answer.
    fn helper(&self, help: Help<'_>) -> Result<Vec<u8>, String>;
    /// Runs a short program to its end.
    ///
    /// # Errors
    /// Why it gave no answer.
    fn run(&self, task: Task) -> Result<Ended, String>;
    /// The definitions of boot entries: systemd units, each with its file.
    fn units(&self) -> Vec<(PathBuf, String)>;
}
