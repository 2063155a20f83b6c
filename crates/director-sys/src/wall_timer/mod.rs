//! Sleeping until a time of day, however the clock is set and however long the machine sleeps meanwhile.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;

/// Why a sleep is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The wall clock has reached the time; after a resume perhaps long ago.
    Due,
    /// The clock was set (Linux). On Windows a sleep goes on through that: its end moves with the clock.
    ClockSet,
    /// Somebody called.
    Called,
}

/// An alarm clock for one sleeper. Whoever shares it may call the sleeper.
#[derive(Debug)]
pub struct WallTimer {
    inner: imp::WallTimer,
}

impl WallTimer {
    /// An alarm clock that is not set.
    ///
    /// # Errors
    /// When the system has no more handles for us.
    pub fn new() -> io::Result<Self> {
        imp::WallTimer::new().map(|inner| Self { inner })
    }

    /// Sleeps until the wall clock shows `unix_ms` or more (none: without a time), the clock is set, or somebody calls. Nothing
    /// wakes the thread meanwhile. A call that came before the sleep ends it at once. One sleeper at a time.
    ///
    /// Linux: `timerfd` on `CLOCK_REALTIME`, absolute, cancelled by a set clock (timerfd_create(2)). Windows: a waitable timer
    /// with an absolute time in UTC, which the system keeps true when the clock is set (SetWaitableTimer). Neither wakes a
    /// machine that sleeps; both are due at once when it resumes after the time.
    ///
    /// # Errors
    /// What the system says; then nothing was waited for.
    pub fn sleep_until(&self, unix_ms: Option<i64>) -> io::Result<Woken> {
        self.inner.sleep_until(unix_ms)
    }

    /// Calls the sleeper, or whoever sleeps next. Many calls before it hears are one.
    pub fn call(&self) {
        self.inner.call();
    }
}
