//! Accounts: the one a service shall run under, and what we are.

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux as imp;
#[cfg(windows)]
pub(crate) use windows as imp;

use std::io;
use std::path::PathBuf;

/// An account of the system. The numbers are those of Linux; no Windows account can be resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The login name.
    pub name: String,
    /// The user's number.
    pub uid: u32,
    /// The number of its first group.
    pub gid: u32,
    /// All its groups, the first one included.
    pub groups: Vec<u32>,
    /// Its home folder.
    pub home: PathBuf,
    /// Its shell.
    pub shell: PathBuf,
}

/// Why an account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Nobody of that name or number.
    #[error("unknown user `{0}`")]
    Unknown(String),
    /// Running under another account does not exist on this system.
    #[error("running under another account is not supported on this system")]
    Unsupported,
    /// The account database cannot be read.
    #[error("cannot read the account of `{name}`: {source}")]
    Io {
        /// Who was looked for.
        name: String,
        /// What went wrong.
        source: io::Error,
    },
}

/// Looks up an account by name, or by number when no name matches.
///
/// # Errors
/// [`AccountError`]; on Windows always `Unsupported`.
pub fn resolve(name: &str) -> Result<Account, AccountError> {
    imp::resolve(name)
}

/// The name of the account this process runs under (Windows: `DOMAIN\name`); the number where it has no name.
///
/// # Errors
/// When the system cannot tell.
pub fn current_user_name() -> io::Result<String> {
    imp::current_user_name()
}

/// Whether this process has all rights: root, or an elevated Administrator or SYSTEM.
pub fn is_elevated() -> bool {
    imp::is_elevated()
}

/// The folders of people's profiles that are there: what lies in one may be out of reach for the account of the boot, and goes with
/// its owner. Linux: the homes of root and of the accounts from number 1000 on; Windows: the profiles that the system lists.
#[must_use]
pub fn profile_dirs() -> Vec<PathBuf> {
    let mut folders = imp::profile_dirs();
    folders.retain(|folder| folder.parent().is_some() && folder.is_dir());
    folders.sort_unstable();
    folders.dedup();
    folders
}
