//! Moving what children write to whoever keeps it: one thread for all streams, asleep when nobody writes.
//!
//! Linux: one epoll thread over pipes of 1 MiB. Windows: one completion port over uniquely named pipes of 64 KiB. Streams are
//! served in turn, a bounded amount each, so one that floods starves nobody. An idle stream owns no buffer.

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;

/// Our end of a pipe that a child writes to.
#[derive(Debug)]
pub struct OutputEnd {
    pub(crate) inner: imp::OutputEnd,
}

/// Who keeps what children write. All calls come from the pump's thread.
pub trait OutputSink: Send {
    /// An empty vector with the capacity to read into (the sink pools them); one without capacity gets 64 KiB.
    fn buffer(&mut self) -> Vec<u8>;

    /// Bytes of one stream, never empty. Must not block: meanwhile every stream waits.
    fn data(&mut self, token: u64, bytes: Vec<u8>);

    /// A buffer that was handed out by [`OutputSink::buffer`] and not needed after all.
    fn unused(&mut self, buffer: Vec<u8>) {
        drop(buffer);
    }

    /// The stream has ended or was finished. Exactly once per token, after its last data.
    fn closed(&mut self, token: u64);

    /// No more data is ready in this round: flush what is batched.
    fn idle(&mut self) {}
}

/// The one mover of output. Dropping it ends its thread and closes all streams, each reported closed.
#[derive(Debug)]
pub struct Pump {
    inner: imp::Pump,
}

impl Pump {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the thread or its kernel objects cannot be created.
    pub fn start(sink: impl OutputSink + 'static) -> io::Result<Self> {
        imp::Pump::start(Box::new(sink)).map(|inner| Self { inner })
    }

    /// Moves what arrives at `end` under `token`, which must be unique among the open streams.
    ///
    /// # Errors
    /// When the system refuses to watch it, or the token is in use (`AlreadyExists`); then nothing is reported for it.
    pub fn add(&self, token: u64, end: OutputEnd) -> io::Result<()> {
        self.inner.add(token, end.inner)
    }

    /// Reads what is there now, then closes, even if somebody still holds the other end. Unknown tokens are fine.
    pub fn finish(&self, token: u64) {
        self.inner.finish(token);
    }
}
