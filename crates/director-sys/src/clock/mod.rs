//! The two clocks: one for durations, one for people.

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux as imp;
#[cfg(windows)]
pub(crate) use windows as imp;

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds of a monotonic clock that stands still while the machine sleeps: what counts graces and probes, so that a
/// laptop's lid restarts nothing. Linux: `CLOCK_MONOTONIC`; Windows: the unbiased interrupt time.
pub fn awake_ms() -> u64 {
    imp::awake_ms()
}

/// The time of day in milliseconds since the Unix epoch; it may jump.
pub fn unix_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}
