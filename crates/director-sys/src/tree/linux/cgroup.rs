//! A cgroup v2 of its own for each run, where we were given a part of the hierarchy.
//!
//! Delegated means: the manager says so (`user.delegate` or `trusted.delegate` is 1 on our cgroup, as systemd sets for
//! `Delegate=yes`), or our cgroup's folder and its `cgroup.procs` belong to us and we are not root. Our own process stays
//! where it is beside the runs' leaves as long as no limit needs a controller; see [`limits`].

mod limits;

use std::ffi::CString;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::accounts::imp::effective_uid;
use crate::identity::ProcessId;
use crate::linux::procfs::{self, Stat};
pub(crate) use limits::restrict;

/// Leaves are named by the run's invocation id, so that the next director finds those of a killed one.
const PREFIX: &str = "director-run-";

/// The cgroup of one run.
#[derive(Debug)]
pub(crate) struct Leaf {
    path: PathBuf,
}

/// The folder under which leaves may be made; `None` when nothing is delegated to us.
pub(crate) fn base() -> Option<&'static Path> {
    static BASE: OnceLock<Option<PathBuf>> = OnceLock::new();
    BASE.get_or_init(|| own_cgroup().filter(|path| is_delegated(path)))
        .as_deref()
}

/// How old an empty leaf must be to count as left behind: a younger one may be about to be used by another director.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// Removes the empty leaves that dead directors left behind; one with live processes refuses.
pub(crate) fn sweep() {
    let entries = base()
        .and_then(|base| fs::read_dir(base).ok())
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries.filter(|entry| entry.file_name().as_bytes().starts_with(PREFIX.as_bytes())) {
        let made = entry.metadata().and_then(|metadata| metadata.modified());
        if made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age >= STALE_AFTER)) {
            Leaf { path: entry.path() }.remove();
        }
    }
}

fn own_cgroup() -> Option<PathBuf> {
    let cgroups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let below = cgroups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    // proc(5): root and mount point are the fields 4 and 5, the type follows the separator. A mount of a part of the
    // hierarchy shows our path relative to something else, so only the mount of its root is used.
    let mount = mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut fields = left.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        (right.starts_with("cgroup2 ") && root == "/").then(|| PathBuf::from(point))
    })?;
    Some(mount.join(below))
}

fn is_delegated(path: &Path) -> bool {
    if ["user.delegate", "trusted.delegate"]
        .iter()
        .any(|name| attribute_is_one(path, name))
    {
        return true;
    }
    let owned = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.uid() == effective_uid());
    let procs = path.join("cgroup.procs");
    effective_uid() != 0
        && owned(path)
        && owned(&procs)
        && OpenOptions::new().write(true).open(&procs).is_ok()
}

fn attribute_is_one(path: &Path, name: &str) -> bool {
    let (Ok(path), Ok(name)) = (CString::new(path.as_os_str().as_bytes()), CString::new(name)) else {
        return false;
    };
    let mut value = [0_u8; 8];
    // SAFETY: both strings are NUL-terminated, and the buffer is valid for its length.
    let length = unsafe {
        libc::getxattr(
            path.as_ptr(),
            name.as_ptr(),
            value.as_mut_ptr().cast(),
            value.len(),
        )
    };
    length == 1 && value[0] == b'1'
}

/// The live processes in the leaf of an invocation, also one that another director made.
pub(crate) fn members_of_invocation(invocation: &str) -> Vec<ProcessId> {
    let plain = !invocation.is_empty() && invocation.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let leaf = base().filter(|_| plain).map(|base| Leaf {
        path: base.join(format!("{PREFIX}{invocation}")),
    });
    let members = leaf.and_then(|leaf| leaf.members().ok()).unwrap_or_default();
    members.into_iter().map(|stat| stat.id).collect()
}

impl Leaf {
    /// Makes the leaf of a run; `None` when nothing is delegated.
    pub(crate) fn create(invocation: &str) -> io::Result<Option<Self>> {
        let plain = !invocation.is_empty() && invocation.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some(base) = base().filter(|_| plain) else {
            return Ok(None);
        };
        let path = base.join(format!("{PREFIX}{invocation}"));
        match fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(Some(Self { path })),
        }
    }

    /// The file that a process writes itself into.
    pub(crate) fn entry(&self) -> PathBuf {
        self.path.join("cgroup.procs")
    }

    /// The live processes in the leaf and in whatever cgroups the program made below it.
    pub(crate) fn members(&self) -> io::Result<Vec<Stat>> {
        let mut found = Vec::new();
        for folder in self.folders() {
            // A folder that goes away meanwhile had nobody in it.
            for word in fs::read_to_string(folder.join("cgroup.procs"))
                .unwrap_or_default()
                .split_ascii_whitespace()
            {
                let Ok(pid) = word.parse() else { continue };
                found.extend(procfs::stat(pid)?.filter(|stat| !stat.is_zombie()));
            }
        }
        Ok(found)
    }

    pub(crate) fn contains(&self, pid: u32) -> bool {
        let Ok(cgroups) = fs::read_to_string(format!("/proc/{pid}/cgroup")) else {
            return false;
        };
        let name = self.path.file_name().unwrap_or_default();
        let below = cgroups.lines().find_map(|line| line.strip_prefix("0::"));
        below.is_some_and(|path| Path::new(path).components().any(|part| part.as_os_str() == name))
    }

    /// Ends everybody inside, atomically against forks (Linux 5.14). Failing is fine: members are also killed one by one.
    pub(crate) fn kill(&self) {
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
    }

    pub(crate) fn is_frozen(&self) -> bool {
        let events = fs::read_to_string(self.path.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "frozen 1")
    }

    pub(crate) fn cpu_ms(&self) -> Option<u64> {
        let stat = fs::read_to_string(self.path.join("cpu.stat")).ok()?;
        let usec = stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
        usec.parse::<u64>().ok().map(|usec| usec / 1000)
    }

    /// Removes the empty leaf; one with live processes refuses and stays for the next director to find.
    pub(crate) fn remove(&self) {
        for folder in self.folders().into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    /// The leaf and all cgroups below, parents first.
    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.path.clone()];
        let mut next = 0;
        while let Some(folder) = folders.get(next).cloned() {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            folders.extend(
                entries
                    .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                    .map(|entry| entry.path()),
            );
            next += 1;
        }
        folders
    }
}
