//! The whole: all services, the operator's commands, the shutdown.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::{Accepted, Command, Refusal};
use crate::event::{Action, Event, FileChange};
use crate::journal::{JournalEntry, JournalEvent};
use crate::report::ServiceReport;
use crate::service::{Outbox, Service};
use crate::spec::{ServiceName, ServiceSpec};
use crate::throttle::Throttle;
use crate::time::{Instant, Millis, Now, WallTime};
use crate::words::{RunNumber, StopReason};

mod graph;
mod groups;
mod order;
mod reload;
mod renewal;
mod schedule;

use graph::Graph;
use groups::Groups;
use order::Down;

/// What is carried over from an earlier director.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Since when operators' stops hold.
    pub stopped: BTreeMap<ServiceName, WallTime>,
    /// The last run's number and the throttle, per service.
    pub history: BTreeMap<ServiceName, (RunNumber, Throttle)>,
}

/// The state machine of the director.
pub struct Core {
    services: BTreeMap<ServiceName, Service>,
    graph: Graph,
    groups: Groups,
    out: Outbox,
    ending: Option<StopReason>,
    finished: bool,
    /// Whether a service is no longer declared and not down yet.
    leaving: bool,
    /// What is remembered of services that have left, so that run numbers go on if they come back.
    former: BTreeMap<ServiceName, (RunNumber, Throttle)>,
}

impl Core {
    /// All services at rest; nothing happens before [`Core::start`].
    #[must_use]
    pub fn new(specs: Vec<ServiceSpec>, memory: Memory, now: Now) -> Self {
        let mut services = BTreeMap::new();
        for spec in specs {
            let name = spec.name.clone();
            let mut service = Service::new(spec, now);
            if let Some((number, throttle)) = memory.history.get(&name) {
                service.last_number = *number;
                service.throttle = throttle.clone();
            }
            service.operator_stop = memory.stopped.get(&name).copied();
            services.insert(name, service);
        }
        Self {
            graph: Graph::new(&services),
            groups: Groups::new(&services),
            services,
            out: Outbox::default(),
            ending: None,
            finished: false,
            leaving: false,
            former: BTreeMap::new(),
        }
    }

    /// Starts what starts by itself and is not kept stopped.
    pub fn start(&mut self, now: Now) {
        let mut names = Vec::new();
        for (name, service) in &mut self.services {
            if service.operator_stop.is_some() {
                "stopped by the operator".clone_into(&mut service.since.because);
            } else if service.spec.autostart {
                names.push(name.clone());
            } else if service
                .spec
                .schedule
                .as_ref()
                .is_some_and(|one| one.times.is_some())
            {
                "its schedule says when it runs".clone_into(&mut service.since.because);
            } else {
                "autostart is off".clone_into(&mut service.since.because);
            }
        }
        self.raise_all(now, &names, "the director started");
    }

    /// Takes a fact. One about an unknown service is counted and ignored, like one of an older run.
    pub fn handle(&mut self, now: Now, event: Event) {
        match self.services.get_mut(&event.service) {
            Some(service) => {
                service.take(now, &mut self.out, event.run, event.fact);
                self.ripple(now, &event.service);
            }
            None => self.out.stale += 1,
        }
        self.settle(now);
    }

    /// Does all that is due by `now`. Call it after all ready facts were handled.
    pub fn handle_timeout(&mut self, now: Now) {
        let mut ticked = Vec::new();
        for (name, service) in &mut self.services {
            if service.deadline().is_some_and(|at| at <= now.at) {
                service.tick(now, &mut self.out);
                if !self.graph.is_empty() {
                    ticked.push(name.clone());
                }
            }
        }
        for name in &ticked {
            self.ripple(now, name);
        }
        self.settle(now);
    }

