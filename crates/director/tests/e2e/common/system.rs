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

    /// The most memory that a process ever had.
    pub(crate) fn peak_memory_kib(pid: u32) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
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

    /// The most memory that a process ever had; not looked up here.
    pub(crate) fn peak_memory_kib(_pid: u32) -> Option<u64> {
        None
    }

    /// The exit code.
    pub(crate) fn code_of(status: ExitStatus) -> i32 {
        status.code().unwrap_or(-1)
    }
}
