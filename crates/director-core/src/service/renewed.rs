//! A service whose definition changes while it lives.

use super::phase::{Phase, Starting};
use super::{Outbox, Service};
use crate::spec::ServiceSpec;
use crate::time::Now;
use crate::words::{Goal, StopReason};

impl Service {
    /// Takes a new definition. What the present run is probed by, stopped by and restarted by counts from now on.
    pub(crate) fn redefine(&mut self, now: Now, out: &mut Outbox, spec: ServiceSpec) {
        let new_health = self.spec.health != spec.health || self.spec.probes != spec.probes;
        let new_limits = self.spec.limits != spec.limits;
        if self.spec.watch != spec.watch {
            self.changes.clear();
        }
        if self.spec.requires != spec.requires {
            self.beside = None;
        }
        let new_schedule = self.spec.schedule != spec.schedule;
        let new_hooks = self.spec.hooks != spec.hooks;
        let planned = spec.schedule.as_ref().is_some_and(|one| one.times.is_some());
        let unwatched = self.spec.watch.is_some() && spec.watch.is_none();
        // What the old definition asked for and the new one does not know counts no more.
        self.renewal = self.renewal.filter(|reason| match reason {
            StopReason::Schedule => planned,
            StopReason::MaxAge | StopReason::MemoryAbove => !new_limits,
            StopReason::FilesChanged => !unwatched,
            StopReason::DependencyRestarted => spec.restart_with,
            StopReason::Operator
            | StopReason::OperatorRestart
            | StopReason::MemoryLimit
            | StopReason::Reload
            | StopReason::Removed
            | StopReason::Unhealthy
            | StopReason::StaleTwin
            | StopReason::Shutdown
            | StopReason::SystemShutdown
            | StopReason::MainExited
            | StopReason::SpawnAborted => true,
        });
        self.spec = spec;
        if new_schedule {
            self.reschedule(now, out);
        }
        self.leaving = false;
        if new_hooks {
            self.retry_pre_start(out);
        }
        out.revision += 1;
        if new_health {
            self.probe_anew(now, out);
        }
        if new_limits {
            self.measure_anew(now);
        }
    }

    /// What the old schedule said counts no more.
    fn reschedule(&mut self, now: Now, out: &mut Outbox) {
        self.next_scheduled = None;
        let windows = self.spec.schedule.as_ref().map(|one| &one.maintenance);
        if windows.is_none_or(Vec::is_empty) {
            self.set_window(now, out, None);
        }
    }

    /// The account of health begins again; a run that has proven itself stays proven.
    fn probe_anew(&mut self, now: Now, out: &mut Outbox) {
        self.reset_probes();
        match &self.phase {
            Phase::Starting(Starting::Proving { .. }) => self.begin_proof(now, out),
            Phase::Running => self.begin_proven_probes(now.at),
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(Starting::Checking { .. } | Starting::Preparing | Starting::Spawning)
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => {}
        }
    }

    /// Whether a change of its program concerns it now: it shall be up.
    pub(crate) fn wants_new_program(&self) -> bool {
        self.goal == Goal::Up
    }
}
