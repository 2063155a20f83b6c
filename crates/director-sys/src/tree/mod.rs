//! A run's processes as one thing: who belongs to it, telling all of them to end, ending all of them.
//!
//! Windows: a job object. Linux: a cgroup v2 of its own where one is delegated to us; otherwise everything that descends from
//! the main process, and every orphan (we are the subreaper, so orphans become our children) that is in its process group or
//! session, was recorded as a descendant ([`Tree::record_descent`]) or carries the run's mark, in its environment or among its
//! limits. Only what changes all of these itself is out of reach without a cgroup.

mod types;

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux as imp;
#[cfg(windows)]
pub(crate) use windows as imp;

pub use types::{Delivery, Rung, Target, Usage};

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::identity::ProcessId;

/// The processes of one run. A clone is the same tree. Dropping the last clone ends nothing on Linux; on Windows it ends
/// whatever is left, since the job's last handle closes.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(crate) inner: Arc<imp::TreeImp>,
}

impl Tree {
    /// The first process.
    pub fn main(&self) -> ProcessId {
        self.inner.main()
    }

    /// The live processes of the run, those that wait in the kernel included; zombies are not live.
    ///
    /// # Errors
    /// What asking the system met.
    pub fn members(&self) -> io::Result<Vec<ProcessId>> {
        self.inner.members()
    }

    /// Whether no live process is left.
    ///
    /// # Errors
    /// As [`Tree::members`].
    pub fn is_empty(&self) -> io::Result<bool> {
        self.inner.is_empty()
    }

    /// Remembers who descends from the main process. Call it before each rung: a descendant that has left its session and
    /// lost its parents is recognised by it later. A no-op where the containment needs none (Windows, cgroup).
    ///
    /// # Errors
    /// What reading the process table met.
    pub fn record_descent(&self) -> io::Result<()> {
        self.inner.record_descent()
    }

    /// Delivers one rung of the ladder. [`Rung::Kill`] and [`Rung::Terminate`] to the group are [`Tree::kill_all`].
    ///
    /// # Errors
    /// `Unsupported` for a rung of the other system (and [`Target::Main`] where events cannot be narrowed); otherwise what
    /// the system said. When a rung failed there is nothing to wait for.
    pub fn deliver(&self, rung: Rung, to: Target) -> io::Result<Delivery> {
        self.inner.deliver(rung, to)
    }

    /// After the main process has ended: the polite rung (TERM, Ctrl-C) to every remaining member.
    ///
    /// # Errors
    /// As [`Tree::deliver`].
    pub fn deliver_to_leftovers(&self) -> io::Result<Delivery> {
        self.inner.deliver_to_leftovers()
    }

    /// Ends every process of the run by force, repeated (bounded) against processes that fork meanwhile. It does not wait for
    /// the processes to disappear; the reaper reports that.
    ///
    /// # Errors
    /// When a member could not be told to end.
    pub fn kill_all(&self) -> io::Result<()> {
        self.inner.kill_all()
    }

    /// Whether every member is stopped, so that only the last rung can reach it. An empty tree is not frozen.
    ///
    /// # Errors
    /// As [`Tree::members`].
    pub fn is_frozen(&self) -> io::Result<bool> {
        self.inner.is_frozen()
    }

    /// Whether the system has ended processes of the tree because it took more than its limit of memory. Windows: never, since
    /// there the allocation fails, and what the program makes of that is its own business.
    pub fn hit_memory_limit(&self) -> bool {
        self.inner.hit_memory_limit()
    }

    /// What the tree uses now; sampled on request only.
    ///
    /// # Errors
    /// As [`Tree::members`].
    pub fn usage(&self) -> io::Result<Usage> {
        self.inner.usage()
    }
}

/// Windows: sets the program that delivers console events and WM_CLOSE, our own executable with a hidden subcommand; the tree
/// appends one pid, or several with commas between them, and `c`, `break` or `close`. Linux: does nothing.
pub fn set_console_helper(exe: PathBuf, args: Vec<OsString>) {
    imp::set_console_helper(exe, args);
}

/// What that hidden subcommand runs; the result is its exit code. Linux: 2, since there is nothing to do.
pub fn console_helper_main(args: &[OsString]) -> i32 {
    imp::console_helper_main(args)
}

/// One look at what several trees share, before each of them is asked to end. So the first of them can be asked while the others
/// are still being looked at.
pub struct Look {
    inner: imp::LookImp,
}

impl Look {
    /// Looks at what concerns all trees.
    ///
    /// # Errors
    /// What reading the process table met.
    pub fn begin() -> io::Result<Self> {
        imp::LookImp::begin().map(|inner| Self { inner })
    }

    /// [`Tree::record_descent`] and [`Tree::is_frozen`] of one tree.
    ///
    /// # Errors
    /// As those.
    pub fn at(&mut self, tree: &Tree) -> io::Result<bool> {
        self.inner.at(&tree.inner)
    }
}
