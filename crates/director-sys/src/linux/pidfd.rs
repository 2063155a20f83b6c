//! Processes held by a file descriptor: the pid behind it cannot be reused for somebody else.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use super::{check, check_count, procfs, retry};
use crate::identity::ProcessId;
use crate::reaper::ExitStatus;

/// Opens the process that has `pid` now; `None` when there is none.
pub(crate) fn open(pid: u32) -> io::Result<Option<OwnedFd>> {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return Ok(None);
    };
    // SAFETY: pidfd_open takes two integers; the result is checked before use.
    let result = check_count(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as isize);
    match result {
        // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns (a descriptor fits in a c_int).
        Ok(fd) => Ok(Some(unsafe { OwnedFd::from_raw_fd(fd as libc::c_int) })),
        // EINVAL: the number belongs to a thread that is no process.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ESRCH | libc::EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens exactly this process, verified after opening; `None` when it is gone or a zombie.
pub(crate) fn open_verified(id: ProcessId) -> io::Result<Option<OwnedFd>> {
    let Some(fd) = open(id.pid)? else { return Ok(None) };
    match procfs::stat(id.pid)? {
        Some(stat) if stat.id == id && !stat.is_zombie() => Ok(Some(fd)),
        _ => Ok(None),
    }
}

/// Sends a signal; `false` when the process is gone.
pub(crate) fn signal(fd: BorrowedFd<'_>, signal: libc::c_int) -> io::Result<bool> {
    // SAFETY: the descriptor is open; a null siginfo means the same as kill(2).
    let result = check_count(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            fd.as_raw_fd(),
            signal,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    } as isize);
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits for a child of ours without blocking; `None` while it runs.
pub(crate) fn try_wait(fd: BorrowedFd<'_>) -> io::Result<Option<ExitStatus>> {
    // P_PIDFD; the libc crate has no idtype_t constant for musl and glibc alike that is unsigned.
    let id = libc::id_t::try_from(fd.as_raw_fd()).map_err(io::Error::other)?;
    wait_for(libc::P_PIDFD, id, libc::WNOHANG)
}

/// Whether the process has ended, waited for or not; that one thread of several ended does not count. A pidfd is readable from
/// then on, which costs far less to ask than the process itself.
pub(crate) fn has_ended(fd: BorrowedFd<'_>) -> io::Result<bool> {
    wait_end(fd, Duration::ZERO)
}

/// Waits until the process has ended, at most for `limit`.
pub(crate) fn wait_end(fd: BorrowedFd<'_>, limit: Duration) -> io::Result<bool> {
    let limit_ms = libc::c_int::try_from(limit.as_millis()).unwrap_or(libc::c_int::MAX);
    let mut asked = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one valid pollfd with an open descriptor.
    retry(|| check(unsafe { libc::poll(&raw mut asked, 1, limit_ms) }))?;
    Ok(asked.revents != 0)
}

/// Waits for the child with this pid, which the caller knows to be a zombie or about to be one.
pub(crate) fn wait_pid(pid: u32, block: bool) -> io::Result<Option<ExitStatus>> {
    wait_for(libc::P_PID, pid, if block { 0 } else { libc::WNOHANG })
}

fn wait_for(kind: libc::idtype_t, id: libc::id_t, flags: libc::c_int) -> io::Result<Option<ExitStatus>> {
    // SAFETY: siginfo_t is plain data for which all zeroes is a valid value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    retry(|| {
        // SAFETY: `info` is valid for writing a siginfo_t.
        check(unsafe { libc::waitid(kind, id, &raw mut info, libc::WEXITED | flags) })
    })?;
    // SAFETY: waitid succeeded; it filled the child fields, or with WNOHANG left the pid zero as we set it.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok((pid != 0).then(|| match info.si_code {
        libc::CLD_EXITED => ExitStatus::Code(i64::from(status)),
        code => ExitStatus::Signal {
            number: status,
            core_dumped: code == libc::CLD_DUMPED,
        },
    }))
}
