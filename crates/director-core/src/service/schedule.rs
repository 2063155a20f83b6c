//! Planned times, and maintenance windows in which automatic restarts wait.
//!
//! The calendar is not read here: the daemon tells when a time has come and how long a window is open.

use super::phase::{Phase, Starting};
use super::{Outbox, Service};
use crate::journal::JournalEvent;
use crate::spec::Kind;
use crate::time::{Now, WallTime};
use crate::words::{Goal, StopReason};

impl Service {
    /// A planned time has come. Answers whether the service is to be raised for it.
    pub(crate) fn time_came(&mut self, now: Now, out: &mut Outbox, planned: WallTime, missed: bool) -> bool {
        let kind = self.spec.kind;
        // A service that is to be down stays down; a oneshot is down between its runs.
        if self.operator_stop.is_some() || self.leaving || kind == Kind::Daemon && self.goal == Goal::Down {
            return false;
        }
        let Some(schedule) = self.spec.schedule.as_ref().filter(|one| one.times.is_some()) else {
            out.stale += 1;
            return false;
        };
        let passed_over = if missed && !schedule.run_missed {
            Some("it passed while the director did not run or the machine slept")
        } else {
            self.needs_no_run(planned, missed)
        };
        if let Some(because) = passed_over {
            let because = because.to_owned();
            self.journal(now, out, JournalEvent::ScheduleSkipped { planned, because });
            return false;
        }
        self.journal(now, out, JournalEvent::ScheduleCame { planned, missed });
        match kind {
            Kind::Daemon => self.ask_renewal(out, StopReason::Schedule),
            // Each planned run is a new beginning.
            Kind::Oneshot => self.throttle.clear(),
        }
        kind == Kind::Oneshot
    }

    /// Why there is nothing to do for a planned time.
    fn needs_no_run(&self, planned: WallTime, missed: bool) -> Option<&'static str> {
        if self.spec.kind == Kind::Daemon {
            // The director that made up for lost time has started it already.
            let younger = match &self.run {
                Some(run) => run.started_wall >= planned,
                None => matches!(self.phase, Phase::Starting(_)),
            };
            return (missed && younger).then_some("its present run began after it");
        }
        match &self.phase {
            Phase::Idle | Phase::Backoff { .. } | Phase::Failed | Phase::Completed => None,
            Phase::Starting(Starting::Checking { .. }) => Some("a run of it is about to begin"),
            Phase::Starting(_) | Phase::Running | Phase::Stopping(_) => Some("its last run still goes on"),
            Phase::Waiting => Some("it waits for what it requires"),
            Phase::Blocked { .. } => Some("it is blocked"),
        }
    }

    /// Maintenance windows are open until then, or none is. Answers whether those that wait for this service may see a
    /// difference.
    pub(crate) fn set_window(&mut self, now: Now, out: &mut Outbox, until: Option<WallTime>) -> bool {
        let before = std::mem::replace(&mut self.held_until, until);
        match (before, until) {
            (None, Some(until)) => {
                self.journal(now, out, JournalEvent::MaintenanceBegan { until });
                false
            }
            (Some(_), None) => {
                self.journal(now, out, JournalEvent::MaintenanceEnded);
                if self.renewal.is_some() {
                    out.renewals.insert(self.spec.name.clone());
                }
                self.restart_with_others(now, out)
            }
            (Some(one), Some(other)) if one != other => {
                out.revision += 1;
                false
            }
            (None, None) | (Some(_), Some(_)) => false,
        }
    }

    /// Whether a new run for this reason waits for the end of a maintenance window.
    pub(crate) fn waits_for_window(&self, reason: StopReason) -> bool {
        self.is_held() && is_automatic(reason)
    }

    /// Whether automatic restarts wait for the end of a maintenance window.
    pub(crate) fn is_held(&self) -> bool {
        self.held_until.is_some()
    }
}

/// Whether no person asked for it.
pub(crate) fn is_automatic(reason: StopReason) -> bool {
    match reason {
        StopReason::FilesChanged
        | StopReason::DependencyRestarted
        | StopReason::Schedule
        | StopReason::MaxAge
        | StopReason::MemoryAbove
        | StopReason::MemoryLimit
        | StopReason::Unhealthy
        | StopReason::StaleTwin
        | StopReason::MainExited => true,
        StopReason::Operator
        | StopReason::OperatorRestart
        | StopReason::Reload
        | StopReason::Removed
        | StopReason::Shutdown
        | StopReason::SystemShutdown
        | StopReason::SpawnAborted => false,
    }
}
