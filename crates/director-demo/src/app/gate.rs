//! How much is open, and whether the application stops.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections served at once; further ones are told to come back.
pub(super) const CONNECTIONS_MAX: usize = 32;

/// Counts what is open.
#[derive(Debug, Default)]
pub(super) struct Gate {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) stopping: bool,
    connections: usize,
    pub(super) requests: usize,
}

impl Gate {
    /// No further connection is taken.
    pub(super) fn stop(&self) {
        self.counts().stopping = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.counts().stopping
    }

    /// Requests that a stop would wait for.
    pub(super) fn open_requests(&self) -> usize {
        self.counts().requests
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `reached`, at most for `limit`; says whether it came.
    pub(super) fn wait_until(&self, limit: Duration, reached: impl Fn(&Counts) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.counts(), limit, |counts| !reached(counts));
        reached(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// One of the connections; given back on drop, even by a panic.
#[derive(Debug)]
pub(super) struct Slot(Arc<Gate>);

impl Slot {
    pub(super) fn take(gate: &Arc<Gate>) -> Option<Self> {
        let mut counts = gate.counts();
        (counts.connections < CONNECTIONS_MAX).then(|| {
            counts.connections += 1;
            Self(Arc::clone(gate))
        })
    }

    pub(super) fn begin_request(&self) -> OpenRequest<'_> {
        self.0.counts().requests += 1;
        OpenRequest(&self.0)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.counts().connections -= 1;
    }
}

/// A request that a stop waits for.
#[derive(Debug)]
pub(super) struct OpenRequest<'gate>(&'gate Gate);

impl Drop for OpenRequest<'_> {
    fn drop(&mut self) {
        self.0.counts().requests -= 1;
        self.0.changed.notify_all();
    }
}
