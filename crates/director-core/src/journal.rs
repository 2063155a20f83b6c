//! What the core says happened: the entries of the journal.
//!
//! Past tense, each with its service and run. The JSON form is part of the product's interface: it only ever grows.

use serde::{Deserialize, Serialize};

use crate::reload::ReloadPlan;
use crate::report::{Finding, HealthAnswer};
use crate::spec::{HookName, Limit, RungKind, Samples, ServiceName};
use crate::time::{Millis, WallTime};
use crate::words::{ExitKind, Health, PhaseName, RunNumber, StopReason};

/// One entry as it leaves the core; the store gives it its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When.
    pub wall: WallTime,
    /// Whose; none for the director itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceName>,
    /// Which run; none when it concerns no run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunNumber>,
    /// What.
    #[serde(flatten)]
    pub event: JournalEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum JournalEvent {
    /// The director began.
    DirectorStarted {
        /// Its version.
        version: String,
        /// Its process.
        pid: u32,
        /// Whether a crash or kill ended its predecessor in this boot.
        after_crash: bool,
    },
    /// The director ended in good order.
    DirectorStopped,
    /// The configuration in force is not the file's: the file is invalid.
    ConfigFellBack {
        /// What is wrong with the file.
        error: String,
    },
    /// A new configuration is in force.
    ConfigReloaded {
        /// What it changes.
        plan: ReloadPlan,
    },
    /// A reload was asked for, and the file is invalid: the configuration in force stays.
    ReloadRefused {
        /// What is wrong with it.
        error: String,
    },
    /// A service passed from one phase to another.
    PhaseChanged {
        /// Before.
        from: PhaseName,
        /// After.
        to: PhaseName,
        /// Why, in a sentence.
        because: String,
    },
    /// A process was started.
    ProcessStarted {
        /// Its id.
        pid: u32,
    },
    /// The first process of the run ended.
    ProcessExited {
        /// How.
        status: ExitKind,
        /// How long it lived.
        uptime_ms: Millis,
        /// Whether that was asked for.
        expected: bool,
    },
    /// The program could not be started.
    SpawnFailed {
        /// Why.
        error: String,
    },
    /// The last process of the tree ended.
    TreeEmptied,
    /// Health changed.
    HealthChanged {
        /// Before.
        from: Health,
        /// After.
        to: Health,
        /// What the probe saw.
        detail: String,
        /// The answer's own fields.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<HealthAnswer>,
    },
    /// A probe failed (each counted failure is recorded).
    ProbeFailed {
        /// Consecutive failures so far.
        failures: u32,
        /// How many restart the service.
        max_failures: u32,
        /// What the probe saw.
        detail: String,
    },
    /// The ladder began.
    StopBegan {
        /// Why.
        reason: StopReason,
    },
    /// A rung was tried.
    RungTried {
        /// Which.
        rung: RungKind,
        /// Whether it reached the service, else why not.
        error: Option<String>,
    },
    /// The tree is stopped or suspended, so that it can answer no polite rung: the last one is next.
    TreeFrozen,
    /// The last rung was used.
    TreeKilled {
        /// Why it came to that.
        because: String,
    },
    /// A restart is due after a wait.
    RestartScheduled {
        /// The wait.
        wait_ms: Millis,
        /// How many restarts the throttle counts.
        count: u32,
    },
    /// A blocker was recognised.
    Blocked {
        /// What was found.
        finding: Finding,
    },
    /// The blocker is gone.
    Unblocked,
    /// The checks before a start found something that does not forbid it; or runs in a row never became healthy, and it was looked
    /// for what may explain that.
    Examined {
        /// How many such runs; 0 when that was no reason to look.
        runs: u32,
        /// What it found that does not forbid a start.
        findings: Vec<Finding>,
    },
    /// An operator asked for something.
    OperatorAsked {
        /// What: `start`, `stop`, `restart`, `shutdown`.
        action: String,
    },
    /// What a killed director left behind was ended.
    LeftoverEnded {
        /// The process.
        pid: u32,
        /// Its start time as the system counts it.
        start: u64,
    },
    /// A hook has run.
    HookRan {
        /// Which.
        hook: HookName,
        /// Why it failed, if it did.
        error: Option<String>,
        /// How long it took.
        took_ms: Millis,
    },
    /// Watched files changed, and the service is restarted for it.
    FilesChanged {
        /// The first of them.
        file: String,
        /// How many.
        count: u64,
    },
    /// Watched files changed, and the command of `watch.action` has run for it.
    ChangeActed {
        /// The first of them.
        file: String,
        /// How many.
        count: u64,
        /// Why the command failed, if it did.
        error: Option<String>,
    },
    /// Watched files changed, and `watch.validate` said no: the service keeps running as it was.
    ChangeRefused {
        /// The first of them.
        file: String,
        /// What the command said.
        error: String,
    },
    /// Each restart by the watch, or each run of its command, made the same file change again: changes are ignored until an
    /// operator starts or restarts the service.
    WatchPaused {
        /// The file.
        file: String,
        /// How many such restarts in a row.
        restarts: u32,
    },
    /// A planned time of `schedule` came.
    ScheduleCame {
        /// When it was planned for.
        planned: WallTime,
        /// Whether it had passed unheeded, and is made up for now.
        missed: bool,
    },
    /// A planned time of `schedule` was passed over.
    ScheduleSkipped {
        /// When it was planned for.
        planned: WallTime,
        /// Why, in a clause.
        because: String,
    },
    /// A maintenance window began: automatic restarts wait.
    MaintenanceBegan {
        /// Until when.
        until: WallTime,
    },
    /// The maintenance window ended.
    MaintenanceEnded,
    /// Files cannot be watched the ordinary way.
    WatchTrouble {
        /// What, and what is done instead or by a person.
        error: String,
    },
    /// The system does not keep a limit of this run. Told once for each cause.
    LimitNotEnforced {
        /// Which.
        limit: Limit,
        /// Why.
        error: String,
    },
    /// The tree takes more memory than it may, by the director's own measure.
    MemoryExceeded {
        /// What it takes.
        bytes: u64,
        /// What it may take.
        limit_bytes: u64,
        /// How many samples were above `limits.restart_above`; none when this is `limits.memory`, which one sample settles.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        samples: Option<Samples>,
    },
    /// The system ended processes of the tree, because it took more memory than `limits.memory`.
    MemoryLimitHit {
        /// What it may take.
        limit_bytes: Option<u64>,
    },
    /// Output could not be kept: a slow or full disk.
    LogLinesDropped {
        /// Lines since the last such entry.
        lines: u64,
        /// Bytes since the last such entry.
        bytes: u64,
        /// Why.
        because: String,
    },
    /// A record of ours could not be read or written.
    RecordFailed {
        /// What and why.
        error: String,
    },
    /// A fault of the director itself, contained.
    InternalFault {
        /// What.
        error: String,
    },
}
