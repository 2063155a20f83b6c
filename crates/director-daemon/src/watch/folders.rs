//! The folders that the system tells of.
//!
//! Linux watches folder by folder, so only those are watched in which a file can count: not `.git`, not `node_modules`.
//! Windows watches whole trees, and what does not count is sorted out as it comes.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::area::Area;

/// What is watched for all areas.
pub(super) struct Folders {
    system: Result<RecommendedWatcher, String>,
    watched: BTreeSet<PathBuf>,
}

impl Folders {
    pub(super) fn new(listener: impl FnMut(notify::Result<notify::Event>) + Send + 'static) -> Self {
        Self {
            system: RecommendedWatcher::new(listener, notify::Config::default())
                .map_err(|error| explain(&error)),
            watched: BTreeSet::new(),
        }
    }

    /// Watches the roots of an area; of one that is not there the nearest folder that is, so that its arrival is heard.
    pub(super) fn add_area(&mut self, area: &Area) -> Result<(), String> {
        for root in area.roots() {
            self.add_root(root, area)?;
        }
        Ok(())
    }

    fn add_root(&mut self, root: &Path, area: &Area) -> Result<(), String> {
        loop {
            if root.is_dir() {
                // That a folder went or was replaced is told by the one above it.
                for above in area.above(root) {
                    let _ = self.add(above, RecursiveMode::NonRecursive);
                }
                return self.add_tree(root, area);
            }
            let nearest = || root.ancestors().skip(1).find(|above| above.is_dir());
            let Some(above) = nearest() else { return Ok(()) };
            let added = self.add(above, RecursiveMode::NonRecursive);
            // What came before the watch stood was told to nobody: then it begins anew, nearer.
            if !root.is_dir() && nearest() == Some(above) {
                return added;
            }
        }
    }

    /// Watches a folder and all below it that an area enters.
    pub(super) fn add_tree(&mut self, folder: &Path, area: &Area) -> Result<(), String> {
        if watches_trees() {
            let covered = folder
                .ancestors()
                .skip(1)
                .any(|above| self.watched.contains(above) && area.roots().any(|root| root == above));
            return if covered {
                Ok(())
            } else {
                self.add(folder, RecursiveMode::Recursive)
            };
        }
        let mut outcome = Ok(());
        let mut waiting = vec![folder.to_path_buf()];
        while let Some(folder) = waiting.pop() {
            if !area.enters(&folder) {
                continue;
            }
            // Watched before it is read: a folder that comes in between is found or told, never neither.
            let added = self.add(&folder, RecursiveMode::NonRecursive);
            // One that is gone by now is no trouble; its parent tells.
            if outcome.is_ok() && folder.is_dir() {
                outcome = added;
            }
            waiting.extend(subfolders(&folder));
        }
        outcome
    }

    /// A folder went or was moved: neither it nor what is below it is watched any more. Whether any of it was.
    pub(super) fn forget(&mut self, path: &Path) -> bool {
        let below: Vec<PathBuf> = self
            .watched
            .range::<Path, _>((Bound::Included(path), Bound::Unbounded))
            .take_while(|known| known.starts_with(path))
            .cloned()
            .collect();
        for folder in &below {
            self.watched.remove(folder);
            if let Ok(system) = &mut self.system {
                // It may have noticed the end itself.
                let _ = system.unwatch(folder);
            }
        }
        !below.is_empty()
    }

    fn add(&mut self, folder: &Path, mode: RecursiveMode) -> Result<(), String> {
        let system = self.system.as_mut().map_err(|error| error.clone())?;
        if self.watched.contains(folder) {
            return Ok(());
        }
        system.watch(folder, mode).map_err(|error| explain(&error))?;
        self.watched.insert(folder.to_path_buf());
        Ok(())
    }
}

/// The folders in a folder; links are not followed.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(is_folder)
        .map(|entry| entry.path())
        .collect()
}

fn watches_trees() -> bool {
    std::env::consts::OS == "windows"
}

/// What is wrong, and what helps.
fn explain(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached (raise fs.inotify.max_user_watches with sysctl, or narrow \
             watch.paths and watch.ignore)"
                .to_owned()
        }
        _ => format!("the system cannot watch these files ({error})"),
    }
}
