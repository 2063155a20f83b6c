//! The end of a history: a calm in which everything must come to rest, then a shutdown that must leave nothing.

use director_core::command::Command;
use director_core::time::Millis;
use director_core::words::{Goal, PhaseName};

use super::Sim;
use super::queue::Happening;
use crate::scenario;

/// No history needs so many steps to come to rest.
const REST_STEPS: u64 = 20_000;

impl Sim<'_> {
    /// All faults are over: every service that shall be up must be up, completed, or failed, in bounded time.
    pub(super) fn come_to_rest(&mut self) {
        self.begin_calm();
        // One may wait for the other.
        let bound = self.specs.iter().map(scenario::rest_bound_ms).sum::<Millis>();
        let until = self.t + bound;
        let last = self.stats.steps + REST_STEPS;
        while self.fault.is_none() && !self.is_at_rest() {
            if !self.step() || self.t > until || self.stats.steps > last {
                let restless = self.restless();
                return self.fail(format!("not at rest {bound} ms after the last fault: {restless}"));
            }
        }
        if self.fault.is_none() {
            self.look_for_strays();
        }
    }

    fn begin_calm(&mut self) {
        self.show(|_| "all faults are over".to_owned());
        self.calm = true;
        self.disk.full = false;
        self.close_windows();
        for index in self.world.live.clone() {
            let one = &mut self.world.all[index];
            one.stuck_until = 0;
            if one.owner.is_none() || one.unreachable {
                self.world.remove(index);
                self.holder_gone(index);
            } else if one.doomed {
                let status = director_core::words::ExitKind::Signal(9);
                self.dies(index, status);
            }
        }
        for linger in &mut self.world.linger {
            *linger = [0; 2];
        }
        if self.core.is_none() && self.boot.is_none() && !self.ended {
            self.queue.push(self.t, Happening::StartDirector);
        }
    }

    fn is_at_rest(&self) -> bool {
        if self.core.is_none() {
            return self.ended;
        }
        (0..self.specs.len()).all(|service| self.rests(service))
    }

    fn rests(&self, service: usize) -> bool {
        let (goal, phase) = self.check.seen(service);
        match (goal, phase) {
            (Goal::Up, PhaseName::Running | PhaseName::Completed | PhaseName::Failed) => {
                !self.check.is_ending() && self.mains_match(service, phase)
            }
            (Goal::Up, PhaseName::Waiting) => !self.check.is_ending() && self.check.waits_for_good(service),
            (Goal::Down, PhaseName::Idle | PhaseName::Failed) => !self.check.is_ending(),
            _ => false,
        }
    }

    /// `running` has a process, and nothing else has.
    fn mains_match(&self, service: usize, phase: PhaseName) -> bool {
        let lives = self.world.ours(service).next().is_some();
        lives == (phase == PhaseName::Running)
    }

    fn restless(&self) -> String {
        let state = |service: usize| format!("s{service} {:?}", self.check.seen(service));
        let states: Vec<String> = (0..self.specs.len()).map(state).collect();
        format!(
            "{}; director up: {}, ending: {}, t {}",
            states.join(", "),
            self.core.is_some(),
            self.check.is_ending(),
            self.t
        )
    }

    /// At rest, no process of ours lives but those of the present runs.
    fn look_for_strays(&mut self) {
        for index in self.world.live.clone() {
            let one = &self.world.all[index];
            let Some(owner) = one.owner.filter(|_| !one.unreachable) else {
                continue;
            };
            let present = self.core.is_some() && self.check.number(owner.service) == owner.run;
            // A tree that could not be ended does not hold up a shutdown; its record waits for the next director.
            let record = self.disk.records.get(&owner.service);
            let known = self.core.is_none() && record.is_some_and(|record| record.run == owner.run);
            if !present && !known {
                let pid = one.pid;
                self.fail(format!("pid {pid} of {owner:?} is a stray"));
            }
        }
    }

    /// `director shutdown` ends everything within the ladder's time.
    pub(super) fn shut_down_at_last(&mut self) {
        if self.core.is_none() {
            return;
        }
        let ladder = |service: usize| -> Millis {
            self.specs[service]
                .stop
                .ladder
                .iter()
                .map(|rung| rung.grace_ms)
                .sum()
        };
        // Each in its turn.
        let bound = (0..self.specs.len())
            .map(|service| ladder(service) + 20_000)
            .sum::<Millis>();
        let until = self.t + bound;
        self.show(|_| "shut down at last".to_owned());
        self.command(&Command::Shutdown { now: false });
        self.turn();
        while self.fault.is_none() && !self.ended {
            if !self.step() || self.t > until {
                let restless = self.restless();
                return self.fail(format!("not shut down after {bound} ms: {restless}"));
            }
        }
        let left = self.world.live.iter().find(|index| {
            let one = &self.world.all[**index];
            one.owner.is_some() && !one.unreachable
        });
        if let Some(index) = left {
            let one = &self.world.all[*index];
            let what = format!("pid {} of {:?} outlives the shutdown", one.pid, one.owner);
            self.fail(what);
        }
    }
}
