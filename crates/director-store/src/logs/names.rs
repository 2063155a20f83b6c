//! The names of log files, and what is in a log folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::stamp;

/// The file being written.
pub(crate) const CURRENT_LOG: &str = "current.log";
/// Its index.
pub(crate) const CURRENT_INDEX: &str = "current.idx";

/// A file that is no longer written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// When it was rotated, in Unix milliseconds; unique, and later than everything in it.
    pub(crate) at_ms: i64,
    /// The file.
    pub(crate) path: PathBuf,
    /// Whether it is compressed.
    pub(crate) gzip: bool,
    /// Its size on disk, the index included.
    pub(crate) bytes: u64,
}

impl Rotated {
    /// The index beside it.
    pub(crate) fn index(&self) -> PathBuf {
        index_of(&self.path)
    }
}

/// The plain name of a file rotated at `at_ms`.
pub(crate) fn rotated(folder: &Path, at_ms: i64) -> PathBuf {
    folder.join(format!("{}.log", stamp::for_file_name(at_ms)))
}

/// The index of `…Z.log` or `…Z.log.gz`: `…Z.idx`.
pub(crate) fn index_of(log: &Path) -> PathBuf {
    let plain = if log.extension().is_some_and(|found| found == "gz") {
        log.with_extension("")
    } else {
        log.to_owned()
    };
    plain.with_extension("idx")
}

/// The rotated files of a folder, oldest first. A file that is there both plain and compressed (a crash in between) is
/// taken plain. An absent folder has none.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<Rotated>> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<Rotated> = Vec::new();
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let Some((at_ms, gzip)) = parse(name) else {
            continue;
        };
        let path = entry.path();
        // A file that goes while it is being listed counts for nothing.
        let bytes = size(&path) + size(&index_of(&path));
        found.push(Rotated {
            at_ms,
            path,
            gzip,
            bytes,
        });
    }
    found.sort_by_key(|file| (file.at_ms, file.gzip));
    found.dedup_by_key(|file| file.at_ms);
    Ok(found)
}

fn parse(name: &str) -> Option<(i64, bool)> {
    let (stem, gzip) = match name.strip_suffix(".log.gz") {
        Some(stem) => (stem, true),
        None => (name.strip_suffix(".log")?, false),
    };
    Some((stamp::from_file_name(stem)?, gzip))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
