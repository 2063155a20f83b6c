//! Which files and folders of a root count.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use director_core::spec::{ServiceSpec, WatchSpec};

/// Folders that hold no source of the application, by name.
const FOLDERS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "__pycache__",
    "site-packages",
    ".director",
];
/// The side files of SQLite, and the traces of editors.
const FILES: &[&str] = &[
    "*-wal",
    "*-shm",
    "*-journal",
    "*~",
    "*.swp",
    "*.swx",
    ".#*",
    "*/.#*",
    "#*#",
    "*/#*#",
];

/// The rules of one root.
pub(super) struct Filter {
    root: PathBuf,
    patterns: GlobSet,
    ignore: GlobSet,
    /// Whole trees that never count.
    skipped: Vec<PathBuf>,
}

impl Filter {
    /// None when a pattern is no glob, which the configuration has ruled out.
    pub(super) fn new(root: &Path, watch: &WatchSpec, skipped: Vec<PathBuf>) -> Option<Self> {
        let ignored: Vec<&str> = watch
            .ignore
            .iter()
            .map(String::as_str)
            .chain(FILES.iter().copied())
            .collect();
        let wanted: Vec<&str> = watch.patterns.iter().map(String::as_str).collect();
        Some(Self {
            root: root.to_path_buf(),
            patterns: globs(&wanted)?,
            ignore: globs(&ignored)?,
            skipped,
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a change of this file counts.
    pub(super) fn wants(&self, path: &Path) -> bool {
        // A root that is a file was named, which is as clear as a wish can be.
        if path == self.root {
            return true;
        }
        let Some(below) = self.below(path) else {
            return false;
        };
        self.patterns.is_match(&below)
            && !self.ignore.is_match(&below)
            && path.parent().is_some_and(|folder| self.enters(folder))
    }

    /// Whether files in this folder, or below it, can count.
    pub(super) fn enters(&self, folder: &Path) -> bool {
        let Ok(below) = folder.strip_prefix(&self.root) else {
            return false;
        };
        if self.skipped.iter().any(|skipped| folder.starts_with(skipped)) {
            return false;
        }
        let mut so_far = PathBuf::new();
        below.components().all(|component| {
            so_far.push(component);
            let name = component.as_os_str();
            !FOLDERS.iter().any(|known| name.eq_ignore_ascii_case(known))
                && !self.ignore.is_match(&so_far)
                && !self.root.join(&so_far).join("pyvenv.cfg").is_file()
        })
    }

    fn below(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_path_buf)
    }
}

/// `*` crosses folders; on Windows case does not matter.
fn globs(texts: &[&str]) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text)
            .case_insensitive(std::env::consts::OS == "windows")
            .literal_separator(false)
            .build();
        set.add(glob.ok()?);
    }
    set.build().ok()
}

/// Folders of the interpreter that runs a service: its own library is no source of the application.
pub(super) fn program_folder(service: &ServiceSpec) -> Option<PathBuf> {
    let program = Path::new(service.command.first()?);
    let folder = program.parent().filter(|folder| folder.is_absolute())?;
    // A program that lies beside the application's files takes nothing away from them.
    (!service.cwd.starts_with(folder)).then(|| folder.to_path_buf())
}
