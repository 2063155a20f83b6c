//! `faccessat` with the effective ids for us; owners and mode bits for others.

use std::ffi::CString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::accounts::imp::{effective_uid, name_of};

const READ: u32 = 0o4;
const WRITE: u32 = 0o2;
const STICKY: u32 = 0o1000;

pub(super) fn may_write_dir(path: &Path) -> io::Result<bool> {
    may(path, libc::W_OK | libc::X_OK)
}

pub(super) fn may_execute(path: &Path) -> io::Result<bool> {
    may(path, libc::X_OK)
}

fn may(path: &Path, mode: libc::c_int) -> io::Result<bool> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the text is terminated and outlives the call.
    let allowed = unsafe { libc::faccessat(libc::AT_FDCWD, name.as_ptr(), mode, libc::AT_EACCESS) };
    if allowed == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EROFS | libc::EPERM) => Ok(false),
        _ => Err(error),
    }
}

pub(super) fn changed_by(path: &Path) -> io::Result<Option<String>> {
    let meta = fs::metadata(path)?;
    Ok(owner(&meta).or_else(|| by_mode(&meta, WRITE)))
}

pub(super) fn replaced_by(folder: &Path) -> io::Result<Option<String>> {
    let meta = fs::metadata(folder)?;
    if let Some(owner) = owner(&meta) {
        return Ok(Some(owner));
    }
    // There only the owner of an entry may rename or remove it, and those have been looked at.
    Ok(if meta.mode() & STICKY == 0 {
        by_mode(&meta, WRITE)
    } else {
        None
    })
}

pub(super) fn read_by(path: &Path) -> io::Result<Option<String>> {
    let meta = fs::metadata(path)?;
    Ok(owner(&meta).or_else(|| by_mode(&meta, READ)))
}

/// The owner can give itself every right.
fn owner(meta: &Metadata) -> Option<String> {
    let owner = meta.uid();
    (owner != 0 && owner != effective_uid()).then(|| format!("the account {}", name_of(owner)))
}

fn by_mode(meta: &Metadata, right: u32) -> Option<String> {
    let group = meta.gid();
    if meta.mode() & right != 0 {
        return Some("everybody".to_owned());
    }
    let has_right = meta.mode() & (right << 3) != 0;
    (has_right && group != 0 && group != own_group()).then(|| format!("the group with the number {group}"))
}

fn own_group() -> u32 {
    // SAFETY: getegid has no preconditions and cannot fail.
    unsafe { libc::getegid() }
}
