//! The Python files of a folder, within bounds.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::place::Skipped;

/// Larger files are generated ones, or no source at all.
pub(crate) const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;
/// A project with more is a whole installation that was named by mistake.
pub(crate) const MAX_FILES: usize = 20_000;
/// Folders that are looked into, so that a tree without any Python ends as well.
const MAX_FOLDERS: usize = 50_000;

/// Folders that hold the code of others.
const FOREIGN: &[&str] = &["__pycache__", "node_modules", "site-packages", "dist-packages"];

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Relative to the root, in the order of their names.
    pub(crate) python: Vec<PathBuf>,
    pub(crate) skipped: Vec<Skipped>,
    /// False when a bound ended the search.
    pub(crate) complete: bool,
}

/// Lists the Python files below `root`. Links are not followed: they lead out of the project, or in circles.
pub(crate) fn list(root: &Path) -> Listing {
    let mut found = Listing {
        complete: true,
        ..Listing::default()
    };
    let mut folders = vec![PathBuf::new()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        seen += 1;
        if seen > MAX_FOLDERS || found.python.len() >= MAX_FILES {
            found.complete = false;
            break;
        }
        read_folder(root, &folder, &mut folders, &mut found);
    }
    if found.python.len() > MAX_FILES {
        found.complete = false;
        found.python.truncate(MAX_FILES);
    }
    found.python.sort();
    found.skipped.sort();
    found
}

fn read_folder(root: &Path, folder: &Path, folders: &mut Vec<PathBuf>, found: &mut Listing) {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) => {
            found.skipped.push(Skipped {
                file: folder.to_owned(),
                reason: format!("cannot be listed: {error}"),
            });
            return;
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(text) = name.to_str() else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        let path = folder.join(&name);
        if kind.is_dir() {
            if !is_foreign(text, &entry.path()) {
                folders.push(path);
            }
        } else if kind.is_file() && has_python_name(text) {
            found.python.push(path);
        }
    }
}

fn has_python_name(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("py"))
}

/// Hidden folders, installed packages, and virtual environments whatever their name.
fn is_foreign(name: &str, path: &Path) -> bool {
    name.starts_with('.')
        || FOREIGN.contains(&name)
        || path.join("pyvenv.cfg").is_file()
        || path.join("conda-meta").is_dir()
}

/// The text of a file, or why there is none.
pub(crate) fn read(root: &Path, file: &Path) -> Result<String, Skipped> {
    let skip = |reason: String| Skipped {
        file: file.to_owned(),
        reason,
    };
    let open = fs::File::open(root.join(file)).map_err(|error| skip(format!("cannot be read: {error}")))?;
    let mut bytes = Vec::new();
    open.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| skip(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(skip(format!("is larger than {} MiB", MAX_FILE_BYTES >> 20)));
    }
    if bytes.contains(&0) {
        return Err(skip("holds zero bytes and is no source".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| skip("is not UTF-8".to_owned()))?;
    // A byte order mark is no part of the first word.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
