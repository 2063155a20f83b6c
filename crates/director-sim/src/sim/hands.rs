//! The hands: checks, rungs, kills and probes, each after a while and in any order.

use director_core::event::{Fact, Order, ProbeOutcome};
use director_core::report::HealthAnswer;

use super::Sim;
use super::queue::Happening;
use crate::Boundary;
use crate::mutation::Mutation;
use crate::world::PORT;

impl Sim<'_> {
    /// Hands an order to a hand, which comes to it after a while.
    pub(super) fn give_to_hand(&mut self, service: usize, run: u64, order: Order) {
        let at = self.t + self.delay();
        let director = self.director;
        self.queue.push(
            at,
            Happening::Hand {
                director,
                service,
                run,
                order,
            },
        );
    }

    /// A hand carries an order out.
    pub(super) fn hand(&mut self, service: usize, run: u64, order: Order) {
        match order {
            Order::CheckStart { thorough } => self.look(service, run, thorough),
            Order::AwaitHolders { watch, holders } => self.await_holders(service, run, watch, holders),
            Order::DeliverRung { step, to, .. } => {
                if self.boundary(Boundary::BeforeRung) {
                    return;
                }
                let fact = if self.is_frozen(service, run) {
                    Fact::FoundFrozen { step }
                } else {
                    let fails = !self.calm && self.rng.chance(self.knobs.rung_fails);
                    let reached = !fails && self.ask_politely(service, run, Some(to));
                    let outcome = if reached {
                        Ok(())
                    } else {
                        Err("nobody was there".to_owned())
                    };
                    Fact::RungDelivered { step, outcome }
                };
                if !self.boundary(Boundary::AfterRung) {
                    let at = self.t + self.delay();
                    self.tell(at, service, run, fact);
                }
            }
            Order::DeliverToLeftovers => {
                if !self.boundary(Boundary::BeforeLeftoverRung) {
                    self.ask_politely(service, run, None);
                    self.boundary(Boundary::AfterLeftoverRung);
                }
            }
            Order::KillTree => self.kill_tree(service, run),
            Order::Probe { probe } => self.probe(service, run, probe),
            Order::Measure { sample } => self.measure(service, run, sample),
            Order::Spawn | Order::RunHook { .. } | Order::Release { .. } => {}
        }
    }

    fn kill_tree(&mut self, service: usize, run: u64) {
        if self.boundary(Boundary::BeforeKillTree) {
            return;
        }
        for index in self.world.tree(service, run) {
            let after = self.rng.below(3);
            self.kill_process(index, after);
        }
        if self.is(Mutation::KillsForeigners) {
            for index in self.world.live.clone() {
                if self.world.all[index].owner.is_none() && self.world.all[index].holds[PORT] == Some(service)
                {
                    self.kill_process(index, 0);
                }
            }
        }
        self.boundary(Boundary::AfterKillTree);
    }

    fn probe(&mut self, service: usize, run: u64, probe: u64) {
        if !self.calm && self.rng.chance(self.knobs.lost_probes) {
            return;
        }
        let timeout_ms = self.specs[service]
            .health
            .as_ref()
            .map_or(1_000, |health| health.timeout_ms);
        let failed = |detail: &str| ProbeOutcome::Failed {
            detail: detail.to_owned(),
            answer: None,
        };
        let main = self
            .world
            .tree(service, run)
            .into_iter()
            .find(|index| self.world.all[*index].owner.is_some_and(|owner| owner.main));
        let (takes, outcome) = match main.map(|index| &self.world.all[index]) {
            None => (0, failed("connection refused")),
            Some(one) if one.frozen || one.answering.hangs_from.is_some_and(|at| at <= self.t) => {
                (timeout_ms, failed("no answer in time"))
            }
            Some(one) if one.answering.healthy_from > self.t => (0, failed("HTTP 503 instead of 200")),
            Some(one) if one.answering.degraded => (0, ProbeOutcome::Degraded(HealthAnswer::default())),
            Some(_) => (0, ProbeOutcome::Healthy(HealthAnswer::default())),
        };
        let at = self.t + takes + self.delay();
        self.tell(at, service, run, Fact::ProbeFinished { probe, outcome });
    }
}
