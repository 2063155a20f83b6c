//! Drive types, and the real names behind drive letters.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, Prefix};

use windows_sys::Win32::Storage::FileSystem::{GetDiskFreeSpaceExW, GetDriveTypeW, GetVolumePathNameW};
use windows_sys::Win32::System::WindowsProgramming::{
    DRIVE_CDROM, DRIVE_FIXED, DRIVE_RAMDISK, DRIVE_REMOTE, DRIVE_REMOVABLE,
};

use super::{Space, VolumeKind, existing_folder};
use crate::program::windows::without_verbatim;
use crate::windows::check;
use crate::windows::text::{from_wide, wide};

pub(super) fn space(folder: &Path) -> io::Result<Space> {
    let name = wide(folder)?;
    let (mut free_bytes, mut total_bytes) = (0, 0);
    // SAFETY: the name ends in NUL; the unwanted result is null; the out parameters live through the call.
    check(unsafe {
        GetDiskFreeSpaceExW(
            name.as_ptr(),
            &mut free_bytes,
            &mut total_bytes,
            std::ptr::null_mut(),
        )
    })?;
    Ok(Space {
        free_bytes,
        total_bytes,
    })
}

pub(super) fn kind(path: &Path) -> io::Result<VolumeKind> {
    // The real path of a connected drive is that of its share.
    let existing = existing_folder(path).ok();
    let real = existing.and_then(|folder| folder.canonicalize().ok());
    let known = real.as_deref().unwrap_or(path);
    if let Some(share) = share(known).or_else(|| share(path)) {
        return Ok(VolumeKind::Network { share });
    }
    let root = volume_root(&without_verbatim(known))?;
    // SAFETY: the root ends in a backslash and NUL, as GetDriveTypeW wants it.
    Ok(match unsafe { GetDriveTypeW(root.as_ptr()) } {
        DRIVE_FIXED | DRIVE_RAMDISK => VolumeKind::Local,
        DRIVE_REMOVABLE | DRIVE_CDROM => VolumeKind::Removable,
        DRIVE_REMOTE => VolumeKind::Network {
            share: from_wide(&root).to_string_lossy().into_owned(),
        },
        _ => VolumeKind::Unknown,
    })
}

/// `\\server\share` of a path that leads to one.
fn share(path: &Path) -> Option<String> {
    let Component::Prefix(prefix) = path.components().next()? else {
        return None;
    };
    let name = |server: &OsStr, share: &OsStr| {
        format!(r"\\{}\{}", server.to_string_lossy(), share.to_string_lossy())
    };
    match prefix.kind() {
        Prefix::UNC(server, share) | Prefix::VerbatimUNC(server, share) => Some(name(server, share)),
        Prefix::Verbatim(_) | Prefix::VerbatimDisk(_) | Prefix::DeviceNS(_) | Prefix::Disk(_) => None,
    }
}

/// The root of the volume, which may be mounted in a folder; with its backslash and a NUL.
fn volume_root(path: &Path) -> io::Result<Vec<u16>> {
    let name = wide(path)?;
    // The documentation of GetVolumePathNameW: as long as the path is enough, and one for the backslash.
    let mut root = vec![0_u16; name.len().max(260) + 1];
    // SAFETY: the name ends in NUL, and the buffer has the length that is passed.
    check(unsafe { GetVolumePathNameW(name.as_ptr(), root.as_mut_ptr(), root.len() as u32) })?;
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_named_without_asking_for_them() {
        let named = Some(r"\\nas\data".to_owned());
        assert_eq!(share(Path::new(r"\\nas\data\app\app.db")), named);
        assert_eq!(share(Path::new(r"\\?\UNC\nas\data\app.db")), named);
        assert_eq!(share(Path::new(r"C:\app\app.db")), None);
        assert_eq!(share(Path::new(r"\\?\C:\app\app.db")), None);
    }
}
