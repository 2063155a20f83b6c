//! The side of the writer that the thread reading the pipes sees.

use std::sync::Arc;
use std::time::Duration;

use super::Stream;
use super::queue::{LogSlot, Queue};

/// Hands output to the [`super::LogWriter`]. Cheap to clone; no method waits for a disk that hangs.
#[derive(Clone, Debug)]
pub struct LogProducer {
    pub(crate) queue: Arc<Queue>,
}

impl LogProducer {
    /// An empty buffer with a capacity of [`super::BUFFER_BYTES`] to read into, from a pool.
    #[must_use]
    pub fn buffer(&self) -> Vec<u8> {
        self.queue.buffer()
    }

    /// Passes on what was read. When the service's queue is full, what does not fit is dropped at a line end and counted.
    pub fn push(&self, slot: LogSlot, stream: Stream, bytes: Vec<u8>) {
        self.queue.push(slot, stream, bytes, Duration::ZERO);
    }

    /// As [`Self::push`], but waits for room for at most `patience` before anything is dropped. A healthy disk that is a
    /// little slower than a flood then loses no line. One that does not move costs this wait once, not with every call:
    /// until something is written again, nobody waits.
    pub fn push_patiently(&self, slot: LogSlot, stream: Stream, bytes: Vec<u8>, patience: Duration) {
        self.queue.push(slot, stream, bytes, patience);
    }

    /// Removes a service, as [`super::LogWriter::remove`]: by the side that knows when its last output has come.
    pub fn remove(&self, slot: LogSlot) {
        self.queue.free_slot(slot);
    }

    /// The stream has ended. An unfinished line of it is written; what comes next is a new line.
    pub fn end_stream(&self, slot: LogSlot, stream: Stream) {
        self.queue.end_stream(slot, stream);
    }
}
