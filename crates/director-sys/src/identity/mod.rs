//! Who a process is: its id together with its start, so that a reused pid is never mistaken for the old process.
//!
//! Everything that acts on a process does so through a held handle (Windows) or pidfd (Linux) whose identity was compared
//! *after* it was opened; from then on the pid cannot be reused for somebody else.

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux as imp;
#[cfg(windows)]
pub(crate) use windows as imp;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The name of the environment variable that marks every process of a run with the run's invocation id.
pub const INVOCATION_VARIABLE: &str = "DIRECTOR_INVOCATION";

/// A process, unambiguous within one boot of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ProcessId {
    /// The number the system shows.
    pub pid: u32,
    /// When it started: opaque, monotone within a boot. Linux: clock ticks since boot (field 22 of `/proc/PID/stat`);
    /// Windows: the creation time as a FILETIME.
    pub start: u64,
}

/// What [`kill`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// The process was alive and has been told to end; it may need a moment to disappear.
    Done,
    /// No process with this identity exists any more.
    AlreadyGone,
}

/// What could be learned about a process. What may not be read is `None`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProcessInfo {
    /// Its identity.
    pub id: ProcessId,
    /// Its short name, as the system's own tools show it.
    pub name: String,
    /// The account it runs under.
    pub user: Option<String>,
    /// The program file.
    pub exe: Option<PathBuf>,
    /// When it started, milliseconds since the Unix epoch.
    pub started_unix_ms: Option<i64>,
    /// Stopped (Linux `T`/`t`) or every thread suspended (Windows): it will react to nothing but the last rung.
    pub frozen: bool,
    /// It is on its way out: a zombie or dead (Linux), terminating but held by the kernel (Windows).
    pub exiting: bool,
}

/// A text that is stable within one boot of the machine and different after the next.
///
/// # Errors
/// What reading it met.
pub fn boot_id() -> io::Result<String> {
    imp::boot_id()
}

/// This process.
///
/// # Errors
/// What reading our own entry met.
pub fn current() -> io::Result<ProcessId> {
    lookup(std::process::id())?.ok_or_else(|| io::Error::other("cannot find our own process"))
}

/// The process that has `pid` now; `None` when there is none. A process that has ended but was not waited for counts as none.
///
/// # Errors
/// What asking the system met, other than "no such process".
pub fn lookup(pid: u32) -> io::Result<Option<ProcessId>> {
    imp::lookup(pid)
}

/// Whether exactly this process still runs: same pid and same start.
///
/// # Errors
/// As [`lookup`].
pub fn is_alive(id: ProcessId) -> io::Result<bool> {
    Ok(lookup(id.pid)? == Some(id))
}

/// Waits until exactly this process has ended, at most for `limit`; `false` if it still runs then. One that waits for its parent
/// to ask how it ended has ended.
///
/// # Errors
/// `PermissionDenied` on Windows for a process that we may not watch; otherwise what the system said.
pub fn wait_end(id: ProcessId, limit: Duration) -> io::Result<bool> {
    imp::wait_end(id, limit)
}

/// Ends exactly this process, by force. It never hits a process that has since got the same pid.
///
/// # Errors
/// `PermissionDenied` when we may not; otherwise what the system said.
pub fn kill(id: ProcessId) -> io::Result<Killed> {
    imp::kill(id)
}

/// Describes the process that has `pid` now; `None` when there is none. Unlike [`lookup`] it also describes a process that is
/// exiting, since a holder of a file or port may be one.
///
/// # Errors
/// Only when nothing at all could be read.
pub fn describe(pid: u32) -> io::Result<Option<ProcessInfo>> {
    imp::describe(pid)
}

/// The live processes of the run with this invocation id: whose initial environment has `DIRECTOR_INVOCATION=mark`, who have
/// inherited its mark among the limits, or who are in its cgroup. Also when another director, dead by now, started them.
///
/// # Errors
/// `Unsupported` on Windows, where a tree is its job object and cannot outlive the director.
pub fn find_marked(mark: &str) -> io::Result<Vec<ProcessId>> {
    imp::find_marked(mark)
}

/// A new invocation id: 32 lower-case hexadecimal digits from the system's random generator.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_invocation_id() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| io::Error::other(format!("cannot get random bytes: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
