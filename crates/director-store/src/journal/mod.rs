//! `journal.db`: the history of events, in SQLite.
//!
//! [`Journal::record`] gives an entry its number, keeps it in memory (the latest 1000), and hands it to one thread that
//! writes what has gathered in one transaction. The caller never waits for the disk. A journal that is damaged is kept
//! aside and begun anew; one that cannot be written leaves the entries in memory, is tried again, and is reported: no
//! fault of the journal stops supervision.

mod database;
mod entry;
mod handle;
mod reader;
mod writer;

use crate::files::BadFile;

pub use database::{JournalError, MAX_ROWS, SCHEMA_VERSION};
pub use entry::Entry;
pub use handle::Journal;
pub use reader::JournalReader;

/// Entries kept in memory.
pub const RING: usize = 1000;
/// Entries and jobs that wait for the disk; beyond that the oldest entries are dropped and counted.
const MAX_WAITING: usize = 1000;

/// What the journal reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalNotice {
    /// A journal that could not be used was put aside; a new one was begun.
    PutAside(BadFile),
    /// It cannot be written now. Entries stay in memory, and it is tried again.
    Unavailable {
        /// Why.
        error: String,
    },
    /// It is written again; so many entries were lost meanwhile.
    Recovered {
        /// Entries that are not in the file.
        lost: u64,
    },
    /// A deferred job panicked: a fault of the director.
    JobFaulted,
}
