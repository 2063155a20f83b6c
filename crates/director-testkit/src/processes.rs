//! Whether processes live, by pid. Good enough for tests, which know that their pids are fresh; the
//! product itself goes by identity.
#![expect(
    unsafe_code,
    reason = "asking the system about a process has no safe interface"
)]

use std::time::Duration;

use crate::eventually;

/// Whether the process lives. One that ended and only waits to be reaped does not.
#[must_use]
pub fn alive(pid: u32) -> bool {
    system::alive(pid)
}

/// Whether the process is stopped by a signal. Linux only: Windows suspends threads, not processes.
#[cfg(unix)]
#[must_use]
pub fn stopped(pid: u32) -> bool {
    system::stopped(pid)
}

/// Ends a process at once; nothing if there is none.
pub fn kill(pid: u32) {
    system::kill(pid);
}

/// Waits until none of them lives.
///
/// # Panics
/// When `bound` is over: with those that are left.
#[track_caller]
pub fn wait_gone(pids: &[u32], bound: Duration) {
    eventually(bound, "processes are gone", || {
        let left: Vec<u32> = pids.iter().copied().filter(|pid| alive(*pid)).collect();
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

#[cfg(unix)]
mod system {
    /// The state letter of /proc/PID/stat; none when there is no such process.
    fn state(pid: u32) -> Option<char> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The name before it may hold anything, also parentheses.
        let after_name = stat.iter().rposition(|byte| *byte == b')')? + 2;
        stat.get(after_name).map(|byte| char::from(*byte))
    }

    pub(super) fn alive(pid: u32) -> bool {
        state(pid).is_some_and(|state| !matches!(state, 'Z' | 'X' | 'x'))
    }

    pub(super) fn stopped(pid: u32) -> bool {
        state(pid) == Some('T')
    }

    pub(super) fn kill(pid: u32) {
        let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 1) else {
            return;
        };
        // SAFETY: kill has no preconditions; the pid is one process, never a group or all.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
}

#[cfg(windows)]
mod system {
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

    use windows_sys::Win32::Foundation::WAIT_TIMEOUT;
    use windows_sys::Win32::System::Threading::{
        OpenProcess, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, TerminateProcess, WaitForSingleObject,
    };

    fn open(pid: u32, rights: u32) -> Option<OwnedHandle> {
        // SAFETY: fails cleanly for a pid that is none; a handle that is not null is ours alone.
        unsafe {
            let process = OpenProcess(rights, 0, pid);
            (!process.is_null()).then(|| OwnedHandle::from_raw_handle(process))
        }
    }

    pub(super) fn alive(pid: u32) -> bool {
        // The process object lives on while anybody has a handle to it, so opening it proves nothing.
        // SAFETY: the handle is open and has the right that waiting needs.
        open(pid, PROCESS_SYNCHRONIZE)
            .is_some_and(|process| unsafe { WaitForSingleObject(process.as_raw_handle(), 0) } == WAIT_TIMEOUT)
    }

    pub(super) fn kill(pid: u32) {
        if let Some(process) = open(pid, PROCESS_TERMINATE) {
            // SAFETY: the handle is open and has the right.
            unsafe { TerminateProcess(process.as_raw_handle(), 1) };
        }
    }
}
