//! A new configuration, carried out.

use std::collections::BTreeMap;

use super::Core;
use super::graph::Graph;
use super::order::Down;
use crate::command::Refusal;
use crate::event::Action;
use crate::journal::{JournalEntry, JournalEvent};
use crate::reload::{ReloadAction, ReloadPlan, ServiceChange, compare};
use crate::service::Service;
use crate::spec::{ServiceName, ServiceSpec};
use crate::time::Now;
use crate::words::StopReason;

/// So many services that have left are remembered: as many as a configuration may declare.
const MOST_FORMER: usize = 1_000;

impl Core {
    /// What [`Core::reload`] would do.
    ///
    /// # Errors
    /// [`Refusal::ShuttingDown`].
    pub fn plan_reload(
        &self,
        specs: &BTreeMap<ServiceName, ServiceSpec>,
    ) -> Result<Vec<ServiceChange>, Refusal> {
        if self.ending.is_some() {
            return Err(Refusal::ShuttingDown);
        }
        // One that leaves is not declared any more.
        let declared = self.services.values().filter(|service| !service.leaving);
        Ok(compare(declared.map(|service| &service.spec), specs))
    }

    /// Puts `plan`, which [`Core::plan_reload`] made of these specifications, into force.
    pub fn reload(&mut self, now: Now, plan: &ReloadPlan, mut specs: BTreeMap<ServiceName, ServiceSpec>) {
        self.tell_reload(now, plan);
        let mut names: [Vec<ServiceName>; 3] = Default::default();
        let [started, restarted, removed] = &mut names;
        for change in &plan.services {
            let name = &change.service;
            let spec = specs.remove(name);
            match (change.action, spec) {
                (ReloadAction::Add, Some(spec)) => {
                    if self.add(now, spec) {
                        started.push(name.clone());
                    }
                }
                (ReloadAction::Remove, _) => {
                    if let Some(service) = self.services.get_mut(name) {
                        service.leaving = true;
                        removed.push(name.clone());
                    }
                }
                (ReloadAction::Restart | ReloadAction::Apply, Some(spec)) => {
                    let Some(service) = self.services.get_mut(name) else {
                        continue;
                    };
                    service.redefine(now, &mut self.out, spec);
                    if change.action == ReloadAction::Restart && service.wants_new_program() {
                        restarted.push(name.clone());
                    }
                }
                (_, None) => {}
            }
        }
        self.leaving |= !removed.is_empty();
        self.rebuild_graph(now);
        let [started, restarted, removed] = names;
        let reason = StopReason::Removed;
        self.take_down(
            now,
            &removed,
            Down::Lower {
                reason,
                at_once: false,
            },
        );
        self.take_down(now, &restarted, Down::Restart(StopReason::Reload));
        self.raise_all(now, &started, "new in the configuration");
        self.settle(now);
    }

    fn tell_reload(&mut self, now: Now, plan: &ReloadPlan) {
        self.out.revision += 1;
        let event = JournalEvent::ConfigReloaded { plan: plan.clone() };
        self.out.actions.push_back(Action::Journal(JournalEntry {
            wall: now.wall,
            service: None,
            run: None,
            event,
        }));
    }

    /// Takes a new service in. One of the same name that has not left yet stays, with the new definition. Answers whether it
    /// is to be started.
    fn add(&mut self, now: Now, spec: ServiceSpec) -> bool {
        let (name, autostart) = (spec.name.clone(), spec.autostart);
        match self.services.get_mut(&name) {
            Some(service) => service.redefine(now, &mut self.out, spec),
            None => {
                let mut service = Service::new(spec, now);
                // A late word about a run of before must not be taken for one about a new run.
                if let Some((number, throttle)) = self.former.remove(&name) {
                    (service.last_number, service.throttle) = (number, throttle);
                }
                self.services.insert(name.clone(), service);
            }
        }
        let stopped = |service: &Service| service.operator_stop.is_some();
        autostart && !self.services.get(&name).is_some_and(stopped)
    }

    /// Services that are no longer declared, and are down, are forgotten.
    pub(super) fn forget_the_left(&mut self, now: Now) {
        if !self.leaving {
            return;
        }
        let down = |service: &Service| service.leaving && service.is_down() && service.run.is_none();
        let left: Vec<ServiceName> = self
            .services
            .iter()
            .filter(|(_, service)| down(service))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &left {
            if let Some(service) = self.services.remove(name) {
                if self.former.len() >= MOST_FORMER {
                    self.former.pop_first();
                }
                self.former
                    .insert(name.clone(), (service.last_number, service.throttle));
            }
            self.out.revision += 1;
            self.out.actions.push_back(Action::Forget {
                service: name.clone(),
            });
        }
        if !left.is_empty() {
            self.leaving = self.services.values().any(|service| service.leaving);
            self.rebuild_graph(now);
        }
    }

    fn rebuild_graph(&mut self, now: Now) {
        self.graph = Graph::new(&self.services);
        let all: Vec<ServiceName> = self.services.keys().cloned().collect();
        for name in &all {
            self.refresh_gate(now, name);
            self.ripple(now, name);
        }
    }
}
