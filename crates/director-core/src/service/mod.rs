//! One service: its goal, its phase and its run.
//!
//! The state machine is spread over rooms by behaviour: [`phase`] holds the phases with their timers and the one
//! transition function, `beginning` a service at rest, `start` the way up, `blocker` what stands in it, `stop` the way down, `exit` what an end means, `gate` what it
//! waits for in others, `hook` the commands before, beside and after a run, `renewal` a new run that no crash asks for, `renewed` a new
//! definition, `probe` the account of health, `limits` that of memory and age, `watch` what a change of files means, `schedule` what a
//! planned time and a maintenance window mean.
//! `facts` leads each incoming fact to its room.

mod beginning;
mod blocker;
mod exit;
mod facts;
mod gate;
mod hook;
mod limits;
mod outbox;
pub(crate) mod phase;
mod probe;
mod renewal;
mod renewed;
mod report;
mod run;
mod schedule;
mod start;
mod stop;
mod timers;
mod watch;

use crate::report::{ExitReport, RenewalWait};
use crate::spec::ServiceSpec;
use crate::throttle::Throttle;
use crate::time::{Instant, WallTime};
use crate::words::{Goal, RunNumber, StopReason};
pub(crate) use blocker::Doubts;
pub(crate) use gate::{Closed, Gate, Later};
use hook::HookAccount;
use limits::LimitAccount;
pub(crate) use outbox::Outbox;
use phase::{Phase, Since};
use probe::ProbeAccount;
pub(crate) use run::Run;
pub(crate) use stop::sentence;
use watch::ChangeAccount;

/// One service.
pub(crate) struct Service {
    pub(crate) spec: ServiceSpec,
    pub(crate) goal: Goal,
    pub(crate) phase: Phase,
    pub(crate) since: Since,
    /// Counts up with each attempt to start, so that no two attempts share a number.
    pub(crate) last_number: RunNumber,
    pub(crate) run: Option<Run>,
    /// The latest run, for the report, after it ended.
    pub(crate) last_run: Option<(RunNumber, WallTime)>,
    pub(crate) last_exit: Option<ExitReport>,
    pub(crate) throttle: Throttle,
    pub(crate) restarts_total: u64,
    pub(crate) probe: ProbeAccount,
    pub(crate) limits: LimitAccount,
    pub(crate) operator_stop: Option<WallTime>,
    /// Rungs and hooks are numbered over the service's life, so that a late answer cannot be taken for a new one's.
    pub(crate) last_step: u32,
    pub(crate) lines_dropped: u64,
    pub(crate) changes: ChangeAccount,
    pub(crate) hooks: HookAccount,
    pub(crate) doubts: Doubts,
    /// Why a new run is asked for that has not been granted yet.
    pub(crate) renewal: Option<StopReason>,
    /// Which other instance that waits for.
    pub(crate) renewal_held_by: Option<RenewalWait>,
    /// Until when maintenance windows hold automatic restarts.
    pub(crate) held_until: Option<WallTime>,
    /// When its next planned time comes.
    pub(crate) next_scheduled: Option<WallTime>,
    /// When the machine goes down: what still lives at this moment is killed.
    pub(crate) cut_at: Option<Instant>,
    pub(crate) gate: Gate,
    /// The runs of what it requires that its present run was started beside. None: `requires` has changed since then, and the
    /// runs of that moment count.
    pub(crate) beside: Option<Vec<RunNumber>>,
    /// It is no longer declared, and forgotten when it is down.
    pub(crate) leaving: bool,
    /// A way down that waits for dependents.
    pub(crate) later: Option<Later>,
}
