//! Small things with files, done alike on every system.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The files of one extension in a folder, sorted.
pub(crate) fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a folder with all its content; one that is not there is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    if fs::symlink_metadata(folder).is_ok() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Copies a folder without the entries whose name is in `without`, at any depth.
pub(crate) fn copy_folder(from: &Path, to: &Path, without: &[&str]) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if without.iter().any(|skip| name.to_string_lossy() == *skip) {
            continue;
        }
        let (source, copy) = (entry.path(), to.join(&name));
        if source.is_dir() {
            copy_folder(&source, &copy, without)?;
        } else {
            fs::copy(&source, &copy).with_context(|| format!("cannot copy {}", source.display()))?;
        }
    }
    Ok(())
}

/// Writes a file that may be executed.
pub(crate) fn write_program(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// A symbolic link. Only the Linux recipes need one.
pub(crate) fn link(content: &Path, at: &Path) -> Result<()> {
    #[cfg(unix)]
    std::os::unix::fs::symlink(content, at)?;
    #[cfg(not(unix))]
    anyhow::bail!(
        "no link from {} to {} on this system",
        at.display(),
        content.display()
    );
    #[cfg(unix)]
    Ok(())
}
