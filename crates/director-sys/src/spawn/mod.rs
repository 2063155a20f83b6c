//! Starting a program so that it is contained from its first instruction.
//!
//! **Contract.** The child belongs to its tree from birth, inherits exactly its three standard handles, and (Linux) has default
//! signal dispositions, an empty signal mask, our umask and the file limit we were started with. [`spawn`] must always be
//! called from *one* thread that lives as long as the director: on Linux the kernel kills the child when the thread that
//! started it ends (`PR_SET_PDEATHSIG`).

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux as imp;
#[cfg(windows)]
pub(crate) use windows as imp;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::accounts::Account;
use crate::stdio::OutputEnd;
use crate::tree::Tree;

/// What the child reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdin {
    /// Nothing: the null device.
    #[default]
    Null,
    /// A pipe whose other end is [`Spawned::stdin`].
    Pipe,
}

/// Where the child writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Two pipes, [`Spawned::stdout`] and [`Spawned::stderr`].
    #[default]
    Captured,
    /// Our own standard output and error.
    Inherit,
    /// Nowhere: the null device.
    Null,
}

/// Everything a start needs.
#[derive(Clone, Debug)]
pub struct SpawnRequest {
    /// The program, absolute ([`crate::program::resolve`]).
    pub program: PathBuf,
    /// The arguments after the program's own name.
    pub args: Vec<OsString>,
    /// The working folder.
    pub cwd: PathBuf,
    /// The complete environment; nothing of ours is added but the invocation mark.
    pub env: Vec<(OsString, OsString)>,
    /// The run's mark, set as `DIRECTOR_INVOCATION` in the child's environment.
    pub invocation: String,
    /// What the child reads.
    pub stdin: Stdin,
    /// Where the child writes.
    pub output: Output,
    /// The account to run under; `None` is ours. Windows: `Unsupported`.
    pub user: Option<Account>,
    /// The limit on open files (soft and, if needed and allowed, hard); `None` is the limit we were started with. Windows:
    /// `Unsupported`.
    pub open_files: Option<u64>,
}

/// A started program.
#[derive(Debug)]
pub struct Spawned {
    /// The run's processes.
    pub tree: Tree,
    /// Our end of the standard output, when captured.
    pub stdout: Option<OutputEnd>,
    /// Our end of the standard error, when captured.
    pub stderr: Option<OutputEnd>,
    /// Our end of the standard input, when a pipe.
    pub stdin: Option<InputEnd>,
}

/// What kind of reason stopped a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnErrorKind {
    /// The program, or the interpreter its first line names, does not exist.
    NotFound,
    /// It exists but is no program this system can run.
    NotExecutable,
    /// We may not execute it, or may not become the wanted account.
    PermissionDenied,
    /// The working folder does not exist, is no folder or may not be entered.
    BadWorkingFolder,
    /// Out of memory, processes, file descriptors or handles: worth another try later.
    OutOfResources,
    /// Anything else; see the source.
    Other,
}

/// A start that failed; no process is left of it.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{}`: {source}", .program.display())]
pub struct SpawnError {
    /// The kind.
    pub kind: SpawnErrorKind,
    /// What the system said.
    pub source: io::Error,
    /// The program that was to be started.
    pub program: PathBuf,
}

/// Starts a program. See the module's contract for the calling thread.
///
/// # Errors
/// [`SpawnError`], exact about what failed: an error of the child between its birth and its first instruction comes back here.
pub fn spawn(request: SpawnRequest) -> Result<Spawned, SpawnError> {
    imp::spawn(request)
}

/// What [`prepare_director`] did, for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// The limit on our open files now; `None` where there is none.
    pub open_files: Option<u64>,
    /// How runs are contained: `cgroup v2`, `process group and subreaper` or `job object`.
    pub containment: &'static str,
}

/// Makes this process fit to be a director; call once, before the first [`spawn`].
///
/// Linux: becomes the subreaper of its descendants, raises the soft limit on open files to the hard one (children get the old
/// one back), moves into a cgroup leaf of its own when delegated. Windows: no error dialogs, our standard handles not inheritable.
///
/// # Errors
/// When a step without which containment does not hold is refused.
pub fn prepare_director() -> io::Result<Prepared> {
    imp::prepare_director()
}

/// Our end of a child's standard input.
#[derive(Debug)]
pub struct InputEnd {
    pub(crate) inner: imp::InputEnd,
}

impl InputEnd {
    /// Writes everything, waiting at most `limit` for the child to read.
    ///
    /// # Errors
    /// `TimedOut` when the child did not read in time (a part may have been written), `BrokenPipe` when nobody reads any more.
    pub fn write_all_bounded(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        self.inner.write_all_bounded(bytes, limit)
    }

    /// Closes our end: the child sees the end of its input.
    pub fn close(self) {}
}
