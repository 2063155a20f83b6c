//! The side of the writer that the thread reading the pipes sees.

use std::sync::Arc;

use super::Stream;
use super::queue::{LogSlot, Queue};

/// Hands output to the [`super::LogWriter`]. Cheap to clone; no method ever waits for a disk.
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
        self.queue.push(slot, stream, bytes);
    }

    /// The stream has ended. An unfinished line of it is written; what comes next is a new line.
    pub fn end_stream(&self, slot: LogSlot, stream: Stream) {
        self.queue.end_stream(slot, stream);
    }
}
