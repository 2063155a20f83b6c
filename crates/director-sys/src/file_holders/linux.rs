//! Holders from `/proc`: descriptors, mappings and locks, compared by device and inode.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{FileHolder, HolderSearch, LockKind};
use crate::identity;
use crate::linux::procfs;

/// A file as the kernel knows it: major and minor number of its device, and its inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    major: u32,
    minor: u32,
    inode: u64,
}

impl Key {
    fn of(meta: &fs::Metadata) -> Self {
        let device = meta.dev();
        Self {
            major: libc::major(device),
            minor: libc::minor(device),
            inode: meta.ino(),
        }
    }

    /// From `MAJOR:MINOR` in hexadecimal and an inode in decimal, as `/proc` writes them.
    fn parse(device: &str, inode: &str) -> Option<Self> {
        let (major, minor) = device.split_once(':')?;
        Some(Self {
            major: u32::from_str_radix(major, 16).ok()?,
            minor: u32::from_str_radix(minor, 16).ok()?,
            inode: inode.parse().ok()?,
        })
    }
}

type Wanted<'a> = HashMap<Key, &'a PathBuf>;

/// What one process has to do with the files.
#[derive(Default)]
struct Found<'a>(HashMap<&'a Path, Option<LockKind>>);

impl<'a> Found<'a> {
    fn add(&mut self, file: &'a Path, lock: Option<LockKind>) {
        let known = self.0.entry(file).or_default();
        *known = (*known).max(lock);
    }
}

pub(super) fn find(files: &[PathBuf]) -> io::Result<HolderSearch> {
    let wanted: Wanted<'_> = files
        .iter()
        .filter_map(|file| Some((Key::of(&fs::metadata(file).ok()?), file)))
        .collect();
    let mut search = HolderSearch::default();
    if wanted.is_empty() {
        return Ok(search);
    }
    let locks = locks(&wanted, &mut search.partial);
    let mut closed = 0_usize;
    for pid in procfs::pids()? {
        let mut found = Found::default();
        for (_, file, lock) in locks.iter().filter(|(owner, ..)| *owner == pid) {
            found.add(file, Some(*lock));
        }
        match descriptors(pid, &wanted, &mut found) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => closed += 1,
            // Gone meanwhile, or gone but for its last words: it has nothing open any more.
            Ok(()) | Err(_) => mappings(pid, &wanted, &mut found),
        }
        if found.0.is_empty() {
            continue;
        }
        let Ok(Some(process)) = identity::describe(pid) else {
            continue;
        };
        search
            .holders
            .extend(found.0.into_iter().map(|(file, lock)| FileHolder {
                process: process.clone(),
                file: file.to_owned(),
                lock,
            }));
    }
    if closed > 0 {
        search.partial.push(format!(
            "{closed} processes of other accounts may not be looked into by this one"
        ));
    }
    Ok(search)
}

/// Its open descriptors. Compared by what they lead to, so that a deleted file and another name of it are recognised.
fn descriptors<'a>(pid: u32, wanted: &Wanted<'a>, found: &mut Found<'a>) -> io::Result<()> {
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
        let Ok(entry) = entry else { continue };
        // Follows the link to the open file itself; a socket or pipe is no file of ours.
        let Ok(meta) = fs::metadata(entry.path()) else {
            continue;
        };
        if let Some(file) = meta.is_file().then(|| wanted.get(&Key::of(&meta))).flatten() {
            found.add(
                file,
                lock_of_descriptor(pid, &entry.file_name().to_string_lossy()),
            );
        }
    }
    Ok(())
}

/// The strongest lock that a descriptor's holder has on the file: classic, open-file-description, `flock` and lease alike.
fn lock_of_descriptor(pid: u32, descriptor: &str) -> Option<LockKind> {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).ok()?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("lock:"));
    lines.filter_map(parse_lock).map(|lock| lock.kind).max()
}

/// A file that is mapped may have no descriptor any more.
fn mappings<'a>(pid: u32, wanted: &Wanted<'a>, found: &mut Found<'a>) {
    let Ok(text) = fs::read_to_string(format!("/proc/{pid}/maps")) else {
        return;
    };
    for line in text.lines() {
        // proc(5): address, permissions, offset, device, inode, path.
        let mut words = line.split_ascii_whitespace().skip(3);
        let key = words
            .next()
            .zip(words.next())
            .filter(|(_, inode)| *inode != "0")
            .and_then(|(device, inode)| Key::parse(device, inode));
        if let Some(file) = key.and_then(|key| wanted.get(&key)) {
            found.add(file, None);
        }
    }
}

/// The locks of the whole system on these files, with their owners: they show also for a process that may not be looked into.
/// Locks of an open file description have no owner; the descriptors tell it.
fn locks<'a>(wanted: &Wanted<'a>, partial: &mut Vec<String>) -> Vec<(u32, &'a Path, LockKind)> {
    let text = match fs::read_to_string("/proc/locks") {
        Ok(text) => text,
        Err(error) => {
            partial.push(format!("the system's list of locks cannot be read: {error}"));
            return Vec::new();
        }
    };
    // A process that waits for a lock is listed as well, behind an arrow, and holds none.
    let held = text.lines().filter(|line| !line.contains("->"));
    held.filter_map(parse_lock)
        .filter_map(|lock| Some((lock.owner?, wanted.get(&lock.key)?.as_path(), lock.kind)))
        .collect()
}

struct Lock {
    owner: Option<u32>,
    key: Key,
    kind: LockKind,
}

/// A line of `/proc/locks` or `fdinfo`: number, class, mode, kind, owner, file, first byte, last byte.
fn parse_lock(line: &str) -> Option<Lock> {
    let mut words = line.split_ascii_whitespace().skip(3);
    let kind = match words.next()? {
        "WRITE" => LockKind::Exclusive,
        "READ" => LockKind::Shared,
        _ => return None,
    };
    let owner = words.next()?.parse::<i64>().ok()?;
    let file = words.next()?;
    let (device, inode) = file.rsplit_once(':')?;
    Some(Lock {
        owner: u32::try_from(owner).ok().filter(|pid| *pid > 0),
        key: Key::parse(device, inode)?,
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_locks_are_understood() {
        let lock = parse_lock("1: POSIX  ADVISORY  WRITE 1234 fd:00:5678 1073741824 1073742335").unwrap();
        assert_eq!((lock.owner, lock.kind), (Some(1234), LockKind::Exclusive));
        assert_eq!(
            lock.key,
            Key {
                major: 0xfd,
                minor: 0,
                inode: 5678
            }
        );
        let description = parse_lock("7: OFDLCK ADVISORY  READ -1 00:2a:99 0 EOF").unwrap();
        assert_eq!((description.owner, description.kind), (None, LockKind::Shared));
        for line in [
            "",
            "1: POSIX ADVISORY",
            "1: LEASE  BREAKING UNLCK 5 fd:00:1 0 EOF",
            "x y z WRITE q fd:00:1",
        ] {
            assert!(parse_lock(line).is_none(), "{line}");
        }
    }
}
