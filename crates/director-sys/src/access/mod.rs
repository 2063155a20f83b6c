//! What this account may do with files and folders, asked without doing it.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::path::Path;

/// Whether this process may create files in a folder.
///
/// # Errors
/// The folder is not there, or cannot be asked about.
pub fn may_write_dir(path: &Path) -> io::Result<bool> {
    imp::may_write_dir(path)
}
