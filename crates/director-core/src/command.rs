//! What may be asked of a running director, by the command line through the API.
//!
//! A request carries its reply as a closure, so that the asking side may be synchronous or not and neither side knows
//! the other. A dropped reply means that the director is gone.

use serde::{Deserialize, Serialize};

use crate::journal::JournalEntry;
use crate::reload::ReloadPlan;
use crate::report::DirectorReport;
use crate::spec::ServiceName;

/// Takes the answer to a request. Called at most once; never blocks.
pub type Reply<T> = Box<dyn FnOnce(T) + Send>;

/// A change asked for by an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Clears an operator's stop and starts. No service named: all.
    Start {
        /// Which.
        services: Vec<ServiceName>,
    },
    /// Stops and keeps stopped, across restarts of the director and the machine. No service named: all.
    Stop {
        /// Which.
        services: Vec<ServiceName>,
    },
    /// Stops, then starts; counts as no crash. No service named: all that are up.
    Restart {
        /// Which.
        services: Vec<ServiceName>,
    },
    /// Stops all services in reverse order, then the director.
    Shutdown {
        /// Goes to the last rung at once.
        now: bool,
    },
}

/// The director took a command on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The services concerned.
    pub services: Vec<ServiceName>,
    /// The report's revision just before; progress is what comes after it.
    pub revision: u64,
}

/// The director read its configuration again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// What changes.
    pub plan: ReloadPlan,
    /// The report's revision just before; progress is what comes after it.
    pub revision: u64,
}

/// The director refuses a command; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum Refusal {
    /// There is no such service.
    UnknownService {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<ServiceName>,
    },
    /// The director is shutting down.
    ShuttingDown,
    /// The configuration's file is invalid; the one in force stays.
    ConfigInvalid {
        /// Everything that is wrong, as a person reads it.
        error: String,
    },
    /// The operator's wish could not be written to disk, so it would be lost at the next restart.
    NotRecorded {
        /// Why.
        error: String,
    },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownService { name, .. } => write!(f, "there is no service `{name}`"),
            Self::ConfigInvalid { error } => f.write_str(error),
            Self::ShuttingDown => f.write_str("the director is shutting down"),
            Self::NotRecorded { error } => write!(f, "the wish could not be recorded: {error}"),
        }
    }
}

/// A numbered journal entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// Its number: grows by one, across restarts of the director.
    pub seq: u64,
    /// The entry.
    #[serde(flatten)]
    pub entry: JournalEntry,
}

/// Everything that may be asked.
pub enum Request {
    /// The state of all.
    Report {
        /// Sample processor time and memory of this service's tree as well.
        usage_of: Option<ServiceName>,
        /// Takes it.
        reply: Reply<DirectorReport>,
    },
    /// Answer as soon as the report's revision differs from this one.
    Changed {
        /// The revision the asker has.
        from: u64,
        /// Takes the new one.
        reply: Reply<u64>,
    },
    /// Do something.
    Command {
        /// What.
        command: Command,
        /// Takes the outcome.
        reply: Reply<Result<Accepted, Refusal>>,
    },
    /// Read the configuration's file again and put it into force.
    Reload {
        /// Only say what would happen.
        dry_run: bool,
        /// Takes what happens, or would.
        reply: Reply<Result<Reloaded, Refusal>>,
    },
    /// The latest journal entries after a number, at most `limit`, oldest first.
    Events {
        /// Those after this one.
        after: u64,
        /// Only of this service.
        service: Option<ServiceName>,
        /// At most so many, the latest.
        limit: usize,
        /// Takes them.
        reply: Reply<Vec<Numbered>>,
    },
    /// The last bytes of a service's output that are in memory.
    Tail {
        /// Whose.
        service: ServiceName,
        /// Takes them.
        reply: Reply<Option<Vec<u8>>>,
    },
}
