//! The last output of each service, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// At most this much per service.
const MAX_BYTES: usize = 64 << 10;
/// All tails together.
const ALL_BYTES: usize = 4 << 20;
/// With very many services each still keeps some lines.
const MIN_BYTES: usize = 1 << 10;

/// How much each of `services` tails may hold.
pub(crate) fn share(services: usize) -> usize {
    (ALL_BYTES / services.max(1)).clamp(MIN_BYTES, MAX_BYTES)
}

/// The tail of one service. It takes memory when there is output.
#[derive(Debug)]
pub(crate) struct Tail {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    bytes: VecDeque<u8>,
    limit: usize,
    cut: bool,
}

impl Tail {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                bytes: VecDeque::new(),
                limit,
                cut: false,
            }),
        }
    }

    /// Changes the limit; what is too much goes.
    pub(crate) fn set_limit(&self, limit: usize) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.limit = limit;
        let excess = inner.bytes.len().saturating_sub(limit);
        inner.drop_front(excess);
        inner.bytes.shrink_to(limit);
    }

    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = inner.limit;
        let kept = &bytes[bytes.len().saturating_sub(limit)..];
        inner.cut |= kept.len() < bytes.len();
        let excess = (inner.bytes.len() + kept.len()).saturating_sub(limit);
        inner.drop_front(excess);
        let needed = inner.bytes.len() + kept.len();
        if needed > inner.bytes.capacity() {
            // Grown by doubling, but never past the limit.
            let capacity = needed.next_power_of_two().min(limit.max(needed));
            let more = capacity - inner.bytes.len();
            inner.bytes.reserve_exact(more);
        }
        inner.bytes.extend(kept);
    }

    /// What is there, from the beginning of a line on.
    pub(crate) fn read(&self) -> Vec<u8> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, second) = inner.bytes.as_slices();
        let mut bytes = [first, second].concat();
        if inner.cut
            && let Some(end) = bytes.iter().position(|byte| *byte == b'\n')
        {
            bytes.drain(..=end);
        }
        bytes
    }
}

impl Inner {
    fn drop_front(&mut self, count: usize) {
        if count > 0 {
            self.bytes.drain(..count);
            self.cut = true;
        }
    }
}
