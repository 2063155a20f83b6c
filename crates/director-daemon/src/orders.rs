//! Carrying out the core's orders, each answered by a fact.

use std::sync::Arc;

use director_core::event::{Fact, Order};
use director_core::spec::{Rung, ServiceName, ServiceSpec, StopTarget};
use director_core::words::RunNumber;

use crate::blockers::HolderWatch;
use crate::checks::{self, Look};
use crate::driver::{Driver, Live};
use crate::input::Input;
use crate::probe;
use crate::rungs::{Delivering, Delivery};
use crate::spawner::Job;
use crate::watch;

/// So many signals share a thread.
const SIGNALS_TOGETHER: usize = 64;

impl Driver {
    pub(crate) fn order(&mut self, service: &ServiceName, run: RunNumber, order: Order) {
        let Some(spec) = self.specs.get(service).cloned() else {
            return;
        };
        match order {
            Order::CheckStart { thorough } => self.check_start(&spec, run, thorough),
            Order::AwaitHolders { watch, holders } => {
                let service = service.clone();
                HolderWatch { service, run, watch }.begin(&self.hands, holders);
            }
            Order::Spawn => self.hands.spawner().submit(Job::Run { spec, run }),
            Order::DeliverRung { step, rung, to } => self.deliver_rung(&spec, run, step, rung, to),
            Order::DeliverToLeftovers => self.deliver_to_leftovers(service, run),
            Order::KillTree => self.kill_tree(service, run),
            Order::Probe { probe } => self.probe(&spec, run, probe),
            Order::Measure { sample } => self.measure(service, run, sample),
            Order::RunHook { step, call } => self.run_hook(&spec, run, step, call),
            Order::Release { .. } => self.release(service),
        }
    }

    /// The handles of a run, if it is still the one that is meant.
    pub(crate) fn live_run(&self, service: &ServiceName, run: RunNumber) -> Option<&Live> {
        self.live.get(service).filter(|live| live.run == run)
    }

    fn check_start(&mut self, spec: &Arc<ServiceSpec>, run: RunNumber, thorough: bool) {
        let leftovers = self.leftovers.get(&spec.name).cloned().unwrap_or_default();
        if !checks::needed(spec, &leftovers) {
            // Nothing to look at: the answer needs no thread, which keeps a restart within a millisecond.
            return self.fact(spec.name.clone(), run, Fact::StartClear);
        }
        let live = self.live.iter();
        let look = Look {
            hands: self.hands.clone(),
            spec: Arc::clone(spec),
            leftovers,
            thorough,
            live: live
                .map(|(service, live)| (service.clone(), live.run, live.tree.clone()))
                .collect(),
        };
        self.hands.pool().submit(move || {
            for fact in look.make() {
                look.hands.tell(Input::Fact {
                    service: look.spec.name.clone(),
                    run,
                    fact,
                });
            }
        });
    }

    fn deliver_rung(
        &mut self,
        spec: &Arc<ServiceSpec>,
        run: RunNumber,
        step: u32,
        rung: Rung,
        to: StopTarget,
    ) {
        let Some(live) = self.live_run(&spec.name, run) else {
            let outcome = Err("the run is gone".to_owned());
            return self.fact(spec.name.clone(), run, Fact::RungDelivered { step, outcome });
        };
        let delivery = Delivery {
            by: Delivering {
                hands: self.hands.clone(),
                spec: Arc::clone(spec),
                tree: live.tree.clone(),
                stdin: Arc::clone(&live.stdin),
            },
            run,
            step,
            rung,
            to,
        };
        if delivery.is_quick() {
            self.signals.push(delivery);
        } else {
            self.hands.pool().submit(move || delivery.carry_out());
        }
    }

    /// Sends the signals of this turn: those that wait for nobody share a thread, since a thread for each would cost more than
    /// the signals.
    pub(crate) fn send_signals(&mut self) {
        let mut rest = std::mem::take(&mut self.signals);
        while !rest.is_empty() {
            let some = rest.split_off(rest.len().saturating_sub(SIGNALS_TOGETHER));
            self.hands.pool().submit(move || Delivery::carry_out_all(some));
        }
    }

    fn deliver_to_leftovers(&self, service: &ServiceName, run: RunNumber) {
        let Some(live) = self.live_run(service, run) else {
            return;
        };
        let (tree, hands, service) = (live.tree.clone(), self.hands.clone(), service.clone());
        self.hands.pool().submit(move || {
            if let Err(error) = tree.deliver_to_leftovers() {
                // The core waits for the tree to empty and then kills it, whatever this came to.
                let error = format!("the rest of the tree could not be asked to end: {error}");
                hands.tell(Input::RecordFailed {
                    service: Some(service),
                    error,
                });
            }
        });
    }

    fn kill_tree(&self, service: &ServiceName, run: RunNumber) {
        let Some(live) = self.live_run(service, run) else {
            return;
        };
        let (tree, hands, service) = (live.tree.clone(), self.hands.clone(), service.clone());
        self.hands.pool().submit(move || {
            if let Err(error) = tree.kill_all() {
                let error = format!("the tree could not be killed: {error}");
                hands.tell(Input::RecordFailed {
                    service: Some(service),
                    error,
                });
            }
        });
    }

    /// Runs the command of a service's `watch.action`.
    pub(crate) fn act_on_change(&mut self, service: &ServiceName) {
        let Some(spec) = self.specs.get(service).cloned() else {
            return;
        };
        let hands = self.hands.clone();
        self.hands.pool().submit(move || {
            let error = watch::act(&hands, &spec);
            let service = spec.name.clone();
            hands.tell(Input::ChangeActed { service, error });
        });
    }

    fn probe(&self, spec: &Arc<ServiceSpec>, run: RunNumber, probe: u64) {
        let (hands, spec) = (self.hands.clone(), Arc::clone(spec));
        self.hands.probes().submit(move || {
            let Some(health) = &spec.health else { return };
            let outcome = probe::ask(&hands, &spec, health);
            hands.tell(Input::Fact {
                service: spec.name.clone(),
                run,
                fact: Fact::ProbeFinished { probe, outcome },
            });
        });
    }

    /// The run is over: its handles and its record go.
    fn release(&mut self, service: &ServiceName) {
        self.leftovers.remove(service);
        let Some(live) = self.live.remove(service) else {
            return;
        };
        self.by_token.remove(&live.token);
        for stream in live.streams {
            // A foreign process may still hold the other end; what is there is read, then it is closed.
            self.hands.pump().finish(stream);
        }
        let service = service.clone();
        if self.core.is_ending() {
            self.over.push(service);
        } else {
            self.hands.spawner().submit(Job::Forget { service });
        }
    }
}
