//! The account of health: when each probe is due, and what the last one saw. What its answers mean is decided in `verdict`.

use std::collections::{BTreeSet, VecDeque};

use super::{Outbox, Service};
use crate::event::{AnswerOwner, Order, ProbeCall, ProbeOutcome};
use crate::report::{Finding, HealthAnswer};
use crate::spec::{AnyProbe, HealthSpec, ProbeRole, Samples};
use crate::time::{Instant, Millis, Now, WallTime};
use crate::words::Health;

/// A prober that does not answer this long after the probe's own timeout has lost it; that counts as a failure.
const LOST_AFTER_MS: Millis = 5_000;

/// What is known of a service's health: one account for each of its probes, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probes {
    pub(crate) all: Vec<ProbeAccount>,
    /// Over the service's life, so that a late answer cannot be taken for a new one's.
    pub(super) last_id: u64,
    /// What the journal has been told of owners that nobody knows; a crash loop does not repeat it.
    pub(super) told: BTreeSet<String>,
    /// Who answers in the place of the run that is being stopped for it.
    pub(super) twin: Option<Finding>,
}

/// What is known of one probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbeAccount {
    pub(crate) health: Health,
    pub(crate) detail: Option<String>,
    pub(crate) answer: Option<HealthAnswer>,
    pub(crate) at: Option<WallTime>,
    /// It has succeeded in this run.
    pub(crate) passed: bool,
    /// When the next one is due, if none is under way.
    pub(crate) next: Option<Instant>,
    /// The one under way, and when it counts as lost.
    under_way: Option<(u64, Instant)>,
    /// Until then failures do not count, unless it was healthy before.
    pub(super) grace_until: Option<Instant>,
    /// Whether each of the last probes that count failed, oldest first.
    pub(super) failed: VecDeque<bool>,
    /// Who answers is known, as long as it answers.
    pub(super) owner_known: bool,
    /// When a foreign process was first seen to answer, and how often since.
    pub(super) foreign: Option<(Instant, usize)>,
    /// The journal has been told that its restart is held back.
    pub(super) told_held: bool,
}

impl Probes {
    /// A new run: nothing is known.
    pub(crate) fn reset(&mut self, count: usize) {
        self.all.clear();
        self.all.resize_with(count, ProbeAccount::default);
    }

    /// The phase allows no probe: what is under way is ignored when it comes.
    pub(crate) fn suspend(&mut self) {
        for one in &mut self.all {
            (one.next, one.under_way) = (None, None);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.all.iter().filter_map(ProbeAccount::deadline).min()
    }

    /// The worst that a probe says; what has not been said yet is worse than well.
    pub(crate) fn health(&self) -> Health {
        let said = self.all.iter().map(|one| one.health);
        said.max_by_key(|health| badness(*health)).unwrap_or_default()
    }

    /// The probe that decides [`Probes::health`].
    pub(crate) fn worst(&self) -> Option<&ProbeAccount> {
        // Of several as bad as each other the first.
        self.all.iter().rev().max_by_key(|one| badness(one.health))
    }
}

const fn badness(health: Health) -> u32 {
    match health {
        Health::Healthy => 0,
        Health::Unknown => 1,
        Health::Degraded => 2,
        Health::Unhealthy => 3,
    }
}

impl ProbeAccount {
    fn begin(&mut self, spec: &HealthSpec, now: Instant) {
        self.next = Some(now.plus(spec.start_interval_ms));
        self.grace_until = Some(now.plus(spec.start_grace_ms));
    }

