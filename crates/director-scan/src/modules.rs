//! Which file an import names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files of a project by their paths.
#[derive(Debug)]
pub(crate) struct Modules {
    files: BTreeSet<PathBuf>,
}

impl Modules {
    pub(crate) fn new(files: &[PathBuf]) -> Self {
        Self {
            files: files.iter().cloned().collect(),
        }
    }

    /// The file of `import dotted` (level 0) or of `from ..dotted import` (one level for each dot), seen from `importer`.
    ///
    /// What is on Python's path is known only when the program starts, so an absolute name is looked up in each folder
    /// above the importer, the nearest to the root first, and in `src`.
    pub(crate) fn resolve(&self, importer: &Path, level: usize, dotted: &str) -> Option<PathBuf> {
        let tail: PathBuf = dotted.split('.').filter(|part| !part.is_empty()).collect();
        if level > 0 {
            let mut folder = importer.parent()?;
            for _ in 1..level {
                folder = folder.parent()?;
            }
            return self.module(&folder.join(tail));
        }
        if dotted.is_empty() {
            return None;
        }
        let mut bases: Vec<&Path> = importer.parent()?.ancestors().collect();
        bases.reverse();
        bases.insert(1.min(bases.len()), Path::new("src"));
        bases.iter().find_map(|base| self.module(&base.join(&tail)))
    }

    /// The file of a module whose path without its ending is `stem`.
    pub(crate) fn module(&self, stem: &Path) -> Option<PathBuf> {
        let package = stem.join("__init__.py");
        if self.files.contains(&package) {
            return Some(package);
        }
        let mut name = stem.file_name()?.to_owned();
        name.push(".py");
        let file = stem.with_file_name(name);
        self.files.contains(&file).then_some(file)
    }
}
