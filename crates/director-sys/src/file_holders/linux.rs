//! Holders from `/proc/PID/fd`, compared by device and inode.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::{FileHolder, HolderSearch};
use crate::identity;
use crate::linux::procfs;

pub(super) fn find(files: &[PathBuf]) -> io::Result<HolderSearch> {
    let wanted: HashMap<(u64, u64), &PathBuf> = files
        .iter()
        .filter_map(|file| Some((key(&fs::metadata(file).ok()?), file)))
        .collect();
    let mut search = HolderSearch::default();
    let mut closed = 0_usize;
    for pid in procfs::pids()? {
        let entries = match fs::read_dir(format!("/proc/{pid}/fd")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                closed += 1;
                continue;
            }
            Err(_) => continue,
        };
        let held = entries
            .flatten()
            .filter_map(|entry| fs::metadata(entry.path()).ok())
            .find_map(|meta| wanted.get(&key(&meta)));
        if let (Some(file), Ok(Some(process))) = (held, identity::describe(pid)) {
            search.holders.push(FileHolder {
                process,
                file: (*file).clone(),
                lock: None,
            });
        }
    }
    if closed > 0 {
        search.partial.push(format!(
            "{closed} processes of other accounts may not be looked into"
        ));
    }
    Ok(search)
}

fn key(meta: &fs::Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}
