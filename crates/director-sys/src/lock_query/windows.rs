//! `LockFileEx` without waiting, and back at once.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;

use windows_sys::Win32::Foundation::{ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

use super::RangeLock;

pub(super) fn query(path: &Path, range: Range<u64>) -> io::Result<RangeLock> {
    let opened = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if is(&error, ERROR_SHARING_VIOLATION) => return Ok(RangeLock::Exclusive(None)),
        Err(error) => return Err(error),
    };
    if can_be_shared(&file, &range)? {
        return Ok(RangeLock::Open);
    }
    Ok(RangeLock::Exclusive(None))
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == i32::try_from(code).ok()
}

/// Takes a shared lock and gives it back.
fn can_be_shared(file: &File, range: &Range<u64>) -> io::Result<bool> {
    let length = range.end - range.start;
    let (low, high) = (length as u32, (length >> 32) as u32);
    // SAFETY: the structure is plain data for which zero is valid.
    let mut place: OVERLAPPED = unsafe { std::mem::zeroed() };
    place.Anonymous.Anonymous.Offset = range.start as u32;
    place.Anonymous.Anonymous.OffsetHigh = (range.start >> 32) as u32;
    // SAFETY: the handle is open; the structure gives the offset and outlives the call, which is synchronous for a file that was
    // not opened for overlapped use.
    let taken = unsafe {
        LockFileEx(
            file.as_raw_handle(),
            LOCKFILE_FAIL_IMMEDIATELY,
            0,
            low,
            high,
            &raw mut place,
        )
    };
    if taken == 0 {
        let error = io::Error::last_os_error();
        return if is(&error, ERROR_LOCK_VIOLATION) {
            Ok(false)
        } else {
            Err(error)
        };
    }
    // SAFETY: as above; this lock was taken a line before.
    unsafe { UnlockFileEx(file.as_raw_handle(), 0, low, high, &raw mut place) };
    Ok(true)
}
