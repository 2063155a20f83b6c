//! Locks that are held as long as the process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::options::Options;

/// SQLite's PENDING byte, RESERVED byte and SHARED range follow each other from here (file format
/// documentation, "File Locking And Concurrency"): 1 + 1 + 510 bytes.
const SQLITE_PENDING_BYTE: u64 = 0x4000_0000;
const SQLITE_LOCK_BYTES: u64 = 512;

/// Takes what was asked for. The files must be kept: closing one gives up its lock.
pub(crate) fn take(options: &Options) -> Vec<File> {
    let mut held = Vec::new();
    if let Some(path) = &options.counter {
        held.push(count(path));
    }
    if let Some(path) = &options.lock {
        let file = open(path);
        if !locked(&file, path) {
            crate::die(
                crate::EXIT_LOCK_HELD,
                &format!("{} is locked by another process", path.display()),
            );
        }
        held.push(file);
    }
    if let Some(path) = &options.sqlite_lock {
        let file = open(path);
        if let Err(error) = lock_range(&file, SQLITE_PENDING_BYTE, SQLITE_LOCK_BYTES) {
            crate::die(
                crate::EXIT_LOCK_HELD,
                &format!("cannot lock ranges of {}: {error}", path.display()),
            );
        }
        held.push(file);
    }
    held
}

/// The file exists afterwards; its contents stay.
fn open(path: &Path) -> File {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    opened.unwrap_or_else(|error| {
        crate::die(
            crate::EXIT_SETUP,
            &format!("cannot open {}: {error}", path.display()),
        )
    })
}

/// False: somebody else holds it.
fn locked(file: &File, path: &Path) -> bool {
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(error)) => crate::die(
            crate::EXIT_SETUP,
            &format!("cannot lock {}: {error}", path.display()),
        ),
    }
}

/// `--counter`: says whether another one is alive.
fn count(path: &Path) -> File {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let lock = PathBuf::from(lock);
    let file = open(&lock);
    let word = if locked(&file, &lock) {
        "start"
    } else {
        "DUPLICATE"
    };
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    crate::record::append(
        path,
        &format!("{word} {} {}", std::process::id(), now.as_millis()),
    );
    file
}

#[cfg(unix)]
fn lock_range(file: &File, start: u64, length: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the structure is plain data for which zero is valid; the descriptor is open.
    let result = unsafe {
        let mut range: libc::flock = std::mem::zeroed();
        range.l_type = libc::F_WRLCK as libc::c_short;
        range.l_whence = libc::SEEK_SET as libc::c_short;
        range.l_start = start as libc::off_t;
        range.l_len = length as libc::off_t;
        libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &range)
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// SQLite on Windows locks the pending byte, the reserved byte and the shared range one by one.
#[cfg(windows)]
fn lock_range(file: &File, start: u64, length: u64) -> io::Result<()> {
    use std::os::windows::io::AsRawHandle;
    use windows_sys::Win32::Storage::FileSystem::{
        LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
    };
    use windows_sys::Win32::System::IO::OVERLAPPED;
    for (start, length) in [(start, 1), (start + 1, 1), (start + 2, length - 2)] {
        // SAFETY: the handle is open; the structure gives the offset and lives through the call, which is
        // synchronous for a file that was not opened for overlapped use.
        let locked = unsafe {
            let mut place: OVERLAPPED = std::mem::zeroed();
            place.Anonymous.Anonymous.Offset = start as u32;
            let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
            LockFileEx(file.as_raw_handle(), flags, 0, length as u32, 0, &mut place)
        };
        if locked == 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
