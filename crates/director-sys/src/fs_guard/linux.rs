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

/// File systems that others write to past this kernel, by the magic numbers of statfs(2) and the kernel's own headers.
const SHARED: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x0102_1997, "9P"),
    (0x5346_414F, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x6573_5546, "FUSE"),
    (0x786F_4256, "a shared folder of VirtualBox"),
];

pub(crate) fn hides_changes(path: &Path) -> io::Result<Option<&'static str>> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: an all-zero statfs is valid; it is plain numbers.
    let mut found: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: the name ends in NUL, and the structure is ours to be filled.
    check(unsafe { libc::statfs(name.as_ptr(), &raw mut found) })?;
    Ok(shared(found.f_type as u32))
}

/// The name of a shared file system.
fn shared(magic: u32) -> Option<&'static str> {
    SHARED
        .iter()
        .find(|(known, _)| *known == magic)
        .map(|(_, name)| *name)
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

#[cfg(test)]
mod tests {
    use super::shared;

    #[test]
    fn shared_file_systems_are_known_by_their_numbers() {
        // NFS, 9P and FUSE; ext4, tmpfs and overlayfs belong to this machine.
        let names = [0x6969, 0x0102_1997, 0x6573_5546].map(shared);
        assert_eq!(names, [Some("NFS"), Some("9P"), Some("FUSE")]);
        assert_eq!([0xEF53, 0x0102_1994, 0x794C_7630].map(shared), [None; 3]);
    }
}
