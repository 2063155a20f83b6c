//! Numbers under which the reaper and the pump know runs, streams and helpers.

use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Helpers (probe commands, rung commands, checks) are told apart from runs by this bit.
pub(crate) const HELPER: u64 = 1 << 63;

/// A number never given before in this process.
pub(crate) fn fresh() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}
