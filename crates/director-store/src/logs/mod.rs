//! The output of services: written by one thread, rotated, indexed, compressed, and read.
//!
//! `<log_dir>/<service>/current.log` has both streams in the order of arrival, to the byte. Beside it `current.idx` says
//! of each part when it came and from which stream, so that neither needs to stand in the text. A full file is renamed to
//! the time of its rotation.
//!
//! - [`RotatingLog`] is one service's log: line ends, limits, recovery, losses. It has no thread and reads no clock.
//! - [`LogWriter`] is the one thread that writes all of them, behind bounded queues fed by [`LogProducer`].
//! - [`read`] and [`Follower`] are for whoever reads, also while the writer writes and when no director runs.

mod compress;
mod file;
mod follow;
mod index;
mod limits;
mod lost;
mod names;
mod producer;
mod queue;
mod reader;
mod rotating;
mod segments;
mod tail;
mod writer;

pub use compress::compress;
pub use follow::Follower;
pub use lost::{Lost, Moment};
pub use producer::LogProducer;
pub use queue::{BUFFER_BYTES, LogSlot};
pub use reader::{Chunk, Position, Query, Selection, Summary, read};
pub use rotating::RotatingLog;
pub use writer::{LogEvent, LogWriter};

/// Where a part of a log came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// Nobody knows: the index was lost.
    Unknown,
    /// The service's standard output.
    Stdout,
    /// The service's standard error.
    Stderr,
    /// The director itself: a note on lost lines.
    Director,
}

impl Stream {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Director => "director",
        }
    }
}
