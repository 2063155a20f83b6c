//! What a run may take: the account of its memory, and its greatest age.
//!
//! The system keeps a limit where it can. Where it cannot keep `limits.memory`, the tree is measured here, and ended when it takes
//! more. Nothing is measured that no limit asks for.

use std::collections::{BTreeSet, VecDeque};

use super::phase::Phase;
use super::{Outbox, Service};
use crate::describe::duration;
use crate::event::{Order, Unenforced};
use crate::journal::JournalEvent;
use crate::lot;
use crate::spec::{Limit, Samples};
use crate::time::{Instant, Millis, Now};
use crate::words::{Goal, StopReason};

/// A sample that is not answered after this time is lost, and the next one is taken.
const LOST_AFTER_MS: Millis = 30_000;

/// What is known of a run's limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct LimitAccount {
    /// What the system does not keep for the present run.
    pub(crate) unenforced: Vec<Unenforced>,
    /// When the next sample is due, if none is under way.
    next: Option<Instant>,
    /// The one under way, and when it counts as lost.
    under_way: Option<(u64, Instant)>,
    last_id: u64,
    /// Whether each of the last samples was above `restart_above`, oldest first.
    above: VecDeque<bool>,
    /// The run has been asked to make room for a younger one.
    aged: bool,
    /// The system has ended processes of the run for their memory.
    pub(crate) hit: bool,
    /// What the journal has been told; a crash loop does not repeat it.
    told: BTreeSet<(Limit, String)>,
}

impl LimitAccount {
    /// A new run: nothing is known.
    fn reset(&mut self, unenforced: Vec<Unenforced>) {
        *self = Self {
            unenforced,
            last_id: self.last_id,
            told: std::mem::take(&mut self.told),
            ..Self::default()
        };
    }

    /// The phase allows no sample: what is under way is ignored when it comes.
    pub(crate) fn suspend(&mut self) {
        self.next = None;
        self.under_way = None;
    }

    fn sample_due(&self) -> Option<Instant> {
        self.under_way.map(|(_, lost)| lost).or(self.next)
    }
}

impl Service {
    /// A run has begun, for which the system does not keep these limits.
    pub(crate) fn begin_limits(&mut self, now: Now, out: &mut Outbox, unenforced: Vec<Unenforced>) {
        let mut unenforced = unenforced;
        for Unenforced { limit, error } in &mut unenforced {
            if *limit == Limit::Memory {
                let interval = duration(self.spec.limits.sample_interval_ms);
                *error = format!("{error}; its tree is measured every {interval} instead");
            }
            self.tell_unenforced(now, out, *limit, error.clone());
        }
        self.limits.reset(unenforced);
        if self.is_measured() {
            self.limits.next = Some(now.at.plus(self.spec.limits.sample_interval_ms));
        }
    }

    fn tell_unenforced(&mut self, now: Now, out: &mut Outbox, limit: Limit, error: String) {
        if self.limits.told.insert((limit, error.clone())) {
            self.journal(now, out, JournalEvent::LimitNotEnforced { limit, error });
        }
    }

    /// Other limits count from now on. What the system keeps for the run stays as it is.
    pub(crate) fn measure_anew(&mut self, now: Now) {
        self.limits.above.clear();
        self.limits.next = None;
        if self.phase.is_probed() && self.is_measured() && self.limits.under_way.is_none() {
            self.limits.next = Some(now.at.plus(self.spec.limits.sample_interval_ms));
        }
    }

    /// Whether the director has to look at the tree's memory.
    fn is_measured(&self) -> bool {
        self.spec.limits.restart_above_bytes.is_some() || self.own_memory_limit().is_some()
    }

    /// The memory limit that the system does not keep.
    fn own_memory_limit(&self) -> Option<u64> {
        let by_us = |one: &Unenforced| one.limit == Limit::Memory;
        let limit = self.spec.limits.memory_bytes;
        limit.filter(|_| self.limits.unenforced.iter().any(by_us))
    }

    /// When the run reaches its greatest age, if it can be renewed for it.
    pub(crate) fn renewal_due(&self) -> Option<Instant> {
        let max_age_ms = self.spec.limits.max_age_ms?;
        let run = self.run.as_ref()?;
        let lives = matches!(self.phase, Phase::Running) && run.exited.is_none();
        // One that is on its way down already is left to it.
        let can = lives && self.goal == Goal::Up && !self.limits.aged;
        can.then(|| {
            let percent = self.spec.limits.max_age_variance_percent;
            let age_ms = lot::shortened(max_age_ms, percent, self.spec.name.as_str(), run.number.0);
            run.started.plus(age_ms)
        })
    }

