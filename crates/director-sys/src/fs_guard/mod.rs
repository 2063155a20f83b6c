//! Files and folders where rights, space or replacement differ between the systems.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::path::Path;

/// Creates a folder (and missing parents) that only we may enter: mode 0700, or a protected access list of SYSTEM,
/// Administrators and the owner. One that exists already is brought to the same rights, when it is ours.
///
/// # Errors
/// `PermissionDenied` when it belongs to somebody else (or is a link on Linux); otherwise what the system said.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    imp::create_private_dir(path)
}

/// The bytes that we may still write to the disk that holds `path`, quotas included where the system tells.
///
/// # Errors
/// What asking met.
pub fn free_space(path: &Path) -> io::Result<u64> {
    imp::free_space(path)
}

/// Puts `tmp` in the place of `to`, in one step: a reader sees the old file or the new one. Both must be on one disk.
/// Windows: retried (bounded) while somebody has the old file open without sharing deletion.
///
/// # Errors
/// What the system said; `tmp` is left where it is.
pub fn replace_file(tmp: &Path, to: &Path) -> io::Result<()> {
    imp::replace_file(tmp, to)
}

/// What keeps the system from telling of every change below `path`, if something does: a network drive or a folder shared by a
/// virtual machine's host, where others write past this system. A path that does not exist is judged by its parents.
///
/// Linux: the type of the file system (`statfs(2)`): NFS, SMB, CIFS, 9P, AFS, Ceph, Coda, FUSE (`sshfs` and the like), vboxsf.
/// Windows: `GetDriveTypeW` says "remote", or the path is a share.
///
/// # Errors
/// What asking met.
pub fn hides_changes(path: &Path) -> io::Result<Option<&'static str>> {
    let existing = path
        .ancestors()
        .find(|parent| parent.exists())
        .ok_or(io::ErrorKind::NotFound)?;
    imp::hides_changes(existing)
}

/// A text that is equal for equal files: the canonical path (of the deepest existing parent for a path that does not exist),
/// case-folded on Windows.
///
/// # Errors
/// When no parent can be resolved.
pub fn canonical_key(path: &Path) -> io::Result<String> {
    imp::canonical_key(path)
}

/// The real path of `path`, resolving the deepest parent that exists and keeping the rest as written.
fn canonical_path(path: &Path) -> io::Result<std::path::PathBuf> {
    let absolute = std::path::absolute(path)?;
    let mut existing = absolute.as_path();
    loop {
        match existing.canonicalize() {
            Ok(real) => {
                let rest = absolute.strip_prefix(existing).map_err(io::Error::other)?;
                return Ok(if rest.as_os_str().is_empty() {
                    real
                } else {
                    real.join(rest)
                });
            }
            Err(error) => existing = existing.parent().ok_or(error)?,
        }
    }
}
