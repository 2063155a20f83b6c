//! What this account, and what others, may do with files and folders, asked without doing it.

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

/// Whether this process may create files in a folder.
///
/// # Errors
/// The folder is not there, or cannot be asked about.
pub fn may_write_dir(path: &Path) -> io::Result<bool> {
    imp::may_write_dir(path)
}

/// Whether this process has the right to execute a file. Whether it is a program is another question.
///
/// # Errors
/// The file is not there, is no regular file, or cannot be asked about.
pub fn may_execute(path: &Path) -> io::Result<bool> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    imp::may_execute(path)
}

/// Who else may change a file or folder, or put another one in its place by a right to a folder above it; the first one that is
/// found, in words for people. This account and the system's own (root; SYSTEM, the Administrators, the installer of Windows)
/// are nobody else.
///
/// Linux: owners and permission bits; an access list shows in the bits of the group. A folder with the sticky bit lets nobody
/// replace what is ours. The group of this account is taken for its own. Windows: owners and access lists. Links are followed to
/// their end, and the folders of both are looked at.
///
/// # Errors
/// It is not there, or its rights cannot be read.
pub fn writable_by_others(path: &Path) -> io::Result<Option<String>> {
    let named = std::path::absolute(path)?;
    let real = named.canonicalize()?;
    if let Some(who) = imp::changed_by(&real)? {
        return Ok(Some(who));
    }
    let folders = real.ancestors().skip(1).chain(named.ancestors().skip(1));
    for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
        if let Some(who) = imp::replaced_by(folder)? {
            return Ok(Some(format!("{who}, by a right to the folder {}", shown(folder))));
        }
    }
    Ok(None)
}

/// Who else may read a file, likewise. A folder above it that keeps others out is not regarded.
///
/// # Errors
/// It is not there, or its rights cannot be read.
pub fn readable_by_others(path: &Path) -> io::Result<Option<String>> {
    imp::read_by(&path.canonicalize()?)
}

/// Without the prefix that Windows gives to real paths.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    match text.strip_prefix(r"\\?\UNC\") {
        Some(share) => format!(r"\\{share}"),
        None => text.strip_prefix(r"\\?\").unwrap_or(&text).to_owned(),
    }
}
