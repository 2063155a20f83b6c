//! Who ended, how, and when a whole tree has.
//!
//! One thread, asleep until the system has something to say. It owns all waits: no other code of ours may wait for a child, or
//! exit statuses get lost.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;

use crate::tree::Tree;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It returned this code. Windows: the 32-bit code as a positive number. -1: it ended, but the code was lost, because
    /// other code of this process waited for it.
    Code(i64),
    /// A signal ended it (Linux).
    Signal {
        /// The signal's number.
        number: i32,
        /// Whether a core dump was written.
        core_dumped: bool,
    },
}

/// What the reaper reports: for each watched token exactly one `Exited`, then exactly one `TreeEmptied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaperEvent {
    /// The main process of the run ended.
    Exited {
        /// The run's token.
        token: u64,
        /// How.
        status: ExitStatus,
    },
    /// No live process of the run is left.
    TreeEmptied {
        /// The run's token.
        token: u64,
    },
}

/// The one waiter. Dropping it ends its thread; nothing more is reported then.
#[derive(Debug)]
pub struct Reaper {
    inner: imp::Reaper,
}

impl Reaper {
    /// Starts the thread. `sink` is called from it and must not block.
    ///
    /// # Errors
    /// When the thread or its kernel objects cannot be created.
    pub fn start(sink: impl Fn(ReaperEvent) + Send + 'static) -> io::Result<Self> {
        imp::Reaper::start(Box::new(sink)).map(|inner| Self { inner })
    }

    /// Reports on `tree` under `token` from now on, also when its main process has ended already.
    ///
    /// # Errors
    /// When the kernel objects are refused; `AlreadyExists` when the token is in use.
    pub fn watch(&self, token: u64, tree: &Tree) -> io::Result<()> {
        self.inner.watch(token, &tree.inner)
    }

    /// Reports nothing more about `token`. Its main process is still waited for, so no zombie stays. Unknown tokens are fine.
    pub fn forget(&self, token: u64) {
        self.inner.forget(token);
    }
}
