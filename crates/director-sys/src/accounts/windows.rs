//! What we are; other accounts cannot be used yet.

use std::io;
use std::path::PathBuf;

use super::{Account, AccountError};
use crate::windows::{registry, security};

pub(crate) fn resolve(_name: &str) -> Result<Account, AccountError> {
    Err(AccountError::Unsupported)
}

pub(crate) fn current_user_name() -> io::Result<String> {
    Ok(security::current_user()?.account().to_owned())
}

pub(crate) fn is_elevated() -> bool {
    // Not knowing is not having: what needs the rights then fails with the system's own words.
    security::is_elevated().unwrap_or(false)
}

pub(crate) fn profile_dirs() -> Vec<PathBuf> {
    // Without the list there is still our own.
    let mut folders = registry::profiles().unwrap_or_default();
    folders.extend(std::env::var_os("USERPROFILE").map(PathBuf::from));
    folders
}
