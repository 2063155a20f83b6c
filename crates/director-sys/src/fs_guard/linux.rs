//! Folders of mode 0700, `statvfs`, `rename`.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use crate::accounts::imp::effective_uid;
use crate::linux::check;

const PRIVATE_MODE: u32 = 0o700;

pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(PRIVATE_MODE).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // Not following links: in a shared folder somebody else may have put one here first.
    let metadata = fs::symlink_metadata(path)?;
    let denied = |text: &str| {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{}: {text}", path.display()),
        ))
    };
    if !metadata.is_dir() {
        return denied("it is not a folder");
    }
    if metadata.uid() != effective_uid() {
        return denied("it belongs to somebody else");
    }
    if metadata.mode() & 0o777 != PRIVATE_MODE {
        fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE_MODE))?;
    }
    Ok(())
}

pub(crate) fn free_space(path: &Path) -> io::Result<u64> {
    let text = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: statvfs is plain data for which all zeroes is a valid value.
    let mut found: libc::statvfs64 = unsafe { std::mem::zeroed() };
    // SAFETY: `text` is NUL-terminated and `found` valid for writing.
    check(unsafe { libc::statvfs64(text.as_ptr(), &raw mut found) })?;
    // The blocks that root alone may use count for root only.
    let blocks = if effective_uid() == 0 {
        found.f_bfree
    } else {
        found.f_bavail
    };
    Ok(blocks.saturating_mul(found.f_frsize))
}

pub(crate) fn replace_file(tmp: &Path, to: &Path) -> io::Result<()> {
    fs::rename(tmp, to)
}

pub(crate) fn canonical_key(path: &Path) -> io::Result<String> {
    let real = super::canonical_path(path)?;
    // A lossy text could make two folders one; such bytes are written out instead.
    Ok(match real.to_str() {
        Some(text) => text.to_owned(),
        None => real.as_os_str().as_bytes().escape_ascii().to_string(),
    })
}
