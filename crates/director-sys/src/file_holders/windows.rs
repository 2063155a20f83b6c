//! Three ways, since each sees what another does not: the file system's own list of processes, the Restart Manager, and the
//! handles of the whole system.

mod handles;
mod restart_manager;
mod using;

use std::collections::BTreeSet;
use std::io;
use std::os::windows::io::OwnedHandle;
use std::path::{Path, PathBuf};
use std::ptr::null;

use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, OPEN_EXISTING,
};

use super::{FileHolder, HolderSearch};
use crate::identity;
use crate::windows::own;
use crate::windows::text::wide;

/// A file that is there, open for its attributes, which no share mode forbids.
struct Target<'a> {
    index: usize,
    path: &'a Path,
    handle: OwnedHandle,
}

/// What one way found: process numbers by the file's place in the list, and why it is incomplete.
#[derive(Default)]
struct Seen {
    holders: Vec<(u32, usize)>,
    partial: Option<String>,
}

pub(super) fn find(files: &[PathBuf]) -> io::Result<HolderSearch> {
    let mut there = Vec::new();
    for (index, path) in files.iter().enumerate() {
        match open_for_attributes(path) {
            Ok(handle) => there.push(Target { index, path, handle }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if there.is_empty() {
        return Ok(HolderSearch::default());
    }
    let mut ways = vec![using::find(&there)];
    // Who tells all needs no help: the others look into processes of strangers.
    if ways.iter().any(|seen| seen.partial.is_some()) {
        ways.extend([restart_manager::find(&there), handles::find(&there)]);
    }
    let complete = ways.iter().any(|seen| seen.partial.is_none());
    let mut holders = BTreeSet::new();
    let mut partial = Vec::new();
    for seen in ways {
        holders.extend(seen.holders);
        partial.extend(seen.partial);
    }
    if complete {
        // What one way missed another has seen.
        partial.clear();
    }
    Ok(HolderSearch {
        holders: holders
            .into_iter()
            .filter_map(|(pid, index)| {
                Some(FileHolder {
                    process: identity::describe(pid).ok().flatten()?,
                    file: files.get(index)?.clone(),
                    lock: None,
                })
            })
            .collect(),
        partial,
    })
}

fn open_for_attributes(path: &Path) -> io::Result<OwnedHandle> {
    let name = wide(path)?;
    // SAFETY: the name ends in a NUL and lives through the call; the fresh handle is owned at once.
    unsafe {
        own(CreateFileW(
            name.as_ptr(),
            FILE_READ_ATTRIBUTES,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            null(),
            OPEN_EXISTING,
            FILE_FLAG_BACKUP_SEMANTICS,
            std::ptr::null_mut(),
        ))
    }
}
