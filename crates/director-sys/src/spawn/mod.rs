//! Starting a program so that it is contained from its first instruction.
//!
//! **Contract.** The child belongs to its tree from birth, inherits exactly its three standard handles, and (Linux) has default
//! signal dispositions, an empty signal mask, our umask and the file limit we were started with. [`spawn`] must always be
//! called from *one* thread that lives as long as the director: on Linux the kernel kills the child when the thread that
//! started it ends (`PR_SET_PDEATHSIG`).

mod types;

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux as imp;
#[cfg(windows)]
pub(crate) use windows as imp;

pub use types::{Output, SpawnError, SpawnErrorKind, SpawnRequest, Spawned, Stdin};

use std::io;
use std::time::Duration;

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
/// one back). Windows: no error dialogs, our standard handles not inheritable.
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
