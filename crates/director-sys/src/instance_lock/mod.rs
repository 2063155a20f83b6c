//! At most one director per data folder: a lock that the operating system holds for us and releases when we die.
//!
//! Both systems: `std::fs::File::try_lock` on `<data_dir>/director.lock`. The file says nothing and stays; only the lock counts.
//! The handle is not inheritable (Rust's files are not), or a child would keep the lock for us.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The name of the locked file in the data folder.
pub const LOCK_FILE: &str = "director.lock";

/// Held as long as the value lives.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

/// Why the lock was not got.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another director holds the lock of this data folder")]
    Held,
    /// The file cannot be made or locked.
    #[error("cannot lock the data folder: {0}")]
    Io(#[from] io::Error),
}

impl InstanceLock {
    /// Takes the lock of `data_dir`, which must exist, or says who is first. Never waits.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire(data_dir: &Path) -> Result<Self, LockError> {
        let path = data_dir.join(LOCK_FILE);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
        }
    }
}
