//! What we are; other accounts cannot be used yet.

use std::io;

use super::{Account, AccountError};
use crate::windows::security;

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
