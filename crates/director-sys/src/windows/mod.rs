//! What the Windows halves share: owned handles, text, completion ports, processes, security descriptors.

pub(crate) mod child;
pub(crate) mod completion;
pub(crate) mod console_event;
pub(crate) mod environment;
pub(crate) mod guard;
pub(crate) mod job;
pub(crate) mod pipe;
pub(crate) mod process;
pub(crate) mod registry;
pub(crate) mod security;
pub(crate) mod snapshot;
pub(crate) mod text;
pub(crate) mod wait;

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;
use windows_sys::core::BOOL;

/// The result of a call that answers with a BOOL. The error is read before anything else can change it.
pub(crate) fn check(result: BOOL) -> io::Result<()> {
    if result == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Takes over a handle that a call has just created; null and `INVALID_HANDLE_VALUE` both mean that it failed.
///
/// # Safety
/// `handle` must be the fresh result of a call that gives ownership, or one of the two values for failure.
pub(crate) unsafe fn own(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: by the contract above the handle is valid and ours alone.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Whether the error is this Windows error code.
pub(crate) fn is_error(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code.cast_signed())
}

/// An error by its Windows code.
pub(crate) fn os_error(code: u32) -> io::Error {
    io::Error::from_raw_os_error(code.cast_signed())
}

/// The size of a structure, as calls take it.
pub(crate) fn size_of_u32<T>() -> u32 {
    // No structure of the interface comes near 4 GiB.
    size_of::<T>() as u32
}

/// `C:\Windows\System32`, from the system and not from a variable that anybody may set.
pub(crate) fn system_folder() -> io::Result<PathBuf> {
    let mut buffer = [0_u16; 260];
    // SAFETY: the buffer has the length that is passed.
    let length = unsafe { GetSystemDirectoryW(buffer.as_mut_ptr(), buffer.len() as u32) } as usize;
    check((length > 0 && length < buffer.len()).into())?;
    Ok(PathBuf::from(OsString::from_wide(&buffer[..length])))
}
