//! Access lists, disk space and replacement on Windows.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::{Component, Path, Prefix};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_SHARING_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    CreateDirectoryW, GetDiskFreeSpaceExW, GetDriveTypeW, MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH,
    MoveFileExW,
};

use windows_sys::Win32::System::WindowsProgramming::DRIVE_REMOTE;

use crate::program::windows::without_verbatim;
use crate::windows::security::{ADMINISTRATORS, Access, SYSTEM, current_user, owner_of_path};
use crate::windows::text::wide;
use crate::windows::{check, is_error};

/// How long a replacement waits for a scanner or an editor to let go of the old file.
const REPLACE_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    let user = current_user()?;
    // Full rights for SYSTEM, Administrators and us, for all that will be inside too; protected: nothing from the parent.
    let access = Access::from_sddl(&format!(
        "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{})",
        user.text()
    ))?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    let name = wide(path)?;
    let attributes = access.attributes();
    // SAFETY: the name ends in NUL and the attributes live through the call.
    match check(unsafe { CreateDirectoryW(name.as_ptr(), &attributes) }) {
        Ok(()) => return Ok(()),
        Err(error) if is_error(&error, ERROR_ALREADY_EXISTS) => {}
        Err(error) => return Err(error),
    }
    if !path.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            "it exists and is no folder",
        ));
    }
    let owner = owner_of_path(path)?;
    // What an elevated administrator creates belongs to the group.
    if owner != user && owner.text() != ADMINISTRATORS && owner.text() != SYSTEM {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("the folder belongs to {}", owner.account()),
        ));
    }
    access.put_on(path)
}

pub(crate) fn free_space(path: &Path) -> io::Result<u64> {
    let name = wide(path)?;
    let mut free = 0;
    // SAFETY: the name ends in NUL; unwanted results are null; the out parameter lives through the call.
    check(unsafe {
        GetDiskFreeSpaceExW(
            name.as_ptr(),
            &mut free,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    })?;
    Ok(free)
}

pub(crate) fn hides_changes(path: &Path) -> io::Result<Option<&'static str>> {
    let absolute = without_verbatim(&std::path::absolute(path)?);
    let Some(Component::Prefix(prefix)) = absolute.components().next() else {
        return Ok(None);
    };
    if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)) {
        return Ok(Some("a network share"));
    }
    let mut root = prefix.as_os_str().to_owned();
    root.push("\\");
    let root = wide(&root)?;
    // SAFETY: the root path ends in a backslash and NUL, as GetDriveTypeW wants it.
    let kind = unsafe { GetDriveTypeW(root.as_ptr()) };
    Ok((kind == DRIVE_REMOTE).then_some("a network drive"))
}

pub(crate) fn replace_file(tmp: &Path, to: &Path) -> io::Result<()> {
    let (from, onto) = (wide(tmp)?, wide(to)?);
    let until = Instant::now() + REPLACE_LIMIT;
    let mut pause = Duration::from_millis(5);
    loop {
        // SAFETY: both names end in NUL.
        let error = match check(unsafe {
            MoveFileExW(
                from.as_ptr(),
                onto.as_ptr(),
                MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH,
            )
        }) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let held = is_error(&error, ERROR_SHARING_VIOLATION) || is_error(&error, ERROR_ACCESS_DENIED);
        if !held || to.is_dir() || Instant::now() + pause >= until {
            return Err(error);
        }
        // The system tells nobody when a file is closed.
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

pub(crate) fn canonical_key(path: &Path) -> io::Result<String> {
    let real = without_verbatim(&super::canonical_path(path)?);
    Ok(fold(real.as_os_str()))
}

/// Upper case by characters that have a single one, which is how file systems compare.
fn fold(text: &OsStr) -> String {
    let units: Vec<u16> = text.encode_wide().collect();
    String::from_utf16_lossy(&units)
        .chars()
        .map(|character| {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(single), None) => single,
                _ => character,
            }
        })
        .collect()
}
