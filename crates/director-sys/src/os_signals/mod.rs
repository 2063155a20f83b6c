//! What the system or a person at the keyboard asks of the director itself.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OsSignal {
    /// Ctrl-C, Ctrl-Break, SIGINT.
    Interrupt,
    /// SIGTERM (Linux).
    Terminate,
    /// SIGHUP (Linux): read the config again.
    Reload,
    /// The console closes, the session ends or the machine shuts down (Windows).
    Shutdown {
        /// How long the system will wait before it ends us, when it tells.
        budget_ms: Option<u64>,
    },
}

/// Dropping it stops the reports; the requests stay caught, so that none of them ends the process.
#[derive(Debug)]
pub struct Watch {
    _inner: imp::Watch,
}

impl Watch {
    /// Catches the requests from now on. Each delivery is reported to `sink` (the daemon decides what a second one means), from
    /// a thread of the watch's own (Linux) or of the system's (Windows). One watch per process. `sink` must not drop the watch.
    ///
    /// # Errors
    /// When the handlers cannot be installed or a watch exists (`AlreadyExists`).
    pub fn start(sink: impl Fn(OsSignal) + Send + 'static) -> io::Result<Self> {
        imp::Watch::start(Box::new(sink)).map(|inner| Self { _inner: inner })
    }
}