    /// When [`Core::handle_timeout`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.services.values().filter_map(Service::deadline).min()
    }

    /// When one service has something to do next; none for an unknown service, too.
    #[must_use]
    pub fn next_deadline_of(&self, name: &ServiceName) -> Option<Instant> {
        self.services.get(name).and_then(Service::deadline)
    }

    /// The next thing to do; drain until none is left.
    pub fn next_action(&mut self) -> Option<Action> {
        self.out.actions.pop_front()
    }

    /// Which services a command concerns.
    ///
    /// # Errors
    /// [`Refusal`], and nothing changes.
    pub fn concerned(&self, command: &Command) -> Result<Vec<ServiceName>, Refusal> {
        if self.ending.is_some() && !matches!(command, Command::Shutdown { .. }) {
            return Err(Refusal::ShuttingDown);
        }
        let named = match command {
            Command::Start { services } | Command::Stop { services } | Command::Restart { services } => {
                services.as_slice()
            }
            Command::Shutdown { .. } => &[],
        };
        let mut concerned = Vec::new();
        for name in named {
            let mut meant = self.meant_by(name);
            if meant.is_empty() {
                let declared = self.services.values().filter(|service| !service.leaving);
                return Err(Refusal::UnknownService {
                    name: name.to_string(),
                    known: declared.map(|service| service.spec.name.clone()).collect(),
                });
            }
            if matches!(command, Command::Restart { .. }) {
                // The name of all instances leaves those out that an operator has stopped, as a restart of all services does.
                let stopped =
                    |one: &ServiceName| self.services.get(one).is_some_and(|s| s.operator_stop.is_some());
                meant.retain(|one| one == name || !stopped(one));
            }
            concerned.extend(meant);
        }
        concerned.sort();
        concerned.dedup();
        if named.is_empty() {
            let kept = |service: &Service| {
                service.leaving
                    || matches!(command, Command::Restart { .. }) && service.operator_stop.is_some()
            };
            concerned = self
                .services
                .values()
                .filter(|s| !kept(s))
                .map(|s| s.spec.name.clone())
                .collect();
        }
        Ok(concerned)
    }

    /// The services that a name means: the one that bears it, or all instances of the one that is declared by it.
    fn meant_by(&self, name: &ServiceName) -> Vec<ServiceName> {
        let members = self.groups.members(name);
        let declared = |name: &&ServiceName| self.services.get(*name).is_some_and(|service| !service.leaving);
        std::iter::once(name)
            .chain(members)
            .filter(declared)
            .cloned()
            .collect()
    }

    /// The operators' stops as they will be when `command` is carried out: what must be on disk before.
    #[must_use]
    pub fn stops_after(
        &self,
        command: &Command,
        concerned: &[ServiceName],
        now: Now,
    ) -> BTreeMap<ServiceName, WallTime> {
        let mut stops = self.operator_stops();
        for name in concerned {
            match command {
                Command::Stop { .. } => {
                    stops.entry(name.clone()).or_insert(now.wall);
                }
                Command::Start { .. } | Command::Restart { .. } => {
                    stops.remove(name);
                }
                Command::Shutdown { .. } => {}
            }
        }
        stops
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// [`Refusal`], and nothing changes.
    pub fn command(&mut self, now: Now, command: &Command) -> Result<Accepted, Refusal> {
        let concerned = self.concerned(command)?;
        let stops = self.stops_after(command, &concerned, now);
        let revision = self.out.revision;
        for name in &concerned {
            let Some(service) = self.services.get_mut(name) else {
                continue;
            };
            service.operator_stop = stops.get(name).copied();
            let action = match command {
                Command::Start { .. } => "start",
                Command::Stop { .. } => "stop",
                Command::Restart { .. } => "restart",
                Command::Shutdown { .. } => continue,
            };
            self.note(now, Some(name.clone()), action);
        }
        self.apply(now, command, &concerned);
        self.settle(now);
        Ok(Accepted {
            services: concerned,
            revision,
        })
    }

    fn apply(&mut self, now: Now, command: &Command, names: &[ServiceName]) {
        self.forget_trouble(command, names);
        match command {
            Command::Start { .. } => self.raise_all(now, names, "started by the operator"),
            Command::Stop { .. } => {
                let reason = StopReason::Operator;
                self.take_down(
                    now,
                    names,
                    Down::Lower {
                        reason,
                        at_once: false,
                    },
                );
            }
            Command::Restart { .. } => {
                let reason = StopReason::OperatorRestart;
                let rest = self.ask_in_turn(names, reason);
                self.take_down(now, &rest, Down::Restart(reason));
            }
            Command::Shutdown { now: at_once } => {
                self.note(now, None, "shutdown");
                self.shut_down(now, StopReason::Shutdown, *at_once);
            }
        }
    }

    /// A person has seen to it: what was counted against these services counts no more.
    fn forget_trouble(&mut self, command: &Command, names: &[ServiceName]) {
        let starts = match command {
            Command::Start { .. } => true,
            Command::Restart { .. } => false,
            Command::Stop { .. } | Command::Shutdown { .. } => return,
        };
        let along = if starts {
            self.required_by(names)
        } else {
            BTreeSet::new()
        };
        for name in names.iter().chain(&along) {
            if let Some(service) = self.services.get_mut(name) {
                service.changes.clear();
                service.doubts.clear();
                if starts && !service.is_up() {
                    service.throttle.clear();
                }
            }
        }
    }

    /// The operating system goes down: no new run starts, and what lives has `budget_ms` in all.
    pub fn system_shutdown(&mut self, now: Now, budget_ms: Option<Millis>) {
        if let Some(budget) = budget_ms {
            // The last quarter, at most 2 s, belongs to the last rung.
            let cut = now.at.plus(budget - (budget / 4).min(2_000));
            for service in self.services.values_mut() {
                service.cut_at = Some(cut);
            }
        }
        self.shut_down(now, StopReason::SystemShutdown, false);
        self.finish_when_down();
    }

    fn shut_down(&mut self, now: Now, reason: StopReason, at_once: bool) {
        self.ending = Some(reason);
        let names: Vec<ServiceName> = self.services.keys().cloned().collect();
        self.take_down(now, &names, Down::Lower { reason, at_once });
    }

    /// After whatever happened: who asks for a new run gets it, who has left is forgotten, and an end is told.
    fn settle(&mut self, now: Now) {
        self.grant_renewals(now);
        self.forget_the_left(now);
        self.finish_when_down();
    }

    fn finish_when_down(&mut self) {
        if self.ending.is_some() && !self.finished && self.services.values().all(Service::is_down) {
            self.finished = true;
            self.out.actions.push_back(Action::Finish);
        }
    }

    fn note(&mut self, now: Now, service: Option<ServiceName>, action: &str) {
        self.out.revision += 1;
        let event = JournalEvent::OperatorAsked {
            action: action.to_owned(),
        };
        self.out.actions.push_back(Action::Journal(JournalEntry {
            wall: now.wall,
            service,
            run: None,
            event,
        }));
    }

    /// Counts output that could not be kept.
    pub fn output_dropped(&mut self, now: Now, name: &ServiceName, lines: u64, bytes: u64, because: &str) {
        let Some(service) = self.services.get_mut(name) else {
            return;
        };
        service.lines_dropped += lines;
        let event = JournalEvent::LogLinesDropped {
            lines,
            bytes,
            because: because.to_owned(),
        };
        let entry = JournalEntry {
            wall: now.wall,
            service: Some(name.clone()),
            run: None,
            event,
        };
        self.out.revision += 1;
        self.out.actions.push_back(Action::Journal(entry));
    }

    /// Files of a service changed.
    pub fn files_changed(&mut self, now: Now, name: &ServiceName, change: FileChange) {
        if self.ending.is_some() {
            return;
        }
        if let Some(service) = self.services.get_mut(name) {
            service.files_changed(now, &mut self.out, change);
            self.settle(now);
        }
    }

    /// The command that [`Action::ActOnChange`] asked for has ended; `error` says why it failed, if it did.
    pub fn change_acted(&mut self, now: Now, name: &ServiceName, error: Option<String>) {
        if let Some(service) = self.services.get_mut(name) {
            service.change_acted(now, &mut self.out, error);
        }
    }

    /// A fault in the handling of one service: it is `failed`, the others go on.
    pub fn internal_fault(&mut self, now: Now, name: &ServiceName, error: &str) {
        if let Some(service) = self.services.get_mut(name) {
            service.fault(now, &mut self.out, error);
            self.ripple(now, name);
        }
    }

    /// Since when operators' stops hold.
    #[must_use]
    pub fn operator_stops(&self) -> BTreeMap<ServiceName, WallTime> {
        self.services
            .iter()
            .filter_map(|(name, s)| Some((name.clone(), s.operator_stop?)))
            .collect()
    }

    /// What the next director should know.
    #[must_use]
    pub fn history(&self) -> BTreeMap<ServiceName, (RunNumber, Throttle)> {
        let present = self.services.iter();
        let present = present.map(|(name, s)| (name.clone(), (s.last_number, s.throttle.clone())));
        self.former.clone().into_iter().chain(present).collect()
    }

    /// Grows with each visible change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.out.revision
    }

    /// Facts that came too late or at the wrong time.
    #[must_use]
    pub fn stale_facts(&self) -> u64 {
        self.out.stale
    }

    /// Whether a shutdown is under way.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// The definition of a service.
    #[must_use]
    pub fn spec(&self, name: &ServiceName) -> Option<&ServiceSpec> {
        self.services.get(name).map(|service| &service.spec)
    }

    /// The state of one service.
    #[must_use]
    pub fn report_of(&self, name: &ServiceName, now: Now) -> Option<ServiceReport> {
        self.services.get(name).map(|service| service.report(now))
    }

    /// The state of all services, by name; instances by their number.
    #[must_use]
    pub fn report(&self, now: Now) -> Vec<ServiceReport> {
        let services = self.services.values();
        let mut reports: Vec<ServiceReport> = services.map(|service| service.report(now)).collect();
        if !self.groups.is_empty() {
            reports.sort_by(|one, other| order_of(one).cmp(&order_of(other)));
        }
        reports
    }
}

/// The declared name, then the number of the instance.
fn order_of(report: &ServiceReport) -> (&ServiceName, u32) {
    match &report.instance {
        Some(instance) => (&instance.of, instance.index),
        None => (&report.name, 0),
    }
}
