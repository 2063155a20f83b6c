//! `statvfs(3)`, and the table of mounts, which names what is mounted where.

use std::ffi::{CString, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Space, VolumeKind, existing_folder};
use crate::fs_guard;
use crate::linux::check;

/// File systems of other machines, by the names in the table of mounts. Of those in user space, the ones that are known to be.
const NETWORK: &[&str] = &[
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "drvfs",
    "fuse.ceph-fuse",
    "fuse.davfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "fuse.vmhgfs-fuse",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
];

pub(super) fn space(folder: &Path) -> io::Result<Space> {
    let text = CString::new(folder.as_os_str().as_bytes())?;
    // SAFETY: statvfs is plain data for which all zeroes is a valid value.
    let mut found: libc::statvfs64 = unsafe { std::mem::zeroed() };
    // SAFETY: `text` is NUL-terminated and `found` valid for writing.
    check(unsafe { libc::statvfs64(text.as_ptr(), &raw mut found) })?;
    Ok(Space {
        free_bytes: fs_guard::free_space(folder)?,
        total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

pub(super) fn kind(path: &Path) -> io::Result<VolumeKind> {
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(_) => existing_folder(path)?.canonicalize()?,
    };
    let table = fs::read("/proc/self/mountinfo")?;
    Ok(match mount_of(&table, &real) {
        None => VolumeKind::Unknown,
        Some(mount) if NETWORK.contains(&mount.kind.as_str()) => VolumeKind::Network { share: mount.source },
        Some(mount) if is_removable(&mount.device) => VolumeKind::Removable,
        Some(_) => VolumeKind::Local,
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    device: String,
    kind: String,
    source: String,
}

/// The mount that a real path lies on: the deepest one above it, of several at one place the last, which hides the others.
fn mount_of(table: &[u8], real: &Path) -> Option<Mount> {
    let lines = table.split(|byte| *byte == b'\n').filter_map(parse);
    let above = lines.filter(|mount| real.starts_with(&mount.point));
    above.max_by_key(|mount| mount.point.components().count())
}

/// proc(5): two numbers, device, root, mount point, options, optional fields up to a dash, type, source.
fn parse(line: &[u8]) -> Option<Mount> {
    let mut words = line.split(|byte| *byte == b' ').skip(2);
    let text = |word: &[u8]| String::from_utf8_lossy(&unescape(word)).into_owned();
    let device = text(words.next()?);
    let point = OsString::from_vec(unescape(words.nth(1)?)).into();
    words.find(|word| *word == b"-")?;
    Some(Mount {
        point,
        device,
        kind: text(words.next()?),
        source: text(words.next()?),
    })
}

/// Blanks and backslashes are written as a backslash and three octal digits.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, after @ ..] = rest {
        let number = after
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        match number {
            Some(byte) => {
                plain.push(byte);
                rest = &after[3..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

/// The disk says it, not its partition.
fn is_removable(device: &str) -> bool {
    let own = Path::new("/sys/dev/block").join(device);
    ["removable", "../removable"]
        .iter()
        .find_map(|name| fs::read_to_string(own.join(name)).ok())
        .is_some_and(|text| text.trim() == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/my\\040share rw shared:5 master:2 - cifs //nas/data rw
31 22 0:41 / /data rw - ext4 /dev/sdb1 rw
32 22 0:42 / /data rw - nfs4 nas:/export rw
33 32 0:43 / /data/fast rw - tmpfs tmpfs rw
34 22 0:44 / /mnt/c rw - 9p C:\\134 rw
";

    #[test]
    fn the_deepest_and_last_mount_counts() {
        let kind =
            |path: &str| mount_of(TABLE.as_bytes(), Path::new(path)).map(|mount| (mount.kind, mount.source));
        let pair = |kind: &str, source: &str| Some((kind.to_owned(), source.to_owned()));
        assert_eq!(kind("/srv/app.db"), pair("ext4", "/dev/sda1"));
        assert_eq!(kind("/mnt/my share/app.db"), pair("cifs", "//nas/data"));
        assert_eq!(kind("/data/app.db"), pair("nfs4", "nas:/export"));
        assert_eq!(kind("/data/fast/app.db"), pair("tmpfs", "tmpfs"));
        assert_eq!(kind("/database/app.db"), pair("ext4", "/dev/sda1"));
        assert_eq!(kind("/mnt/c/app.db"), pair("9p", "C:\\"));
        assert_eq!(mount_of(b"", Path::new("/")), None);
        assert_eq!(parse(b"22 1 8:1 / / rw"), None);
    }
}
