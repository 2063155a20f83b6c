//! The hands: checks, rungs, kills and probes, each after a while and in any order.

use director_core::event::{Fact, Order};
use director_core::report::Finding;

use super::Sim;
use super::queue::Happening;
use crate::Boundary;
use crate::mutation::Mutation;
use crate::world::{DATABASE, PORT, ProcessIndex};

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
            Order::CheckStart => self.look(service, run),
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
            Order::Probe { probe, call } => self.probe(service, run, probe, &call),
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

    /// Whether a start of this service has anything to look at.
    pub(super) fn looks(&self, service: usize) -> bool {
        let spec = &self.specs[service];
        let has_something = spec.port.is_some() || spec.database.is_some();
        has_something || self.threads.twins[service] || !self.threads.leftovers[service].is_empty()
    }

    /// What stands in the way of a start, truly.
    fn obstruction(&self, service: usize) -> Option<&'static str> {
        let spec = &self.specs[service];
        let alive = |index: &ProcessIndex| self.world.all[*index].alive;
        if self.threads.leftovers[service].iter().any(alive) {
            Some("leftover-alive")
        } else if self.threads.twins[service] && self.stranger(service).is_some() {
            Some("stale-twin")
        } else if spec.port.is_some() && self.world.is_held(service, PORT, self.t) {
            Some("port-in-use")
        } else if spec.database.is_some() && self.world.is_held(service, DATABASE, self.t) {
            Some("database-locked")
        } else {
            None
        }
    }

    fn look(&mut self, service: usize, run: u64) {
        if self.boundary(Boundary::BeforeCheck) {
            return;
        }
        let truth = self.obstruction(service);
        self.threads.twins[service] &= truth == Some("stale-twin");
        self.check.looked(service, run, truth.is_none());
        let fact = match truth.filter(|_| !self.is(Mutation::BlindCheck)) {
            None => Fact::StartClear,
            Some(code) => Fact::StartObstructed(Finding {
                code: code.to_owned(),
                summary: code.to_owned(),
                evidence: Vec::new(),
                remedy: Vec::new(),
                avoid: Vec::new(),
                holders: Vec::new(),
            }),
        };
        let at = self.t + self.delay();
        self.tell(at, service, run, fact);
        self.boundary(Boundary::AfterCheck);
    }
}
