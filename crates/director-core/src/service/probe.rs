//! The account of health: when the next probe is due, what the last one saw, how many failed in a row.

use super::phase::{Phase, Starting};
use super::{Outbox, Service};
use crate::event::{Order, ProbeOutcome};
use crate::journal::JournalEvent;
use crate::report::HealthAnswer;
use crate::spec::HealthSpec;
use crate::time::{Instant, Millis, Now, WallTime};
use crate::words::{Health, StopReason};

/// A prober that does not answer this long after the probe's own timeout has lost it; that counts as a failure.
const LOST_AFTER_MS: Millis = 5_000;

/// What is known of a service's health.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbeAccount {
    pub(crate) health: Health,
    pub(crate) failures: u32,
    pub(crate) detail: Option<String>,
    pub(crate) answer: Option<HealthAnswer>,
    pub(crate) at: Option<WallTime>,
    /// When the next one is due, if none is under way.
    pub(crate) next: Option<Instant>,
    /// The one under way, and when it counts as lost.
    under_way: Option<(u64, Instant)>,
    /// Until then failures do not count, unless it was healthy before.
    grace_until: Option<Instant>,
    last_id: u64,
}

impl ProbeAccount {
    /// A new run: nothing is known.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            last_id: self.last_id,
            ..Self::default()
        };
    }

    /// The phase allows no probe: what is under way is ignored when it comes.
    pub(crate) fn suspend(&mut self) {
        self.next = None;
        self.under_way = None;
    }

    pub(crate) fn begin(&mut self, spec: &HealthSpec, now: Instant) {
        self.next = Some(now.plus(spec.start_interval_ms));
        self.grace_until = Some(now.plus(spec.start_grace_ms));
    }

    /// A new probe for a run that has proven itself: its failures count from the first on.
    pub(crate) fn begin_proven(&mut self, spec: &HealthSpec, now: Instant) {
        self.next = Some(now.plus(spec.start_interval_ms.min(spec.interval_ms)));
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.under_way.map(|(_, lost)| lost).or(self.next)
    }
}

impl Service {
    /// Sends the probe that is due, or counts the one that was lost.
    pub(crate) fn probe_timed_out(&mut self, now: Now, out: &mut Outbox) {
        let Some(timeout_ms) = self.spec.health.as_ref().map(|health| health.timeout_ms) else {
            return;
        };
        if !self.phase.is_probed() {
            return;
        }
        if let Some((id, lost)) = self.probe.under_way {
            if lost <= now.at {
                let detail = format!("the probe gave no answer within {timeout_ms} ms and was lost");
                self.probe_finished(now, out, id, ProbeOutcome::Failed { detail, answer: None });
            }
            return;
        }
        if self.probe.next.is_some_and(|at| at <= now.at) {
            self.probe.last_id += 1;
            let probe = self.probe.last_id;
            self.probe.next = None;
            self.probe.under_way = Some((probe, now.at.plus(timeout_ms).plus(LOST_AFTER_MS)));
            self.order(out, Order::Probe { probe });
        }
    }

    pub(crate) fn probe_finished(&mut self, now: Now, out: &mut Outbox, probe: u64, outcome: ProbeOutcome) {
        let Some(spec) = self.spec.health.clone() else {
            return;
        };
        let over = self.leftovers_due().is_some();
        if self.probe.under_way.map(|(id, _)| id) != Some(probe) || !self.phase.is_probed() || over {
            out.stale += 1;
            return;
        }
        self.probe.under_way = None;
        self.probe.at = Some(now.wall);
        out.revision += 1;
        match outcome {
            ProbeOutcome::Healthy(answer) => self.probe_passed(now, out, &spec, Health::Healthy, answer),
            ProbeOutcome::Degraded(answer) => self.probe_passed(now, out, &spec, Health::Degraded, answer),
            ProbeOutcome::Failed { detail, answer } => self.probe_failed(now, out, &spec, detail, answer),
        }
    }

    fn probe_passed(
        &mut self,
        now: Now,
        out: &mut Outbox,
        spec: &HealthSpec,
        health: Health,
        answer: HealthAnswer,
    ) {
        let detail = match (&answer.status, &answer.database) {
            (Some(status), Some(database)) => format!("status \"{status}\", database \"{database}\""),
            (Some(status), None) => format!("status \"{status}\""),
            (None, _) => "answered".to_owned(),
        };
        self.probe.failures = 0;
        self.probe.grace_until = None;
        self.probe.next = Some(now.at.plus(spec.interval_ms));
        self.change_health(now, out, health, detail, Some(answer));
        self.prove(now, out, "its probe found it healthy");
    }

    fn probe_failed(
        &mut self,
        now: Now,
        out: &mut Outbox,
        spec: &HealthSpec,
        detail: String,
        answer: Option<HealthAnswer>,
    ) {
        if self.probe.grace_until.is_some_and(|until| now.at < until) {
            self.probe.next = Some(now.at.plus(spec.start_interval_ms));
            self.probe.detail = Some(detail);
            return;
        }
        self.probe.grace_until = None;
        // Enough of them are counted already while a maintenance window holds the restart.
        let enough = self.probe.failures >= spec.max_failures;
        self.change_health(now, out, Health::Unhealthy, detail.clone(), answer);
        if !enough {
            self.probe.failures += 1;
            let (failures, max_failures) = (self.probe.failures, spec.max_failures);
            self.journal(
                now,
                out,
                JournalEvent::ProbeFailed {
                    failures,
                    max_failures,
                    detail,
                },
            );
        }
        if self.probe.failures >= spec.max_failures && !self.is_held() {
            self.begin_stop(now, out, StopReason::Unhealthy, false);
        } else {
            self.probe.next = Some(now.at.plus(spec.retry_interval_ms.min(spec.interval_ms)));
        }
    }

    fn change_health(
        &mut self,
        now: Now,
        out: &mut Outbox,
        to: Health,
        detail: String,
        answer: Option<HealthAnswer>,
    ) {
        let from = self.probe.health;
        self.probe.detail = Some(detail.clone());
        if answer.is_some() {
            self.probe.answer.clone_from(&answer);
        }
        if from != to {
            self.probe.health = to;
            self.journal(
                now,
                out,
                JournalEvent::HealthChanged {
                    from,
                    to,
                    detail,
                    answer,
                },
            );
        }
    }

    /// Until when failures do not count, while a start is being proven.
    pub(crate) fn grace_left(&self, now: Instant) -> Option<Millis> {
        match &self.phase {
            Phase::Starting(Starting::Proving { .. }) => self
                .probe
                .grace_until
                .filter(|until| now < *until)
                .map(|until| until.since(now)),
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => None,
        }
    }
}
