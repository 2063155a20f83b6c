//! What a service waits for in others: before a run of its begins, and before it is stopped.
//!
//! The machine that knows all services keeps each gate true; what an open or a closed one means is decided here.

use super::phase::{NextCheck, Phase, Starting};
use super::{Outbox, Service};
use crate::describe::phase_name;
use crate::report::{RenewalWait, WaitReport};
use crate::spec::Condition;
use crate::time::Now;
use crate::words::{Goal, Health, PhaseName, RunNumber, StopReason};

/// The gate of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    /// Why no run may begin now; none: the way is open.
    pub(crate) closed: Option<Closed>,
    /// The latest runs of what it requires, in the order of `requires`.
    pub(crate) runs: Vec<RunNumber>,
}

/// What closes a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) by: WaitReport,
    /// In a sentence.
    pub(crate) because: String,
}

/// A way down that waits until what depends on this service is down.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Later {
    Lower(StopReason),
    Restart(StopReason),
}

impl Service {
    /// Whether a dependent with this condition may start.
    pub(crate) fn fulfils(&self, condition: Condition) -> bool {
        if self.later.is_some() {
            // It has not long to live.
            return false;
        }
        let completed = matches!(self.phase, Phase::Completed);
        match condition {
            Condition::Started => {
                let proving = matches!(self.phase, Phase::Starting(Starting::Proving { .. }));
                completed || proving || matches!(self.phase, Phase::Running)
            }
            Condition::Healthy => {
                let lives = matches!(self.phase, Phase::Running);
                lives && self.probes.health() != Health::Unhealthy && self.is_ready()
            }
            Condition::Completed => completed,
        }
    }

    /// Whether it does its work.
    pub(crate) fn is_available(&self) -> bool {
        self.fulfils(Condition::Healthy)
    }

    /// Whether it comes to this condition without anybody's help, as far as one can tell.
    pub(crate) fn is_coming(&self, condition: Condition) -> bool {
        let first_half = match &self.phase {
            Phase::Waiting | Phase::Starting(_) | Phase::Stopping(_) => true,
            Phase::Running => match condition {
                Condition::Started => false,
                Condition::Healthy => self.awaits_readiness(),
                Condition::Completed => true,
            },
            Phase::Idle
            | Phase::Blocked { .. }
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => false,
        };
        self.goal == Goal::Up && first_half && !self.fulfils(condition)
    }

    /// Its state, as the end of "it is …".
    pub(crate) fn state_words(&self) -> &'static str {
        match self.phase.name() {
            _ if self.later.is_some() => "about to stop",
            PhaseName::Idle | PhaseName::Completed if self.operator_stop.is_some() => {
                "stopped by the operator"
            }
            PhaseName::Idle => "down",
            PhaseName::Running if self.probes.health() == Health::Unhealthy => "unhealthy",
            PhaseName::Running if !self.is_ready() => "not ready yet",
            PhaseName::Backoff => "between two runs",
            other => phase_name(other),
        }
    }

    /// Whether it will not come to this condition unless a person, or a change of the machine, helps.
    pub(crate) fn is_stuck(&self, condition: Condition) -> bool {
        if self.fulfils(condition) {
            return false;
        }
        match &self.phase {
            Phase::Waiting => self.gate.closed.as_ref().is_some_and(|closed| closed.by.stuck),
            Phase::Blocked { .. } | Phase::Failed | Phase::Completed => true,
            Phase::Idle
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. } => self.goal == Goal::Down,
        }
    }

    /// How it keeps another instance from its new run, while it is not available itself.
    pub(crate) fn as_renewal_wait(&self) -> RenewalWait {
        let stuck = match &self.phase {
            // The hook that blocked it is being tried again.
            Phase::Blocked { next, .. } => !matches!(next, NextCheck::Hook),
            Phase::Backoff { .. } => true,
            Phase::Idle
            | Phase::Waiting
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Failed
            | Phase::Completed => self.is_stuck(Condition::Healthy),
        };
        RenewalWait {
            service: self.spec.name.clone(),
            state: self.state_words().to_owned(),
            stuck,
        }
    }

    /// Takes what the gate is now. Answers whether those that wait for this service may see a difference.
    pub(crate) fn gate_changed(&mut self, now: Now, out: &mut Outbox, gate: Gate) -> bool {
        if gate == self.gate {
            return false;
        }
        self.gate = gate;
        if matches!(self.phase, Phase::Waiting) {
            match self.gate.closed.clone() {
                None => self.begin_start(now, out, "what it waited for is there"),
                Some(closed) => self.enter(now, out, Phase::Waiting, closed.because),
            }
            return true;
        }
        self.restart_with_others(now, out)
    }

    /// Its present run was started beside runs that are no more: a new one begins beside the new ones.
    pub(crate) fn restart_with_others(&mut self, now: Now, out: &mut Outbox) -> bool {
        let others = self.beside.get_or_insert_with(|| self.gate.runs.clone());
        let outdated = self.gate.closed.is_none() && *others != self.gate.runs;
        if !self.spec.restart_with
            || !outdated
            || self.goal == Goal::Down
            || self.later.is_some()
            || self.is_held()
        {
            return false;
        }
        match &self.phase {
            Phase::Running | Phase::Starting(Starting::Proving { .. } | Starting::Spawning) => {
                self.begin_stop(now, out, StopReason::DependencyRestarted, false);
                true
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(Starting::Checking { .. } | Starting::Preparing)
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => false,
        }
    }

    /// Whether a stop of it takes a ladder, so that it can wait for others.
    pub(crate) fn can_wait_to_stop(&self) -> bool {
        match &self.phase {
            Phase::Running | Phase::Starting(Starting::Proving { .. } | Starting::Spawning) => true,
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(Starting::Checking { .. } | Starting::Preparing)
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => false,
        }
    }

    /// Whether a restart of it begins with a stop.
    pub(crate) fn has_something_to_stop(&self) -> bool {
        self.can_wait_to_stop() || self.is_preparing() || matches!(self.phase, Phase::Stopping(_))
    }

    /// Remembers a way down for later. A service that shall go down begins nothing new meanwhile.
    pub(crate) fn put_off(&mut self, out: &mut Outbox, later: Later) {
        if let Later::Lower(_) = later {
            self.goal = Goal::Down;
        }
        self.later = Some(later);
        out.revision += 1;
    }

    /// Whether what it depends on has to live on for it: it is on its way down, or will be.
    pub(crate) fn holds_others(&self) -> bool {
        self.later.is_some() || matches!(self.phase, Phase::Stopping(_))
    }

    /// Nobody holds it any more.
    pub(crate) fn go_down_now(&mut self, now: Now, out: &mut Outbox) {
        match self.later.take() {
            Some(Later::Lower(reason)) => self.lower(now, out, reason, false),
            Some(Later::Restart(reason)) => self.restart(now, out, reason),
            None => {}
        }
    }
}
