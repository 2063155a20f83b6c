//! The phases with what each may hold, and the one function through which every change of phase passes.
//!
//! A timer lives inside the phase that waits for it, so leaving the phase revokes it by construction.

use super::hook::Over;
use super::{Outbox, Service};
use crate::journal::JournalEvent;
use crate::report::Finding;
use crate::time::{Instant, Now, WallTime};
use crate::words::{PhaseName, StopReason};

/// Since when the phase holds, and why.
#[derive(Clone, Debug)]
pub(crate) struct Since {
    pub(crate) at: Instant,
    pub(crate) wall: WallTime,
    pub(crate) because: String,
}

impl Since {
    pub(crate) fn new(now: Now, because: String) -> Self {
        Self {
            at: now.at,
            wall: now.wall,
            because,
        }
    }
}

/// What is.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Idle,
    /// What it depends on is not there yet; what that is stands in the gate.
    Waiting,
    Blocked {
        finding: Finding,
        next: NextCheck,
    },
    Starting(Starting),
    Running,
    Stopping(Stopping),
    Backoff {
        until: Instant,
    },
    Failed,
    Completed,
}

/// The steps of a start.
#[derive(Clone, Debug)]
pub(crate) enum Starting {
    /// Preflight. A finding is looked at three times (0, 2, 8 s) before it counts as a blocker.
    Checking {
        first: Instant,
        found: u32,
        next: NextCheck,
    },
    /// The hook `pre_start` is under way.
    Preparing,
    /// The program is being started.
    Spawning,
    /// Alive, not yet proven. `proven_at` is set when there is no probe to prove it.
    Proving { proven_at: Option<Instant> },
}

/// When the next preflight check is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextCheck {
    /// One is under way.
    UnderWay,
    /// At this time.
    At(Instant),
    /// None: the checks were clear, and the hook `pre_start` that failed before is under way again.
    Hook,
    /// None: the end of the tree is waited for, and the system reports it. Then goes on what the stop was for.
    OnTreeEmpty { reason: StopReason },
}

/// The way down.
#[derive(Clone, Debug)]
pub(crate) struct Stopping {
    pub(crate) reason: StopReason,
    pub(crate) stage: Stage,
    /// Skips the polite rungs as soon as there is something to kill.
    pub(crate) at_once: bool,
}

/// Where on the way down.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// The spawn is under way; what it brings is stopped then.
    AwaitingSpawn,
    /// The hook `pre_stop` is under way; then comes the ladder.
    PreStop,
    /// A polite rung of the ladder was used.
    OnRung { index: usize, step: u32, until: Instant },
    /// The first process ended; the rest was asked to end too.
    Leftovers { until: Instant },
    /// The last rung was used.
    Killing { until: Instant },
    /// Nothing of the run is left, or there was none, and a hook is under way: then goes on what the stop was for.
    AfterRun(Over),
}

impl Phase {
    pub(crate) fn name(&self) -> PhaseName {
        match self {
            Self::Idle => PhaseName::Idle,
            Self::Waiting => PhaseName::Waiting,
            Self::Blocked { .. } => PhaseName::Blocked,
            Self::Starting(_) => PhaseName::Starting,
            Self::Running => PhaseName::Running,
            Self::Stopping(_) => PhaseName::Stopping,
            Self::Backoff { .. } => PhaseName::Backoff,
            Self::Failed => PhaseName::Failed,
            Self::Completed => PhaseName::Completed,
        }
    }

    /// Whether the run may be asked and measured in this phase.
    pub(crate) fn is_probed(&self) -> bool {
        match self {
            Self::Starting(Starting::Proving { .. }) | Self::Running => true,
            Self::Starting(Starting::Checking { .. } | Starting::Preparing | Starting::Spawning)
            | Self::Idle
            | Self::Waiting
            | Self::Blocked { .. }
            | Self::Stopping(_)
            | Self::Backoff { .. }
            | Self::Failed
            | Self::Completed => false,
        }
    }
}

impl Service {
    /// The one transition function: revokes what the new phase may not hold, and tells the journal.
    pub(crate) fn enter(&mut self, now: Now, out: &mut Outbox, phase: Phase, because: impl Into<String>) {
        let (from, to) = (self.phase.name(), phase.name());
        let because = because.into();
        if !phase.is_probed() {
            self.probe.suspend();
            self.limits.suspend();
        }
        if matches!(phase, Phase::Running | Phase::Completed) {
            self.doubts.proven = true;
            self.doubts.clear();
        }
        self.phase = phase;
        if from == to {
            self.since.because = because;
            out.revision += 1;
            return;
        }
        self.since = Since::new(now, because.clone());
        self.journal(now, out, JournalEvent::PhaseChanged { from, to, because });
    }
}
