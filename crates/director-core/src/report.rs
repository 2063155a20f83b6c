//! What the director tells: the shapes of `status --json`, `why --json` and the API.
//!
//! They only ever grow. Times are Unix milliseconds.

use serde::{Deserialize, Serialize};

use crate::spec::{Condition, HookName, Instance, LimitsSpec, ServiceName};
use crate::time::{Millis, WallTime};
use crate::words::{ExitKind, Goal, Health, PhaseName, RunNumber};

/// The version of the protocol between command line and director. Exchanged first; a mismatch is a named error.
pub const PROTOCOL: u32 = 1;

/// Fields of a health answer that are kept, each cut to 200 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthAnswer {
    /// `status`.
    pub status: Option<String>,
    /// `app`.
    pub app: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// `database`.
    pub database: Option<String>,
}

/// A finding that a restart cannot cure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code: `port-in-use`, `port-refused`, `database-locked`, `database-held`, `database-unusable`,
    /// `tree-not-ended`, `leftover-alive`, `hook-failed`.
    pub code: String,
    /// What is the matter, in a sentence.
    pub summary: String,
    /// Who holds what, one line each.
    pub evidence: Vec<String>,
    /// What a person can do.
    pub remedy: Vec<String>,
    /// What a person should not do.
    pub avoid: Vec<String>,
    /// The processes that hold the thing, where that is the matter.
    #[serde(default)]
    pub holders: Vec<Holder>,
}

/// A process that holds something which a service needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// Its start as the system counts it: with the id it names one process of a boot.
    pub start: u64,
    /// Its short name.
    pub name: String,
    /// The account it runs under, where that may be known.
    pub user: Option<String>,
    /// The file it holds; none: it holds a port.
    pub file: Option<String>,
    /// Since when it runs. Nobody tells since when it holds the thing.
    pub since: Option<WallTime>,
    /// Whether it can do anything about it.
    pub state: HolderState,
}

/// Whether a holder can let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderState {
    /// It runs.
    #[default]
    Alive,
    /// It is stopped, or all its threads are suspended: it lets go of nothing by itself.
    Suspended,
    /// It is on its way out, and the system has not let it go yet.
    Exiting,
}

impl HolderState {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Suspended => "suspended",
            Self::Exiting => "exiting",
        }
    }
}

/// The whole director.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectorReport {
    /// The director's version.
    pub version: String,
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The director's process.
    pub pid: u32,
    /// Its name from the config.
    pub name: String,
    /// The config file in force.
    pub config: String,
    /// Since when it runs.
    pub started: WallTime,
    /// Set when the config in force is the last good one because the file is invalid.
    pub fallback: Option<String>,
    /// Whether it is shutting down.
    pub shutting_down: bool,
    /// Grows with each change of anything below; for waiting on changes.
    pub revision: u64,
    /// The services by name.
    pub services: Vec<ServiceReport>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReport {
    /// Its name.
    pub name: ServiceName,
    /// What the operator wants.
    pub goal: Goal,
    /// What is.
    pub phase: PhaseName,
    /// Since when.
    pub phase_since: WallTime,
    /// What the probe says.
    pub health: Health,
    /// Why the phase is what it is, in a sentence.
    pub because: String,
    /// What happens next, in a sentence; none when nothing is due.
    pub next: Option<String>,
    /// The present or last run.
    pub run: Option<RunReport>,
    /// Restarts the throttle counts now.
    pub restart_count: u32,
    /// All restarts since the director began.
    pub restarts_total: u64,
    /// Milliseconds until the next run, in `backoff`.
    pub backoff_left_ms: Option<Millis>,
    /// Consecutive failed probes.
    pub probe_failures: u32,
    /// The last probe's finding.
    pub probe_detail: Option<String>,
    /// When that probe ended.
    pub probed: Option<WallTime>,
    /// The health answer's own fields.
    pub answer: Option<HealthAnswer>,
    /// The blocker, in `blocked`.
    pub blocker: Option<Finding>,
    /// Since when an operator's stop holds.
    pub stopped_by_operator: Option<WallTime>,
    /// The port checked before a start.
    pub port: Option<u16>,
    /// How the previous run ended.
    pub last_exit: Option<ExitReport>,
    /// Output lines that could not be kept, since the director began.
    pub log_lines_dropped: u64,
    /// Processor time and memory of the tree, when asked for.
    pub usage: Option<UsageReport>,
    /// The command, as configured.
    pub command: Vec<String>,
    /// Whether changes of files restart it.
    #[serde(default)]
    pub watched: bool,
    /// The file that each restart by the watch changes again: changes are ignored for now.
    #[serde(default)]
    pub watch_paused: Option<String>,
    /// What its runs may take, as configured.
    #[serde(default)]
    pub limits: LimitsSpec,
    /// What the system does not keep of that for the present run, and why.
    #[serde(default)]
    pub limits_unenforced: Vec<String>,
    /// In so long the present run reaches its greatest age and is restarted.
    #[serde(default)]
    pub renewal_due_ms: Option<Millis>,
    /// What it waits for, in `waiting`.
    #[serde(default)]
    pub waits_for: Option<WaitReport>,
    /// The other instance that the new run it asks for waits for.
    #[serde(default)]
    pub renewal_waits_for: Option<RenewalWait>,
    /// Set when it is one of several instances of a declared service.
    #[serde(default)]
    pub instance: Option<Instance>,
    /// Until when a maintenance window holds automatic restarts.
    #[serde(default)]
    pub maintenance_until: Option<WallTime>,
    /// When its schedule comes next.
    #[serde(default)]
    pub next_scheduled: Option<WallTime>,
    /// The hook under way.
    #[serde(default)]
    pub hook: Option<HookName>,
    /// What was found that may explain why several runs in a row never became healthy.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl ServiceReport {
    /// Whether `name` means it: its own name, or the one it is declared by.
    #[must_use]
    pub fn is_meant_by(&self, name: &str) -> bool {
        let of = self.instance.as_ref().map(|instance| instance.of.as_str());
        self.name.as_str() == name || of == Some(name)
    }
}

/// What a service waits for before it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitReport {
    /// The other service.
    pub service: ServiceName,
    /// How far that one must be.
    pub condition: Condition,
    /// Whether it will not come to that by itself, such as one that failed, is blocked or was stopped.
    pub stuck: bool,
}

/// What a new run of an instance waits for: another one that is not available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalWait {
    /// The other instance.
    pub service: ServiceName,
    /// What that one is, as the end of "it is …".
    pub state: String,
    /// Whether it does not become available by itself soon, such as one that failed, is blocked or is between two runs.
    pub stuck: bool,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// Its number.
    pub number: RunNumber,
    /// The first process, while it lives.
    pub pid: Option<u32>,
    /// Since when.
    pub started: WallTime,
    /// For how long it has been up, while it lives.
    pub uptime_ms: Option<Millis>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// Which run.
    pub run: RunNumber,
    /// How.
    pub status: ExitKind,
    /// When.
    pub at: WallTime,
    /// Whether it was asked for.
    pub expected: bool,
}

/// What a tree uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// Processor time so far.
    pub cpu_ms: u64,
    /// Memory of all its processes.
    pub memory_bytes: u64,
    /// How many processes.
    pub processes: u32,
}
