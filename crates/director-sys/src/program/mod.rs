//! What to execute: from the first word of a command to an absolute path, and from arguments to a Windows command line.
//!
//! The search is ours, not the system's, because the system's looks in places that anybody may write to: a bare name is
//! looked for in the absolute entries of `PATH` only, never in the current folder and never in a relative entry.

#[cfg(unix)]
mod linux;
mod quote;
#[cfg(any(windows, test))]
mod shim;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

pub use quote::{QuoteError, is_batch_file, windows_command_line};

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a name was resolved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// An absolute path.
    pub program: PathBuf,
    /// Goes before the configured arguments: the script of an npm-style `.cmd` shim that was resolved to its interpreter.
    /// Empty on Linux.
    pub leading_args: Vec<OsString>,
}

/// Why a name could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No such file in any place that is looked at.
    #[error("cannot find program `{name}` (looked in {})", display_paths(.searched))]
    NotFound {
        /// The name as configured.
        name: String,
        /// Every file (for a path) or folder (for a bare name) that was looked at, in order.
        searched: Vec<PathBuf>,
    },
    /// The file exists but cannot be executed.
    #[error("cannot execute `{}`: {reason}", .path.display())]
    NotExecutable {
        /// The file that was found.
        path: PathBuf,
        /// Why not, in words: a folder, no execute permission, no known extension.
        reason: String,
    },
}

/// Resolves `name` to an absolute program path.
///
/// A name with a separator is relative to `base` (the service's working folder). A bare name is searched in the absolute
/// entries of `path_env`. `pathext` is the list of executable extensions (Windows; ignored on Linux).
///
/// # Errors
/// [`ResolveError`]. A name that is found without execute permission in one folder of `PATH` is searched further, and
/// reported as not executable only if no later folder has it.
pub fn resolve(
    name: &OsStr,
    base: &Path,
    path_env: Option<&OsStr>,
    pathext: Option<&OsStr>,
) -> Result<Resolved, ResolveError> {
    imp::resolve(name, base, path_env, pathext)
}

fn display_paths(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "no folder: PATH has no absolute entry".to_owned();
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
