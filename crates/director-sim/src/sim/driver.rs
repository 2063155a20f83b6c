//! The driver: it hands facts to the core and carries out what the core asks for.

use director_core::command::Command;
use director_core::event::{Action, Event, Fact, FileChange, Order};
use director_core::journal::JournalEvent;
use director_core::report::ServiceReport;
use director_core::spec::ServiceName;
use director_core::time::{Millis, Now};
use director_core::words::{Goal, PhaseName, RunNumber};

use super::Sim;
use super::queue::Happening;
use crate::Boundary;
use crate::mutation::Mutation;

impl Sim<'_> {
    pub(super) fn take_fact(&mut self, service: usize, mut run: u64, fact: Fact, echo: bool) {
        let present = self.check.number(service);
        // Nobody answers one check twice; a copy is interesting only when it comes in a later run.
        if echo && run == present && matches!(fact, Fact::StartClear | Fact::StartObstructed(_)) {
            return;
        }
        if self.is(Mutation::OldFactsCount) {
            run = present;
        }
        self.show(|_| {
            format!(
                "s{service} run {run}: {fact:?}{}",
                if echo { " (a late copy)" } else { "" }
            )
        });
        let now = self.now();
        self.check.before_fact(self.t, service, run, &fact);
        let learned = matches!(fact, Fact::Spawned { .. });
        let event = Event {
            service: self.specs[service].name.clone(),
            run: RunNumber(run),
            fact,
        };
        if let Some(core) = &mut self.core {
            core.handle(now, event);
        }
        self.drain();
        self.check.after_fact(service);
        if learned && !echo {
            self.boundary(Boundary::AfterLearned);
        }
    }

    /// After all that was ready: the timers.
    pub(super) fn turn(&mut self) {
        let now = self.now();
        self.stats.turns += 1;
        let Some(core) = &mut self.core else { return };
        self.check.before_timeout(self.t);
        let early = if self.options.mutation == Some(Mutation::EarlyTimers) {
            8_000
        } else {
            0
        };
        core.handle_timeout(Now {
            at: now.at.plus(early),
            ..now
        });
        self.drain();
        self.check.after_timeout();
        self.look_at_reports();
        if let Some(core) = &self.core {
            self.check.stale = core.stale_facts();
        }
        if self.core.is_some() && self.check.is_finished() && !self.is(Mutation::EarlyFinish) {
            self.finish();
        }
    }

    /// The director exits in good order.
    fn finish(&mut self) {
        self.show(|sim| format!("director {} ends", sim.director));
        let history = self.history();
        if !self.disk.full {
            self.disk.history = history;
        }
        self.ended = true;
        self.director_is_gone();
        if !self.calm {
            let after = self.rng.between(1, 10_000);
            self.queue.push(self.t + after, Happening::StartDirector);
        }
    }

    pub(super) fn look_at_reports(&mut self) {
        let now = self.now();
        let Some(core) = &self.core else { return };
        let reports = core.report(now);
        self.check.heard(&reports);
        for (service, (spec, report)) in self.specs.iter().zip(&reports).enumerate() {
            let deadline = core.next_deadline_of(&spec.name);
            self.check.state(self.t, service, report, deadline.is_some());
        }
        self.take_fault();
    }

    /// Carries out what the core asks for.
    pub(super) fn drain(&mut self) {
        while let Some(action) = self.core.as_mut().and_then(|core| core.next_action()) {
            match action {
                Action::Run { service, run, order } => {
                    let found = self.specs.iter().position(|spec| spec.name == service);
                    let Some(service) = found else { continue };
                    self.carry_out(service, run.0, order);
                }
                Action::Journal(entry) => {
                    self.show(|_| director_core::describe::describe(&entry));
                    let silent = self.is(Mutation::SilentJournal)
                        && matches!(
                            entry.event,
                            JournalEvent::PhaseChanged {
                                to: PhaseName::Backoff,
                                ..
                            }
                        );
                    let name = entry.service.as_ref();
                    let service = name.and_then(|name| self.specs.iter().position(|spec| spec.name == *name));
                    if let Some(service) = service.filter(|_| !silent) {
                        let now = self.now().at;
                        self.check.journal(self.t, now, service, &entry.event);
                    }
                    if matches!(
                        entry.event,
                        JournalEvent::RestartScheduled { .. } | JournalEvent::ProcessStarted { .. }
                    ) {
                        self.threads.dirty = true;
                        self.save_in_background();
                    }
                }
                Action::Forget { .. } | Action::ActOnChange { .. } => {}
                Action::Finish => {
                    self.show(|_| "finish".to_owned());
                    self.check.finish();
                }
            }
            if self.fault.is_some() {
                return;
            }
        }
    }

    fn carry_out(&mut self, service: usize, run: u64, order: Order) {
        self.show(|_| format!("s{service} run {run}: order {order:?}"));
        self.stats.mix(&[self.t, service as u64, run, weight(&order)]);
        let stopped = self.disk.stopped.contains_key(&service);
        self.check.order(self.t, service, run, &order, stopped);
        match order {
            Order::CheckStart { thorough } => self.order_check(service, run, thorough),
            Order::AwaitHolders { .. } => self.give_to_hand(service, run, order),
            Order::Spawn => {
                self.submit_run(service, run);
                if self.is(Mutation::SpawnTwice) {
                    self.check.order(self.t, service, run, &Order::Spawn, stopped);
                    self.submit_run(service, run);
                }
            }
            Order::KillTree => {
                if !self.threads.has_run(service) {
                    self.fail(format!(
                        "s{service}: the tree of run {run} shall be killed, and there is none"
                    ));
                }
                self.give_to_hand(service, run, order);
                if self.is(Mutation::KillTwice) && self.rng.chance(10) {
                    self.check.order(self.t, service, run, &Order::KillTree, stopped);
                }
            }
            Order::DeliverRung { .. }
            | Order::DeliverToLeftovers
            | Order::Probe { .. }
            | Order::Measure { .. } => {
                self.give_to_hand(service, run, order);
            }
            Order::RunHook { step, call } => self.run_hook(service, run, step, &call),
            Order::Release { .. } => {
                if self.is(Mutation::ReleaseForgetsLeftovers) {
                    self.threads.leftovers[service].clear();
                }
                if self.threads.drop_run(service) {
                    self.threads.leftovers[service].clear();
                    self.submit_forget(service);
                }
            }
        }
    }

    fn order_check(&mut self, service: usize, run: u64, thorough: bool) {
        if self.is(Mutation::NeverRechecks) && self.check.looks(service) > 3 {
            return;
        }
        if self.looks(service) {
            self.give_to_hand(service, run, Order::CheckStart { thorough });
        } else {
            // Nothing to look at: the driver answers itself.
            self.check.looked(service, run, true);
            self.take_fact(service, run, Fact::StartClear, false);
        }
    }

    /// An operator asks. The wish is on disk before it is carried out.
    pub(super) fn asked(&mut self, command: &Command) -> bool {
        let now = self.now();
        let Some(core) = self.core.as_ref().filter(|_| !self.calm) else {
            return false;
        };
        let Ok(concerned) = core.concerned(command) else {
            return false;
        };
        let stops = core.stops_after(command, &concerned, now);
        self.show(|sim| format!("asked: {command:?} (disk full: {})", sim.disk.full));
        if self.boundary(Boundary::BeforeWishSaved) {
            return false;
        }
        if self.disk.full {
            if !matches!(command, Command::Shutdown { .. }) {
                return false;
            }
        } else {
            let index = |name: &ServiceName| self.specs.iter().position(|spec| spec.name == *name);
            self.disk.stopped = stops
                .iter()
                .filter_map(|(name, since)| Some((index(name)?, *since)))
                .collect();
        }
        if self.boundary(Boundary::AfterWishSaved) {
            return false;
        }
        self.command(command);
        true
    }

    /// A command reaches the core.
    pub(super) fn command(&mut self, command: &Command) {
        let now = self.now();
        if let Command::Shutdown { now: at_once } = command {
            self.check.shutdown(*at_once, None);
            if self.is(Mutation::EarlyFinish) {
                return self.check.finish();
            }
            if self.is(Mutation::LostShutdown) && self.rng.chance(50) {
                return;
            }
        }
        let Some(core) = &mut self.core else { return };
        let Ok(concerned) = core.concerned(command) else {
            return;
        };
        let reports = core.report(now);
        let place = |name: &ServiceName| self.specs.iter().position(|spec| spec.name == *name);
        let named: Vec<usize> = concerned.iter().filter_map(place).collect();
        for service in &named {
            self.check.asked(*service, command, reports[*service].phase);
        }
        if let Command::Start { .. } = command {
            self.check.asked_along(&named, &reports);
        }
        if core.command(now, command).is_err() {
            self.fail("a command was refused after it was accepted".to_owned());
        }
        self.drain();
    }

    pub(super) fn machine_goes_down(&mut self, budget_ms: Option<Millis>) -> bool {
        let (t, now) = (self.t, self.now());
        let Some(core) = &mut self.core else { return false };
        let cut = budget_ms.map(|budget| t + budget - (budget / 4).min(2_000));
        self.check.shutdown(false, cut);
        core.system_shutdown(now, budget_ms);
        self.show(|_| format!("the machine goes down, budget {budget_ms:?}"));
        self.drain();
        true
    }

    /// The watcher's word.
    pub(super) fn files_changed(&mut self, service: usize, refused: bool) -> bool {
        let now = self.now();
        let name = self.specs[service].name.clone();
        let Some(core) = &mut self.core else { return false };
        let obeyed = |report: ServiceReport| report.goal == Goal::Up && report.watch_paused.is_none();
        if !refused && core.report_of(&name, now).is_some_and(obeyed) {
            self.check.files_changed(service);
        }
        let refused = refused.then(|| "a syntax error".to_owned());
        let change = FileChange {
            file: "main.py".to_owned(),
            count: 1,
            refused,
        };
        core.files_changed(now, &name, change);
        self.show(|_| format!("s{service}: its files change"));
        self.drain();
        true
    }

    /// A panic over one service, contained.
    pub(super) fn internal_fault(&mut self, service: usize) -> bool {
        let now = self.now();
        let name = self.specs[service].name.clone();
        let Some(core) = &mut self.core else { return false };
        self.check.internal_fault(service);
        core.internal_fault(now, &name, "a deliberate panic");
        self.show(|_| format!("s{service}: the director panics over it"));
        self.drain();
        true
    }
}

/// Orders in the fingerprint of a history.
fn weight(order: &Order) -> u64 {
    match order {
        Order::CheckStart { thorough } => 1 + 10 * u64::from(*thorough),
        Order::AwaitHolders { watch, .. } => 3_000_000 + watch,
        Order::Spawn => 2,
        Order::DeliverRung { step, .. } => 100 + u64::from(*step),
        Order::DeliverToLeftovers => 3,
        Order::KillTree => 4,
        Order::Probe { probe } => 1_000_000 + probe,
        Order::Measure { sample } => 2_000_000 + sample,
        Order::Release { .. } => 5,
        Order::RunHook { step, .. } => 2_000_000 + u64::from(*step),
    }
}
