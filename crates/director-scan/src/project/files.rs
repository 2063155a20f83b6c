//! The files of a folder, listed once and within bounds.

use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// So many files are listed; the rest is not seen.
const MOST_FILES: usize = 20_000;
/// No folder deeper than this is entered.
const DEEPEST: usize = 8;
/// No more of a file is read.
const MOST_BYTES: u64 = 512 * 1024;

/// Folders whose content is not the application's own.
const FOREIGN: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".idea",
    ".vscode",
    ".director",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    "__pycache__",
    "bower_components",
    "build",
    "node_modules",
    "obj",
    "site-packages",
    "target",
];

/// The files below a root, nearest first.
pub(super) struct Files {
    root: PathBuf,
    /// Below the root, with `/`.
    list: Vec<String>,
}

impl Files {
    pub(super) fn list(root: &Path) -> Self {
        let mut list = Vec::new();
        let mut folders = VecDeque::from([(root.to_path_buf(), String::new(), 0)]);
        while let Some((folder, below, depth)) = folders.pop_front() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
            // By name, so that the same folder always gives the same answer.
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                // A name that is no text cannot be written into a configuration.
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let Ok(kind) = entry.file_type() else { continue };
                let path = join(&below, &name);
                if kind.is_dir() {
                    // A link to a folder is none here, so there is no way around in circles.
                    if depth < DEEPEST && !is_foreign(&entry.path(), &name) {
                        folders.push_back((entry.path(), path, depth + 1));
                    }
                } else if list.len() < MOST_FILES && (kind.is_file() || entry.path().is_file()) {
                    list.push(path);
                }
            }
        }
        Self {
            root: root.to_path_buf(),
            list,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(String::as_str)
    }

    /// Those of one name, in any letter case.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |path| file_name(path).eq_ignore_ascii_case(name))
    }

    /// Whether the file is there, listed or not.
    pub(super) fn has(&self, path: &str) -> bool {
        self.path(path).is_file()
    }

    pub(super) fn has_folder(&self, path: &str) -> bool {
        self.path(path).is_dir()
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The folders within a folder, listed or not.
    pub(super) fn folders_in(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(path)) else {
            return Vec::new();
        };
        let folders = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = folders
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The beginning of a file as text; what is no UTF-8 is replaced.
    pub(super) fn read(&self, path: &str) -> Option<String> {
        let bytes = self.bytes(path, MOST_BYTES)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// The first bytes of a file.
    pub(super) fn bytes(&self, path: &str, most: u64) -> Option<Vec<u8>> {
        let path = self.path(path);
        // A named pipe would be waited for.
        if !path.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        fs::File::open(path)
            .ok()?
            .take(most)
            .read_to_end(&mut bytes)
            .ok()?;
        Some(bytes)
    }
}

fn is_foreign(path: &Path, name: &str) -> bool {
    FOREIGN.contains(&name)
        || path.join("pyvenv.cfg").is_file()
        // An interpreter that was put beside the application, with its whole library.
        || path.join("python.exe").is_file()
        || path.join("bin/python3").exists()
}

/// A path below a folder; an empty folder is the root.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else if name.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The folder of a path; empty for the root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The name without its last extension.
pub(super) fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// How many folders a path is below the root.
pub(super) fn depth(path: &str) -> i32 {
    i32::try_from(path.matches('/').count()).unwrap_or(i32::MAX)
}

/// A folder and those above it, up to the root.
pub(super) fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| parent(folder))
    })
}

/// A path as seen from `folder`, when it lies below.
pub(super) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}