    /// When [`Service::limits_timed_out`] has something to do.
    pub(crate) fn limits_due(&self) -> Option<Instant> {
        if !self.phase.is_probed() {
            return None;
        }
        let sample = self.limits.sample_due();
        sample.into_iter().chain(self.renewal_due()).min()
    }

    /// Takes the sample that is due, and asks for a new run when this one is old enough.
    pub(crate) fn limits_timed_out(&mut self, now: Now, out: &mut Outbox) {
        if self.renewal_due().is_some_and(|at| at <= now.at) {
            self.limits.aged = true;
            return self.ask_renewal(out, StopReason::MaxAge);
        }
        if !self.phase.is_probed() {
            return;
        }
        if self.limits.under_way.is_some_and(|(_, lost)| lost <= now.at) {
            self.limits.under_way = None;
            self.limits.next = self.is_measured().then_some(now.at);
        }
        if self.limits.next.is_some_and(|at| at <= now.at) {
            self.limits.last_id += 1;
            let sample = self.limits.last_id;
            self.limits.next = None;
            self.limits.under_way = Some((sample, now.at.plus(LOST_AFTER_MS)));
            self.order(out, Order::Measure { sample });
        }
    }

    pub(crate) fn measured(&mut self, now: Now, out: &mut Outbox, sample: u64, outcome: Result<u64, String>) {
        let over = self.leftovers_due().is_some();
        if self.limits.under_way.map(|(id, _)| id) != Some(sample) || !self.phase.is_probed() || over {
            out.stale += 1;
            return;
        }
        self.limits.under_way = None;
        if !self.is_measured() {
            return;
        }
        self.limits.next = Some(now.at.plus(self.spec.limits.sample_interval_ms));
        match outcome {
            Ok(bytes) => self.judge(now, out, bytes),
            Err(error) => {
                let limit = match self.own_memory_limit() {
                    Some(_) => Limit::Memory,
                    None => Limit::RestartAbove,
                };
                let error = format!("the memory of its tree cannot be measured: {error}");
                self.tell_unenforced(now, out, limit, error);
            }
        }
    }

    fn judge(&mut self, now: Now, out: &mut Outbox, bytes: u64) {
        if let Some(limit_bytes) = self.own_memory_limit().filter(|limit| bytes > *limit) {
            let (samples, reason) = (None, StopReason::MemoryLimit);
            self.journal(
                now,
                out,
                JournalEvent::MemoryExceeded {
                    bytes,
                    limit_bytes,
                    samples,
                },
            );
            self.journal(now, out, JournalEvent::StopBegan { reason });
            return self.kill_tree(now, out, reason, super::sentence(reason));
        }
        let Some(limit_bytes) = self.spec.limits.restart_above_bytes else {
            return;
        };
        let Samples { above: needed, of } = self.spec.limits.restart_samples;
        self.limits.above.push_back(bytes > limit_bytes);
        while self.limits.above.len() > of as usize {
            self.limits.above.pop_front();
        }
        let above = self.limits.above.iter().filter(|above| **above).count();
        let above = u32::try_from(above).unwrap_or(u32::MAX);
        if above < needed || self.goal == Goal::Down {
            return;
        }
        self.limits.above.clear();
        let samples = Some(Samples { above, of });
        let reason = StopReason::MemoryAbove;
        if self.renewal == Some(reason) {
            // It waits for its turn or for the end of a maintenance window, and the journal knows.
            return;
        }
        self.journal(
            now,
            out,
            JournalEvent::MemoryExceeded {
                bytes,
                limit_bytes,
                samples,
            },
        );
        self.ask_renewal(out, reason);
    }

    pub(crate) fn memory_limit_hit(&mut self, now: Now, out: &mut Outbox) {
        if self.run.is_none() || self.limits.hit {
            out.stale += 1;
            return;
        }
        self.limits.hit = true;
        let limit_bytes = self.spec.limits.memory_bytes;
        self.journal(now, out, JournalEvent::MemoryLimitHit { limit_bytes });
    }

    /// What the system does not keep for the run that lives, one sentence each.
    pub(crate) fn unenforced_sentences(&self) -> Vec<String> {
        if self.run.is_none() {
            return Vec::new();
        }
        let sentence = |one: &Unenforced| format!("{}: {}", one.limit, one.error);
        self.limits.unenforced.iter().map(sentence).collect()
    }
}
