//! When a service wants to be woken, and what it does then.

use super::phase::{NextCheck, Phase, Stage, Starting};
use super::{Outbox, Service};
use crate::time::{Instant, Now};

impl Service {
    /// The earliest moment at which [`Service::tick`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if let Some((at, _)) = self.leftovers_due() {
            return Some(at);
        }
        let phase = match &self.phase {
            Phase::Idle | Phase::Waiting | Phase::Running | Phase::Failed | Phase::Completed => None,
            Phase::Blocked { next, .. } | Phase::Starting(Starting::Checking { next, .. }) => match next {
                NextCheck::At(at) => Some(*at),
                NextCheck::UnderWay | NextCheck::Hook | NextCheck::OnTreeEmpty { .. } => None,
            },
            Phase::Starting(Starting::Preparing | Starting::Spawning) => None,
            Phase::Starting(Starting::Proving { proven_at }) => *proven_at,
            Phase::Stopping(stopping) => match stopping.stage {
                Stage::AwaitingSpawn => None,
                // A hook is answered within its time.
                Stage::PreStop | Stage::AfterRun(_) => self.cut_at,
                Stage::OnRung { until, .. } | Stage::Leftovers { until } => {
                    Some(self.cut_at.map_or(until, |cut| until.min(cut)))
                }
                Stage::Killing { until } => Some(until),
            },
            // The end of a maintenance window is told, and not waited for.
            Phase::Backoff { until } => (!self.is_held()).then_some(*until),
        };
        let probe = if self.phase.is_probed() {
            self.probes.deadline()
        } else {
            None
        };
        let limits = self.limits_due();
        phase.into_iter().chain(probe).chain(limits).min()
    }

    /// Does what is due. Called after all ready facts were handled, so that an exit beats its own timeout.
    pub(crate) fn tick(&mut self, now: Now, out: &mut Outbox) {
        if let Some((at, reason)) = self.leftovers_due() {
            // Its first process has ended: no proof, no probe and no rung is due any more.
            if at <= now.at {
                self.end_leftovers(now, out, reason);
            }
            return;
        }
        match &self.phase {
            Phase::Idle | Phase::Waiting | Phase::Running | Phase::Failed | Phase::Completed => {}
            Phase::Blocked { .. } | Phase::Starting(Starting::Checking { .. }) => self.recheck(now, out),
            Phase::Starting(Starting::Preparing | Starting::Spawning) => {}
            Phase::Starting(Starting::Proving { proven_at }) => {
                if proven_at.is_some_and(|at| at <= now.at) {
                    self.prove(now, out, "it has been alive for a second");
                }
            }
            Phase::Stopping(_) => self.stage_timed_out(now, out),
            Phase::Backoff { until } => {
                if *until <= now.at && !self.is_held() {
                    self.begin_start(now, out, "the wait is over");
                }
            }
        }
        self.probe_timed_out(now, out);
        self.limits_timed_out(now, out);
    }
}
