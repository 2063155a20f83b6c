//! Everything that reaches the driver's thread.

use std::net::SocketAddr;

use director_core::command::Request;
use director_core::event::{Fact, FileChange, Unenforced};
use director_core::spec::ServiceName;
use director_core::words::RunNumber;
use director_sys::os_signals::OsSignal;
use director_sys::reaper::ReaperEvent;
use director_sys::spawn::InputEnd;
use director_sys::tree::Tree;

use crate::reload::Reading;
use crate::schedule::Word;

/// A message to the driver.
pub(crate) enum Input {
    /// A fact about a run, ready for the core.
    Fact {
        service: ServiceName,
        run: RunNumber,
        fact: Fact,
    },
    /// Another process was seen to answer in the place of a service, at these addresses.
    TwinSeen {
        service: ServiceName,
        addresses: Vec<SocketAddr>,
    },
    /// A program was started: the driver keeps its handles.
    Started(Box<Started>),
    /// The reaper's word on a token.
    Reaped(ReaperEvent),
    /// Somebody asks.
    Ask(Request),
    /// The system signals us.
    Signal(OsSignal),
    /// Watched files changed, and have settled.
    FilesChanged {
        service: ServiceName,
        change: FileChange,
    },
    /// The configuration's file was read again.
    ConfigRead(Box<Reading>),
    /// Files cannot be watched the ordinary way.
    WatchTrouble {
        service: Option<ServiceName>,
        error: String,
    },
    /// The command of `watch.action` has ended.
    ChangeActed {
        service: ServiceName,
        error: Option<String>,
    },
    /// A planned time has come, or a maintenance window begins or ends.
    Calendar(Word),
    /// The configuration's file changed, and has settled.
    ConfigChanged,
    /// Output could not be kept.
    OutputDropped {
        service: ServiceName,
        lines: u64,
        bytes: u64,
        because: String,
    },
    /// A background job of the driver ended (see `keeping`).
    HistorySaved,
    /// One of our records could not be written.
    RecordFailed {
        service: Option<ServiceName>,
        error: String,
    },
}

/// What a spawn brought.
pub(crate) struct Started {
    pub(crate) service: ServiceName,
    pub(crate) run: RunNumber,
    pub(crate) tree: Tree,
    pub(crate) stdin: Option<InputEnd>,
    /// The reaper's token.
    pub(crate) token: u64,
    /// The pump's tokens.
    pub(crate) streams: [u64; 2],
    /// The limits that the system does not keep for it.
    pub(crate) unenforced: Vec<Unenforced>,
}
