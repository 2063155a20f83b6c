//! What the checkers know of one service, and of its present attempt.

use director_core::spec::{Follow, ServiceSpec};
use director_core::time::Millis;
use director_core::words::{ExitKind, Goal, PhaseName};

use super::hooks::HookBook;
use super::throttle::Model;

/// What is known of one service.
pub(super) struct Book {
    pub(super) spec: ServiceSpec,
    pub(super) goal: Goal,
    pub(super) phase: PhaseName,
    /// The latest attempt.
    pub(super) number: u64,
    /// Attempts under the present director.
    pub(super) attempts: u64,
    /// An operator, a shutdown or a fault took part in the present attempt's fate.
    pub(super) touched: bool,
    pub(super) faulted: bool,
    pub(super) throttle: Model,
    /// When the next attempt is due.
    pub(super) due: Option<Millis>,
    /// Its stop waits for its dependents.
    pub(super) put_off: bool,
    /// It waited for another service since it was due.
    pub(super) waited: bool,
    /// A maintenance window is open.
    pub(super) held: bool,
    /// A new run was asked for within the window.
    pub(super) wished: bool,
    /// Whether the planned time that comes must be heeded, and is.
    pub(super) heeds: Option<bool>,
    pub(super) heeded: bool,
    /// Runs in a row that were never healthy.
    pub(super) fruitless: u32,
    pub(super) attempt: Attempt,
    pub(super) hooks: HookBook,
}

/// What belongs to one attempt.
#[derive(Default)]
pub(super) struct Attempt {
    pub(super) looks: u64,
    pub(super) first_look: Millis,
    pub(super) answered: Millis,
    pub(super) check_out: bool,
    pub(super) obstructed: u32,
    /// While it is blocked by a finding: until when the next look is due.
    pub(super) look_by: Option<Millis>,
    /// The watch over the holders.
    pub(super) watch: Option<u64>,
    pub(super) proven: bool,
    /// What the last look truly saw.
    pub(super) truly_clear: bool,
    pub(super) cleared: bool,
    pub(super) spawn_ordered: bool,
    pub(super) spawn_out: bool,
    pub(super) spawn_failed: bool,
    pub(super) permanent: bool,
    pub(super) started: Option<Millis>,
    pub(super) exit: Option<ExitKind>,
    pub(super) ended: Option<Millis>,
    pub(super) unhealthy: bool,
    pub(super) probe_out: Option<(u64, Millis)>,
    /// The system does not keep `limits.memory` for it.
    pub(super) unkept: bool,
    pub(super) sample_out: Option<(u64, Millis)>,
    /// When the last sample was answered, or the run began.
    pub(super) sampled_at: Millis,
    /// One has just come.
    pub(super) sampled: bool,
    /// The samples so far.
    pub(super) samples: Vec<u64>,
    /// It was stopped for its memory: if it was young, the throttle has a word.
    pub(super) for_memory: bool,
    /// So many were above within a maintenance window that a new run is due after it, whatever comes then.
    pub(super) above_in_window: bool,
    pub(super) failures: u32,
    /// Enough probes failed within a window: the next one decides.
    pub(super) excused: bool,
    /// Something that the core has to count as a failed probe.
    pub(super) evidence: bool,
    pub(super) ever_passed: bool,
    pub(super) rung: usize,
    pub(super) rung_at: Millis,
    pub(super) rung_failed: bool,
    pub(super) step: u32,
    /// The polite rungs may be skipped.
    pub(super) urgent: bool,
    pub(super) leftovers_at: Option<Millis>,
    pub(super) killed_at: Option<Millis>,
}

impl Book {
    /// Whether the core knows that the run cannot go on.
    pub(super) fn is_over(&self) -> bool {
        self.attempt.exit.is_some() && self.spec.follow == Follow::Main
    }

    /// Whether it has a run that probes may ask.
    pub(super) fn is_probed(&self) -> bool {
        let lives = self.attempt.started.is_some() && self.attempt.ended.is_none() && !self.is_over();
        lives && matches!(self.phase, PhaseName::Running | PhaseName::Starting)
    }
}
