//! The environment of a child as one block: `NAME=value`, each ended by a NUL, sorted, ended by one more NUL.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::ffi::OsStrExt;

use windows_sys::Win32::Globalization::{CSTR_EQUAL, CSTR_LESS_THAN, CompareStringOrdinal};

/// Makes the block. Names differ only in more than case; of two that do not, the later one counts.
///
/// # Errors
/// `InvalidInput` for a name that is empty or has a `=` after its first character, and for any NUL.
pub(crate) fn block(variables: &[(OsString, OsString)]) -> io::Result<Vec<u16>> {
    let mut entries: Vec<(Vec<u16>, &OsStr)> = Vec::with_capacity(variables.len());
    for (name, value) in variables {
        entries.push((valid_name(name)?, value));
    }
    // Stable: of equal names the later one stays later.
    entries.sort_by(|a, b| compare(&a.0, &b.0));
    let mut block = Vec::new();
    for (index, (name, value)) in entries.iter().enumerate() {
        if entries
            .get(index + 1)
            .is_some_and(|next| compare(name, &next.0) == Ordering::Equal)
        {
            continue;
        }
        let begin = block.len();
        block.extend_from_slice(name);
        block.push(u16::from(b'='));
        block.extend(value.encode_wide());
        if block[begin..].contains(&0) {
            return Err(invalid(&format!(
                "the value of `{}` contains a NUL character",
                String::from_utf16_lossy(name)
            )));
        }
        block.push(0);
    }
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    Ok(block)
}

fn valid_name(name: &OsStr) -> io::Result<Vec<u16>> {
    let units: Vec<u16> = name.encode_wide().collect();
    // Names like `=C:` are the system's own, for the current folder of each drive.
    if units.is_empty()
        || units[1..].contains(&u16::from(b'='))
        || units == [u16::from(b'=')]
        || units.contains(&0)
    {
        return Err(invalid(&format!(
            "`{}` cannot be the name of an environment variable",
            name.display()
        )));
    }
    Ok(units)
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// The order that the system keeps its own blocks in: by code units, case ignored by the system's table.
fn compare(a: &[u16], b: &[u16]) -> Ordering {
    let length = |units: &[u16]| i32::try_from(units.len()).unwrap_or(i32::MAX);
    // SAFETY: both texts are passed with their lengths.
    match unsafe { CompareStringOrdinal(a.as_ptr(), length(a), b.as_ptr(), length(b), 1) } {
        CSTR_LESS_THAN => Ordering::Less,
        CSTR_EQUAL => Ordering::Equal,
        _ => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests;
