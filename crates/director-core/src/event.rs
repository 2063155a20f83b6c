//! What the core is told, and what it asks for.
//!
//! Every action has a success and a failure event. Every event of a run carries its number: one of an older run is
//! counted and ignored.

use crate::journal::JournalEntry;
use crate::report::{Finding, HealthAnswer};
use crate::spec::{HookName, HookSpec, Limit, Rung, ServiceName, StopTarget};
use crate::time::Millis;
use crate::words::{ExitKind, RunNumber};

/// A fact about one run of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub service: ServiceName,
    /// Which run.
    pub run: RunNumber,
    /// What.
    pub fact: Fact,
}

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Answer to [`Order::CheckStart`]: nothing stands in the way.
    StartClear,
    /// Answer to [`Order::CheckStart`]: this does.
    StartObstructed(Finding),
    /// Told before the answer to a thorough [`Order::CheckStart`]: what was found that does not forbid a start.
    Examined {
        /// Possibly nothing.
        findings: Vec<Finding>,
    },
    /// Answer to [`Order::AwaitHolders`]: one of them has ended.
    HolderEnded {
        /// The order's number.
        watch: u64,
    },
    /// Answer to [`Order::AwaitHolders`]: they may not be watched.
    HoldersUnwatched {
        /// The order's number.
        watch: u64,
    },
    /// Answer to [`Order::Spawn`].
    Spawned {
        /// The first process.
        pid: u32,
        /// The limits that the system does not keep for it.
        unenforced: Vec<Unenforced>,
    },
    /// Answer to [`Order::Spawn`].
    SpawnFailed {
        /// Why.
        error: String,
        /// Whether trying again without a change of the machine or the config is pointless.
        permanent: bool,
    },
    /// The system ended processes of the tree for `limits.memory`; told before the end of the first process.
    MemoryLimitHit,
    /// The first process ended.
    Exited(ExitKind),
    /// No process of the tree is left.
    TreeEmptied,
    /// Answer to [`Order::DeliverRung`].
    RungDelivered {
        /// The order's step.
        step: u32,
        /// Whether it reached the run, else why not.
        outcome: Result<(), String>,
    },
    /// Before a rung, every process of the tree was found stopped or suspended: it can hear no polite rung.
    FoundFrozen {
        /// The order's step.
        step: u32,
    },
    /// Answer to [`Order::Probe`].
    ProbeFinished {
        /// The order's number.
        probe: u64,
        /// What it saw.
        outcome: ProbeOutcome,
    },
    /// Answer to [`Order::Measure`].
    Measured {
        /// The order's number.
        sample: u64,
        /// The memory of the tree in bytes, else why it could not be learned.
        outcome: Result<u64, String>,
    },
    /// Answer to [`Order::RunHook`], at the latest soon after its time was up.
    HookFinished {
        /// The order's step.
        step: u32,
        /// Whether the command succeeded, else why not.
        outcome: Result<(), String>,
    },
}

/// A limit that the system does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unenforced {
    /// Which.
    pub limit: Limit,
    /// Why.
    pub error: String,
}

/// Files of a service changed, and have settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The first of them, as a person would name it.
    pub file: String,
    /// How many.
    pub count: u64,
    /// Why the new state may not be used: the word of `watch.validate`.
    pub refused: Option<String>,
}

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// Well.
    Healthy(HealthAnswer),
    /// Answers, and says that something is wrong.
    Degraded(HealthAnswer),
    /// No acceptable answer.
    Failed {
        /// What came instead.
        detail: String,
        /// The answer's fields, when there was one.
        answer: Option<HealthAnswer>,
    },
}

/// What the core asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An order concerning a run.
    Run {
        /// Whose.
        service: ServiceName,
        /// Which run.
        run: RunNumber,
        /// What.
        order: Order,
    },
    /// Write this down.
    Journal(JournalEntry),
    /// Run the command of this service's `watch.action`. Answered by [`Core::change_acted`](crate::Core::change_acted).
    ActOnChange {
        /// Whose.
        service: ServiceName,
    },
    /// This service is no longer declared and is down: nothing of it is needed any more.
    Forget {
        /// Which.
        service: ServiceName,
    },
    /// Every run has ended after a shutdown was asked for: the director may exit.
    Finish,
}

/// What to do with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// End what an earlier director left of this service, then look whether port and database are free.
    CheckStart {
        /// Runs in a row never became healthy: look also for what does not forbid a start and may explain that, and take a
        /// foreign process that has the database open for an obstruction.
        thorough: bool,
    },
    /// Tell when one of these processes ends. Forgets what was awaited for this service before.
    AwaitHolders {
        /// Comes back with the answer.
        watch: u64,
        /// Whom.
        holders: Vec<HolderId>,
    },
    /// Start the program.
    Spawn,
    /// Ask it to end.
    DeliverRung {
        /// Comes back with the answer.
        step: u32,
        /// How.
        rung: Rung,
        /// Whom.
        to: StopTarget,
    },
    /// The first process is gone: ask what else lives in the tree to end, politely.
    DeliverToLeftovers,
    /// End the whole tree.
    KillTree,
    /// Ask how it is.
    Probe {
        /// Comes back with the answer.
        probe: u64,
    },
    /// Look how much memory the tree takes.
    Measure {
        /// Comes back with the answer.
        sample: u64,
    },
    /// Run a hook.
    RunHook {
        /// Comes back with the answer.
        step: u32,
        /// What.
        call: Box<HookCall>,
    },
    /// The run is over: forget its record and its handles.
    Release {
        /// How long it lived.
        uptime_ms: Millis,
    },
}

/// A process of somebody else, unambiguous within one boot of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderId {
    /// Its id.
    pub pid: u32,
    /// Its start as the system counts it.
    pub start: u64,
}

/// A hook to run, with what its environment tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    /// Which.
    pub hook: HookName,
    /// The command and its time.
    pub spec: HookSpec,
    /// Why the run begins, in a sentence; or why it ends, in a word.
    pub reason: String,
    /// How the run ended, after it.
    pub exit: Option<ExitKind>,
    /// The first process, while it lives.
    pub pid: Option<u32>,
}
