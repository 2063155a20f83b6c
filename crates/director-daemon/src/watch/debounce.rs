//! When a burst of changes has settled.

use std::time::{Duration, Instant};

/// The trailing edge, with a longest wait.
#[derive(Debug)]
pub(super) struct Debounce {
    quiet: Duration,
    longest: Duration,
    /// The first and the last change that nobody has looked at.
    pending: Option<(Instant, Instant)>,
}

impl Debounce {
    pub(super) fn new(quiet: Duration, longest: Duration) -> Self {
        Self {
            quiet,
            longest,
            pending: None,
        }
    }

    pub(super) fn note(&mut self, now: Instant) {
        let first = self.pending.map_or(now, |(first, _)| first);
        self.pending = Some((first, now));
    }

    /// When it is time to look.
    pub(super) fn due(&self) -> Option<Instant> {
        let (first, last) = self.pending?;
        Some((last + self.quiet).min(first + self.longest))
    }

    pub(super) fn clear(&mut self) {
        self.pending = None;
    }
}
