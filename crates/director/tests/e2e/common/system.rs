//! Where the two systems differ.

pub(crate) use imp::*;

/// The polite rung that any program obeys, as the config writes it.
pub(crate) const POLITE: &str = if cfg!(windows) { "ctrl-c" } else { "term" };

#[cfg(unix)]
mod imp {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use director_testkit::{eventually, processes};

    /// Waits until a program has suspended itself.
    pub(crate) fn until_suspended(pid: u32) {
        eventually(crate::common::BOUND, "the process is stopped", || {
            processes::stopped(pid)
        });
    }

    /// The exit code; the negative number of the signal that ended it.
    pub(crate) fn code_of(status: ExitStatus) -> i32 {
        status.code().unwrap_or_else(|| -status.signal().unwrap_or(0))
    }

    /// Sends a signal to a process.
    pub(crate) fn signal(pid: u32, signal: i32) {
        let pid = i32::try_from(pid).expect("a pid");
        assert!(pid > 1);
        // SAFETY: kill has no preconditions; the pid is one process, never a group or all.
        #[expect(unsafe_code, reason = "sending a signal has no safe interface")]
        let sent = unsafe { libc::kill(pid, signal) };
        assert_eq!(sent, 0, "cannot send signal {signal} to {pid}");
    }
}

#[cfg(windows)]
mod imp {
    use std::process::ExitStatus;

    /// Waits until a program has suspended itself: nothing tells that here, and a program that is up has done it.
    pub(crate) fn until_suspended(_pid: u32) {}

    /// The exit code.
    pub(crate) fn code_of(status: ExitStatus) -> i32 {
        status.code().unwrap_or(-1)
    }
}
