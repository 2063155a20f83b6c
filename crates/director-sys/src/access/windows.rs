//! Opening with a right asks the system whether we have it; access lists tell about others.

use std::io;
use std::path::Path;
use std::ptr::null;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_WRITE_PROTECT, GENERIC_ALL, GENERIC_READ,
    GENERIC_WRITE,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, DELETE, FILE_ADD_FILE, FILE_APPEND_DATA, FILE_DELETE_CHILD, FILE_EXECUTE,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_DATA, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_WRITE_DATA, OPEN_EXISTING, WRITE_DAC, WRITE_OWNER,
};

use crate::windows::guard::Guard;
use crate::windows::text::wide;
use crate::windows::{is_error, own};

/// Rights that let somebody take all others, or the place of the object.
const OVER: u32 = DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;

pub(super) fn may_write_dir(path: &Path) -> io::Result<bool> {
    if !std::fs::metadata(path)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    may(path, FILE_ADD_FILE)
}

pub(super) fn may_execute(path: &Path) -> io::Result<bool> {
    may(path, FILE_EXECUTE)
}

fn may(path: &Path, right: u32) -> io::Result<bool> {
    let name = wide(path)?;
    // SAFETY: the name ends in NUL; the fresh handle is owned at once.
    let opened = unsafe {
        own(CreateFileW(
            name.as_ptr(),
            right,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            null(),
            OPEN_EXISTING,
            FILE_FLAG_BACKUP_SEMANTICS,
            std::ptr::null_mut(),
        ))
    };
    match opened {
        Ok(_) => Ok(true),
        // Who has the file open otherwise says nothing about rights.
        Err(error) if is_error(&error, ERROR_SHARING_VIOLATION) => Ok(true),
        Err(error) if is_error(&error, ERROR_ACCESS_DENIED) || is_error(&error, ERROR_WRITE_PROTECT) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn changed_by(path: &Path) -> io::Result<Option<String>> {
    Guard::of_path(path)?.other_with(FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | OVER)
}

pub(super) fn replaced_by(folder: &Path) -> io::Result<Option<String>> {
    // A right to add something replaces nothing that is there.
    Guard::of_path(folder)?.other_with(FILE_DELETE_CHILD | OVER)
}

pub(super) fn read_by(path: &Path) -> io::Result<Option<String>> {
    Guard::of_path(path)?.other_with(FILE_READ_DATA | GENERIC_READ | OVER)
}