    /// A new probe for a run that has proven itself: its failures count from the first on.
    fn begin_proven(&mut self, probe: AnyProbe<'_>, now: Instant) {
        match probe.role {
            ProbeRole::Startup => (self.passed, self.health) = (true, Health::Healthy),
            ProbeRole::Liveness | ProbeRole::Readiness => {
                let wait_ms = probe.spec.start_interval_ms.min(probe.spec.interval_ms);
                self.next = Some(now.plus(wait_ms));
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.under_way.map(|(_, lost)| lost).or(self.next)
    }

    /// How many of the last probes failed.
    pub(crate) fn failures(&self) -> u32 {
        let failed = self.failed.iter().filter(|failed| **failed).count();
        u32::try_from(failed).unwrap_or(u32::MAX)
    }

    /// Notes a probe that counts.
    pub(super) fn note(&mut self, failed: bool, enough: Samples) {
        self.failed.push_back(failed);
        while self.failed.len() > enough.of as usize {
            self.failed.pop_front();
        }
    }
}

impl Service {
    /// A new run: nothing is known of its health.
    pub(crate) fn reset_probes(&mut self) {
        self.probes.reset(self.spec.all_probes().count());
    }

    /// What each probe asks and decides, beside its account.
    pub(super) fn probe_pairs(&self) -> impl Iterator<Item = (AnyProbe<'_>, &ProbeAccount)> {
        self.spec.all_probes().zip(&self.probes.all)
    }

    /// The probes of a run begin: those of the start alone, where there are any.
    pub(crate) fn begin_probes(&mut self, now: Instant) {
        let has_startup = self.spec.all_probes().any(|one| one.role == ProbeRole::Startup);
        for (probe, account) in self.spec.all_probes().zip(&mut self.probes.all) {
            if !has_startup || probe.role == ProbeRole::Startup {
                account.begin(probe.spec, now);
            }
        }
    }

    /// The start has succeeded: the other probes begin, each with its own grace.
    pub(super) fn begin_other_probes(&mut self, now: Instant) {
        for (probe, account) in self.spec.all_probes().zip(&mut self.probes.all) {
            if probe.role != ProbeRole::Startup {
                account.begin(probe.spec, now);
            }
        }
    }

    /// Other probes for a run that has proven itself.
    pub(crate) fn begin_proven_probes(&mut self, now: Instant) {
        for (probe, account) in self.spec.all_probes().zip(&mut self.probes.all) {
            account.begin_proven(probe, now);
        }
    }

    /// Sends the probes that are due, and counts those that were lost.
    pub(crate) fn probe_timed_out(&mut self, now: Now, out: &mut Outbox) {
        for index in 0..self.probes.all.len() {
            // A lost one may have begun the way down.
            if self.phase.is_probed() {
                self.one_timed_out(now, out, index);
            }
        }
    }

    fn one_timed_out(&mut self, now: Now, out: &mut Outbox, index: usize) {
        let (Some(account), Some(probe)) =
            (self.probes.all.get_mut(index), self.spec.all_probes().nth(index))
        else {
            return;
        };
        let timeout_ms = probe.spec.timeout_ms;
        if let Some((id, lost)) = account.under_way {
            if lost <= now.at {
                let detail = format!("the probe gave no answer within {timeout_ms} ms and was lost");
                let outcome = ProbeOutcome::Failed { detail, answer: None };
                self.probe_finished(now, out, id, outcome, None);
            }
            return;
        }
        if account.next.is_some_and(|at| at <= now.at) {
            self.probes.last_id += 1;
            let id = self.probes.last_id;
            account.next = None;
            account.under_way = Some((id, now.at.plus(timeout_ms).plus(LOST_AFTER_MS)));
            let call = ProbeCall {
                name: probe.name.to_owned(),
                look: probe.spec.owner_check && !account.owner_known,
                spec: probe.spec.clone(),
            };
            let call = Box::new(call);
            self.order(out, Order::Probe { probe: id, call });
        }
    }

    pub(crate) fn probe_finished(
        &mut self,
        now: Now,
        out: &mut Outbox,
        probe: u64,
        outcome: ProbeOutcome,
        owner: Option<AnswerOwner>,
    ) {
        let meant = |one: &ProbeAccount| one.under_way.map(|(id, _)| id) == Some(probe);
        let index = self.probes.all.iter().position(meant);
        let over = self.leftovers_due().is_some();
        let Some(index) = index.filter(|_| self.phase.is_probed() && !over) else {
            out.stale += 1;
            return;
        };
        let account = &mut self.probes.all[index];
        account.under_way = None;
        account.at = Some(now.wall);
        out.revision += 1;
        if self.is_from_a_twin(now, out, index, owner) {
            return;
        }
        self.judge_probe(now, out, index, outcome);
    }
}
