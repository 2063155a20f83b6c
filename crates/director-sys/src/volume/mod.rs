//! The disk that a path lies on: its room, and whether it is one of this machine.
//!
//! A network share that does not answer can keep a question waiting for long. Ask in a short-lived process where that matters.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::path::{Path, PathBuf};

/// The room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this account may still write, quotas included where the system tells.
    pub free_bytes: u64,
    /// All of it, or this account's quota.
    pub total_bytes: u64,
}

/// Where a file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeKind {
    /// On a disk of this machine.
    Local,
    /// On one that may be taken away.
    Removable,
    /// On another machine, or in a folder that the host of a virtual machine shares with it.
    Network {
        /// Which, as the system names it: `\\server\share`, `server:/path`, or a drive that is not connected.
        share: String,
    },
    /// The system does not tell.
    Unknown,
}

/// The room on the disk of `path`, which need not exist yet.
///
/// # Errors
/// What asking met.
pub fn space(path: &Path) -> io::Result<Space> {
    imp::space(&existing_folder(path)?)
}

/// Where `path` lies, or would lie if it existed. Links are followed. Removable is what says so of itself (Windows:
/// `GetDriveTypeW`; Linux: `removable` in sysfs, which a disk in a USB case usually denies).
///
/// # Errors
/// What asking met.
pub fn kind(path: &Path) -> io::Result<VolumeKind> {
    imp::kind(&std::path::absolute(path)?)
}

/// The deepest folder above `path`, or itself, that is there.
fn existing_folder(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let found = absolute.ancestors().find(|parent| parent.is_dir());
    Ok(found.ok_or(io::ErrorKind::NotFound)?.to_path_buf())
}
