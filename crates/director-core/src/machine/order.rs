//! The order among services: starts wait for what they need, stops for those that need them.

use std::collections::BTreeSet;

use super::Core;
use crate::report::WaitReport;
use crate::service::{Closed, Gate, Later, sentence};
use crate::spec::{Dependency, ServiceName};
use crate::time::Now;
use crate::words::{Goal, PhaseName, RunNumber, StopReason};

/// The way down.
#[derive(Clone, Copy)]
pub(super) enum Down {
    Lower { reason: StopReason, at_once: bool },
    Restart(StopReason),
}

impl Down {
    /// Whether there is time for an order. When the machine goes down there is not.
    fn may_wait(self) -> bool {
        match self {
            Self::Lower { reason, at_once } => !at_once && reason != StopReason::SystemShutdown,
            Self::Restart(_) => true,
        }
    }
}

impl Core {
    /// What keeps a service from starting now, and beside which runs it would start.
    fn gate_of(&self, name: &ServiceName) -> Gate {
        let Some(service) = self.services.get(name) else {
            return Gate::default();
        };
        let spec = &service.spec;
        let missing = |dependency: &&Dependency| {
            let other = self.services.get(&dependency.service);
            other.is_some_and(|other| !other.fulfils(dependency.condition))
        };
        let coming = |dependency: &&Dependency| {
            let other = self.services.get(&dependency.service);
            other.is_some_and(|other| other.is_coming(dependency.condition))
        };
        let closed = spec
            .requires
            .iter()
            .find(missing)
            .or_else(|| spec.after.iter().find(coming))
            .map(|dependency| self.closed_by(dependency));
        let number = |dependency: &Dependency| {
            let other = self.services.get(&dependency.service);
            other.map_or(RunNumber(0), |other| other.last_number)
        };
        Gate {
            closed,
            runs: spec.requires.iter().map(number).collect(),
        }
    }

    fn closed_by(&self, dependency: &Dependency) -> Closed {
        let Dependency { service, condition } = dependency;
        let other = self.services.get(service);
        let state = other.map_or("unknown", |other| other.state_words());
        Closed {
            by: WaitReport {
                service: service.clone(),
                condition: *condition,
                stuck: other.is_none_or(|other| other.is_stuck(*condition)),
            },
            because: format!("waits until {service} is {condition}; {service} is {state}"),
        }
    }

    /// Tells everybody that waits for `first`, on the way up or on the way down, what has become of it.
    pub(super) fn ripple(&mut self, now: Now, first: &ServiceName) {
        if self.graph.is_empty() {
            return;
        }
        let mut touched = vec![first.clone()];
        while let Some(name) = touched.pop() {
            for dependent in self.graph.dependents_of(&name).to_vec() {
                let gate = self.gate_of(&dependent);
                if let Some(service) = self.services.get_mut(&dependent)
                    && service.gate_changed(now, &mut self.out, gate)
                {
                    touched.push(dependent);
                }
            }
            for dependency in self.graph.dependencies_of(&name).to_vec() {
                if self.release_if_free(now, &dependency) {
                    touched.push(dependency);
                }
            }
        }
    }

    /// Makes a gate true after the graph itself changed.
    pub(super) fn refresh_gate(&mut self, now: Now, name: &ServiceName) {
        let gate = self.gate_of(name);
        let Some(service) = self.services.get_mut(name) else {
            return;
        };
        service.beside.get_or_insert_with(|| gate.runs.clone());
        if service.gate_changed(now, &mut self.out, gate) {
            self.ripple(now, name);
        }
    }

    /// Lets a service go down that waited for its dependents, when none of them is on its way any more.
    fn release_if_free(&mut self, now: Now, name: &ServiceName) -> bool {
        let held = self
            .graph
            .dependents_of(name)
            .iter()
            .filter_map(|dependent| self.services.get(dependent))
            .any(|dependent| dependent.holds_others());
        let Some(service) = self.services.get_mut(name) else {
            return false;
        };
        if held || service.later.is_none() {
            return false;
        }
        service.go_down_now(now, &mut self.out);
        true
    }

    /// Raises services and, as far as they are down and no operator wants them so, what they require.
    pub(super) fn raise_all(&mut self, now: Now, names: &[ServiceName], because: &str) {
        let along = self.required_by(names);
        let mut all: Vec<ServiceName> = names.iter().chain(&along).cloned().collect();
        self.graph.sort(&mut all);
        for name in &all {
            let because = if along.contains(name) {
                "another service requires it"
            } else {
                because
            };
            self.raise_one(now, name, because);
        }
    }

    fn raise_one(&mut self, now: Now, name: &ServiceName, because: &str) {
        let gate = self.gate_of(name);
        if let Some(service) = self.services.get_mut(name) {
            service.gate_changed(now, &mut self.out, gate);
            service.raise(now, &mut self.out, because);
            self.ripple(now, name);
        }
    }

    /// What `names` require, directly or through others, that would not come by itself.
    pub(super) fn required_by(&self, names: &[ServiceName]) -> BTreeSet<ServiceName> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&ServiceName> = names.iter().collect();
        while let Some(name) = open.pop() {
            for dependency in self.services.get(name).iter().flat_map(|s| &s.spec.requires) {
                let other = &dependency.service;
                let Some(service) = self.services.get(other) else {
                    continue;
                };
                let down = service.goal == Goal::Down || service.phase.name() == PhaseName::Failed;
                if down
                    && service.operator_stop.is_none()
                    && !names.contains(other)
                    && found.insert(other.clone())
                {
                    open.push(other);
                }
            }
        }
        found
    }

    /// Takes services down, or through a restart: each one as soon as those of its dependents that go down too are down.
    pub(super) fn take_down(&mut self, now: Now, names: &[ServiceName], down: Down) {
        let mut names = names.to_vec();
        self.graph.sort(&mut names);
        names.reverse();
        // A restart of what has nothing to stop is a start, and starts have the other order.
        let mut starts = Vec::new();
        for name in &names {
            let Some(service) = self.services.get_mut(name) else {
                continue;
            };
            let out = &mut self.out;
            let waits = down.may_wait() && !self.graph.is_empty() && service.can_wait_to_stop();
            match down {
                Down::Lower { reason, .. } if waits => service.put_off(out, Later::Lower(reason)),
                Down::Lower { reason, at_once } => service.lower(now, out, reason, at_once),
                Down::Restart(reason) if waits => service.put_off(out, Later::Restart(reason)),
                Down::Restart(reason) if service.has_something_to_stop() => service.restart(now, out, reason),
                Down::Restart(reason) => starts.push((name.clone(), reason)),
            }
        }
        for name in &names {
            self.release_if_free(now, name);
            self.ripple(now, name);
        }
        for (name, reason) in starts.iter().rev() {
            self.raise_one(now, name, sentence(*reason));
        }
    }
}
