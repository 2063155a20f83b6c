//! Paths of the file's system, which need not be this one.

use std::path::{Path, PathBuf};

/// A path that cannot be resolved: Windows would take it relative to a drive's current folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DriveRelative;

/// Whether a program's name is a path and not a bare name to be searched for; on Windows a drive makes it one, too.
pub(crate) fn has_separator(text: &str, windows: bool) -> bool {
    text.contains('/') || (windows && text.contains(['\\', ':']))
}

/// Makes `text` absolute, relative to `base`. On Windows both slashes separate.
pub(crate) fn resolve(base: &Path, text: &str, windows: bool) -> Result<PathBuf, DriveRelative> {
    if !windows {
        return Ok(join(base, text, '/'));
    }
    let text = text.replace('/', "\\");
    if text.starts_with(r"\\")
        || matches!(text.as_bytes(), [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic())
    {
        return Ok(PathBuf::from(text));
    }
    if text.starts_with('\\') || text.as_bytes().get(1) == Some(&b':') {
        return Err(DriveRelative);
    }
    Ok(join(base, &text, '\\'))
}

/// Joins, leaving out `.` components. `..` stays: what it means depends on links, which only the system can follow.
fn join(base: &Path, text: &str, separator: char) -> PathBuf {
    if text.starts_with(separator) {
        return PathBuf::from(text);
    }
    text.split(separator)
        .filter(|part| !matches!(*part, "" | "."))
        .fold(base.to_owned(), |path, part| path.join(part))
}

/// The folder a configuration stands in, absolute.
pub(crate) fn base_of(config: &Path) -> PathBuf {
    let absolute = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
    absolute.parent().map_or_else(|| absolute.clone(), Path::to_owned)
}

/// Whether two paths name the same folder, as far as the text tells.
pub(crate) fn same(one: &Path, other: &Path, windows: bool) -> bool {
    one == other
        || (windows
            && one
                .to_string_lossy()
                .eq_ignore_ascii_case(&other.to_string_lossy()))
}
