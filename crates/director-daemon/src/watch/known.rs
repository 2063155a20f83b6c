//! What was there at the last look: the stamp and the content's hash of each file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Of so many files the content is remembered; each costs its path and 48 bytes. What is beyond counts as changed whenever the
/// system tells of it.
const MOST_FILES: usize = 100_000;
/// Of a larger file only size and time are compared.
const HASHED_BYTES: u64 = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    hash: Option<u64>,
}

/// The files of an area.
#[derive(Default)]
pub(super) struct Known {
    files: BTreeMap<PathBuf, Stamp>,
}

impl Known {
    /// Remembers a file as it is, unless it changed after `begun`: then its first look counts as a change.
    pub(super) fn learn(&mut self, path: &Path, begun: SystemTime) -> bool {
        let Some(stamp) = stamp(path) else { return true };
        let fresh = stamp
            .modified
            .is_some_and(|at| at > begun && at <= SystemTime::now());
        if !fresh && self.files.len() < MOST_FILES {
            self.files.insert(path.to_path_buf(), stamp.hashed(path));
        }
        !fresh
    }

    /// Whether the file is not what it was; from now on it is.
    pub(super) fn compare(&mut self, path: &Path) -> bool {
        let Some(now) = stamp(path) else {
            return self.files.remove(path).is_some();
        };
        let before = self.files.get(path).copied();
        if before.is_some_and(|before| (before.bytes, before.modified) == (now.bytes, now.modified)) {
            return false;
        }
        let now = now.hashed(path);
        if before.is_some() || self.files.len() < MOST_FILES {
            self.files.insert(path.to_path_buf(), now);
        }
        before.is_none_or(|before| before.bytes != now.bytes || before.hash != now.hash || now.hash.is_none())
    }

    /// The files known in a folder, at any depth; and `path` itself, when it is one.
    pub(super) fn below(&self, path: &Path) -> Vec<PathBuf> {
        self.files
            .range::<Path, _>((Bound::Included(path), Bound::Unbounded))
            .map(|(known, _)| known)
            .take_while(|known| known.starts_with(path))
            .cloned()
            .collect()
    }
}

impl Stamp {
    fn hashed(mut self, path: &Path) -> Self {
        self.hash = (self.bytes <= HASHED_BYTES).then(|| hash(path)).flatten();
        self
    }
}

/// None when there is no such file.
fn stamp(path: &Path) -> Option<Stamp> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Stamp {
        bytes: data.len(),
        modified: data.modified().ok(),
        hash: None,
    })
}

/// None when it cannot be read.
fn hash(path: &Path) -> Option<u64> {
    let mut file = File::open(path).ok()?.take(HASHED_BYTES + 1);
    let mut hasher = DefaultHasher::new();
    let mut room = [0; 16 << 10];
    loop {
        match file.read(&mut room).ok()? {
            0 => return Some(hasher.finish()),
            count => hasher.write(&room[..count]),
        }
    }
}
