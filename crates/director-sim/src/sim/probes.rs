//! Probes: who answers, what, and when.

use director_core::event::{AnswerOwner, Fact, ProbeCall, ProbeOutcome};
use director_core::report::{Finding, HealthAnswer};

use super::Sim;
use crate::mutation::Mutation;
use crate::world::{PORT, ProcessIndex};

impl Sim<'_> {
    pub(super) fn probe(&mut self, service: usize, run: u64, probe: u64, call: &ProbeCall) {
        if !self.calm && self.rng.chance(self.knobs.lost_probes) {
            return;
        }
        let tree = self.world.tree(service, run);
        let is_main = |index: &ProcessIndex| self.world.all[*index].owner.is_some_and(|owner| owner.main);
        let main = tree.into_iter().find(is_main);
        // Whoever listened first is the one who answers.
        let stranger = self
            .stranger(service)
            .filter(|index| main.is_none_or(|main| *index < main));
        let (takes, outcome) = match stranger {
            Some(_) => (0, ProbeOutcome::Healthy(HealthAnswer::default())),
            None => self.answer(main, call.spec.timeout_ms),
        };
        self.check
            .answers_truly(service, run, &call.name, stranger.is_some());
        let owner = call.look.then(|| self.owner(service, stranger.is_some()));
        // What does not answer belongs to nobody.
        let owner = owner.filter(|_| stranger.is_some() || !matches!(outcome, ProbeOutcome::Failed { .. }));
        let at = self.t + takes + self.delay();
        let fact = Fact::ProbeFinished {
            probe,
            outcome,
            owner,
        };
        self.tell(at, service, run, fact);
    }

    fn answer(&self, main: Option<ProcessIndex>, timeout_ms: u64) -> (u64, ProbeOutcome) {
        let failed = |detail: &str| ProbeOutcome::Failed {
            detail: detail.to_owned(),
            answer: None,
        };
        match main.map(|index| &self.world.all[index]) {
            None => (0, failed("connection refused")),
            Some(one) if one.frozen || one.answering.hangs_from.is_some_and(|at| at <= self.t) => {
                (timeout_ms, failed("no answer in time"))
            }
            Some(one) if one.answering.healthy_from > self.t => (0, failed("HTTP 503 instead of 200")),
            Some(one) if one.answering.degraded => (0, ProbeOutcome::Degraded(HealthAnswer::default())),
            Some(_) => (0, ProbeOutcome::Healthy(HealthAnswer::default())),
        }
    }

    /// A foreign process that holds the port of a service.
    pub(super) fn stranger(&self, service: usize) -> Option<ProcessIndex> {
        let holds = |index: &ProcessIndex| {
            let one = &self.world.all[*index];
            one.owner.is_none() && one.holds[PORT] == Some(service)
        };
        self.world.live.iter().copied().find(holds)
    }

    /// What the look at who answers comes to.
    fn owner(&mut self, service: usize, foreign: bool) -> AnswerOwner {
        if !foreign && !self.calm && self.rng.chance(10) {
            return AnswerOwner::Unknown("its socket belongs to another account".to_owned());
        }
        if !foreign || self.is(Mutation::StrangersAreOurs) {
            return AnswerOwner::Ours;
        }
        self.threads.twins[service] = true;
        let code = "stale-twin".to_owned();
        AnswerOwner::Foreign(Box::new(Finding {
            summary: code.clone(),
            code,
            evidence: Vec::new(),
            remedy: Vec::new(),
            avoid: Vec::new(),
            holders: self
                .stranger(service)
                .map(|index| self.holder(index))
                .into_iter()
                .collect(),
        }))
    }
}
