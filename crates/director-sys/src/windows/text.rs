//! Text as Windows wants it: UTF-16 with a closing NUL.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};

/// UTF-16 with a closing NUL.
///
/// # Errors
/// `InvalidInput` when the text contains a NUL: Windows would silently use its first part.
pub(crate) fn wide(text: impl AsRef<OsStr>) -> io::Result<Vec<u16>> {
    let mut units: Vec<u16> = text.as_ref().encode_wide().collect();
    if units.contains(&0) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the text contains a NUL character",
        ));
    }
    units.push(0);
    Ok(units)
}

/// The text in a buffer, up to its first NUL or its end.
pub(crate) fn from_wide(units: &[u16]) -> OsString {
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    OsString::from_wide(&units[..end])
}

/// The text at a pointer.
///
/// # Safety
/// `text` must point to UTF-16 units that end in a NUL and do not change during the call.
pub(crate) unsafe fn from_wide_pointer(text: *const u16) -> OsString {
    let mut length = 0;
    // SAFETY: by the contract every unit up to and including the NUL may be read.
    while unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: `length` units were just read.
    OsString::from_wide(unsafe { std::slice::from_raw_parts(text, length) })
}
