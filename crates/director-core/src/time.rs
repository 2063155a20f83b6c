//! Time as the core sees it: values passed in, never read.

use serde::{Deserialize, Serialize};

/// A moment on the director's monotonic clock, in milliseconds.
///
/// The clock stands still while the machine sleeps, so that sleep and resume expire no grace and fail no probe
/// (guarantee 10). Its zero is arbitrary; only differences mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(pub u64);

impl Instant {
    /// The moment `ms` milliseconds later; saturates instead of overflowing.
    #[must_use]
    pub fn plus(self, ms: Millis) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Millis {
        self.0.saturating_sub(earlier.0)
    }
}

/// A span of time in milliseconds.
pub type Millis = u64;

/// Wall-clock time in milliseconds since 1970-01-01T00:00:00Z. For people, records and
/// calendars: no grace and no wait is measured by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(pub i64);

/// Both clocks, read once per turn of the driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Decides.
    pub at: Instant,
    /// Is shown.
    pub wall: WallTime,
}
