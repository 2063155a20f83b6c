//! What could not be kept, and when that was.

use std::time::Instant;

use crate::stamp;

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Unix milliseconds, for index and names.
    pub wall_ms: i64,
    /// For waits.
    pub at: Instant,
}

impl Moment {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            wall_ms: stamp::unix_ms(),
            at: Instant::now(),
        }
    }
}

/// Output that could not be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Lines; one that was lost in part counts.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Why; of several reasons the last.
    pub because: String,
}

impl Lost {
    /// Nothing was lost.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.bytes == 0
    }

    /// Adds a further loss.
    pub fn add(&mut self, other: Self) {
        if !other.is_nothing() {
            self.lines += other.lines;
            self.bytes += other.bytes;
            self.because = other.because;
        }
    }

    /// The loss of `bytes`.
    pub(crate) fn of(bytes: &[u8], because: &str) -> Self {
        // Counted in a way that the compiler turns into vector instructions: this runs when there is no time.
        let ends = bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        let open = u64::from(bytes.last().is_some_and(|last| *last != b'\n'));
        Self {
            lines: ends + open,
            bytes: bytes.len() as u64,
            because: because.to_owned(),
        }
    }
}
