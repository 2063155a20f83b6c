//! Identity from `/proc` and pidfds.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Killed, ProcessId, ProcessInfo};
use crate::linux::{mark as limit_mark, pidfd, procfs};

pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?
        .trim()
        .to_owned())
}

pub(crate) fn lookup(pid: u32) -> io::Result<Option<ProcessId>> {
    Ok(procfs::stat(pid)?
        .filter(|stat| !stat.is_zombie())
        .map(|stat| stat.id))
}

pub(crate) fn wait_end(id: ProcessId, limit: Duration) -> io::Result<bool> {
    match pidfd::open_verified(id)? {
        Some(fd) => pidfd::wait_end(fd.as_fd(), limit),
        None => Ok(true),
    }
}

pub(crate) fn kill(id: ProcessId) -> io::Result<Killed> {
    let Some(fd) = pidfd::open_verified(id)? else {
        return Ok(Killed::AlreadyGone);
    };
    Ok(if pidfd::signal(fd.as_fd(), libc::SIGKILL)? {
        Killed::Done
    } else {
        Killed::AlreadyGone
    })
}

pub(crate) fn describe(pid: u32) -> io::Result<Option<ProcessInfo>> {
    let Some(stat) = procfs::stat(pid)? else {
        return Ok(None);
    };
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let user = fs::metadata(&folder)
        .ok()
        .map(|metadata| crate::accounts::imp::name_of(metadata.uid()));
    Ok(Some(ProcessInfo {
        id: stat.id,
        user,
        exe: fs::read_link(folder.join("exe")).ok(),
        started_unix_ms: started_unix_ms(stat.id.start),
        frozen: stat.is_stopped(),
        exiting: stat.is_zombie(),
        name: stat.name,
    }))
}

/// The start in ticks counts from boot and includes sleep, as `CLOCK_BOOTTIME` does.
fn started_unix_ms(start_ticks: u64) -> Option<i64> {
    let since_boot_ms = crate::clock::imp::boot_ms();
    let started_ms = start_ticks.checked_mul(1000)? / procfs::ticks_per_second();
    let age_ms = i64::try_from(since_boot_ms.saturating_sub(started_ms)).ok()?;
    Some(crate::clock::unix_ms() - age_ms)
}

pub(crate) fn find_marked(mark: &str) -> io::Result<Vec<ProcessId>> {
    let mut found = crate::tree::linux::cgroup::members_of_invocation(mark);
    let number = limit_mark::of(mark);
    for pid in procfs::pids()? {
        // The identity is read before and after the marks, so they are this process's.
        let Some(before) = lookup(pid).ok().flatten() else {
            continue;
        };
        let marked = limit_mark::read(pid) == Some(number)
            || procfs::invocation(pid).is_some_and(|value| value == mark);
        if marked && lookup(pid).ok().flatten() == Some(before) {
            found.push(before);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
