//! What stands in the way of a start: who holds what, and who is told of its end.

use director_core::event::{Fact, HolderId};
use director_core::report::{Finding, Holder, HolderState};
use director_core::time::Millis;
use director_core::words::ExitKind;

use super::Sim;
use super::queue::Happening;
use super::threads::HolderWatch;
use crate::Boundary;
use crate::mutation::Mutation;
use crate::world::{DATABASE, PORT, Process, ProcessIndex};

/// How often holders may not be watched, in percent.
const UNWATCHED: u64 = 25;

impl Sim<'_> {
    /// Whether a start of this service has anything to look at.
    pub(super) fn looks(&self, service: usize) -> bool {
        let spec = &self.specs[service];
        spec.port.is_some() || spec.database.is_some() || !self.threads.leftovers[service].is_empty()
    }

    /// What stands in the way of a start, truly, and who holds it.
    fn obstruction(&self, service: usize, thorough: bool) -> Option<(&'static str, Vec<ProcessIndex>)> {
        let spec = &self.specs[service];
        let alive = |index: &ProcessIndex| self.world.all[*index].alive;
        let held = |thing| self.world.is_held(service, thing, self.t);
        if self.threads.leftovers[service].iter().any(alive) {
            let left = self.threads.leftovers[service].iter().copied();
            Some(("leftover-alive", left.filter(alive).collect()))
        } else if spec.port.is_some() && held(PORT) {
            Some(("port-in-use", self.world.holders(service, PORT)))
        } else if spec.database.is_some() && held(DATABASE) {
            Some(("database-locked", self.world.holders(service, DATABASE)))
        } else if thorough && spec.database.is_some() {
            let readers = self.world.readers(service);
            (!readers.is_empty()).then_some(("database-held", readers))
        } else {
            None
        }
    }

    pub(super) fn look(&mut self, service: usize, run: u64, thorough: bool) {
        if self.boundary(Boundary::BeforeCheck) {
            return;
        }
        let truth = self.obstruction(service, thorough);
        self.check.looked(service, run, truth.is_none());
        let fact = match truth.filter(|_| !self.is(Mutation::BlindCheck)) {
            None => Fact::StartClear,
            Some((code, holders)) => Fact::StartObstructed(Finding {
                code: code.to_owned(),
                summary: code.to_owned(),
                evidence: Vec::new(),
                remedy: Vec::new(),
                avoid: Vec::new(),
                holders: holders.iter().map(|index| self.holder(*index)).collect(),
            }),
        };
        let at = self.t + self.delay();
        if thorough {
            self.tell(at, service, run, Fact::Examined { findings: Vec::new() });
        }
        self.tell(at, service, run, fact);
        self.boundary(Boundary::AfterCheck);
    }

    fn holder(&self, index: ProcessIndex) -> Holder {
        let process = &self.world.all[index];
        Holder {
            pid: process.pid,
            start: process.start,
            name: "holder".to_owned(),
            user: None,
            file: None,
            since: None,
            state: HolderState::Alive,
        }
    }

    /// A hand comes to watching them: some have ended by then.
    pub(super) fn await_holders(&mut self, service: usize, run: u64, watch: u64, holders: Vec<HolderId>) {
        if !self.calm && self.doctor_rng.chance(UNWATCHED) {
            self.threads.watches[service] = None;
            let at = self.t + self.doctor_rng.below(3);
            return self.tell(at, service, run, Fact::HoldersUnwatched { watch });
        }
        let lives = |holder: &HolderId| {
            let mut live = self.world.live.iter().map(|index| &self.world.all[*index]);
            live.any(|process| (process.pid, process.start) == (holder.pid, holder.start))
        };
        let all_live = holders.iter().all(lives);
        self.threads.watches[service] = Some(HolderWatch { run, watch, holders });
        if !all_live {
            self.tell_holder_ended(service);
        }
    }

    /// A process has ended that somebody may wait for.
    pub(super) fn holder_gone(&mut self, index: ProcessIndex) {
        let process = &self.world.all[index];
        let gone = HolderId {
            pid: process.pid,
            start: process.start,
        };
        for service in 0..self.specs.len() {
            let watch = self.threads.watches[service].as_ref();
            if watch.is_some_and(|watch| watch.holders.contains(&gone)) {
                self.tell_holder_ended(service);
            }
        }
    }

    fn tell_holder_ended(&mut self, service: usize) {
        let Some(HolderWatch { run, watch, .. }) = self.threads.watches[service].take() else {
            return;
        };
        let soon = self.t + self.doctor_rng.below(20);
        self.check.holder_ended(soon, service, run, watch);
        if !self.is(Mutation::DeafToHolders) {
            self.tell(soon, service, run, Fact::HolderEnded { watch });
        }
    }

    /// Fixes when somebody opens a database without a lock.
    pub(super) fn plan_readers(&mut self) {
        for _ in 0..self.doctor_rng.below(3) {
            let at = self.doctor_rng.below(self.knobs.bad_ms);
            self.queue.push(at, Happening::ReaderComes);
        }
    }

    pub(super) fn reader_comes(&mut self) {
        if self.calm {
            return;
        }
        let service = self.doctor_rng.below(self.specs.len() as u64) as usize;
        let lasts: Millis = self.doctor_rng.pick(&[500, 12_000, 100_000]);
        let process = Process {
            reads: Some(service),
            ..Process::foreigner()
        };
        let process = self.world.add(&mut self.doctor_rng, process);
        self.show(|sim| {
            format!(
                "foreign pid {} reads the database of s{service}",
                sim.world.all[process].pid
            )
        });
        let gone = Happening::Exit {
            process,
            status: ExitKind::Code(0),
            spontaneous: false,
        };
        self.queue.push(self.t + lasts, gone);
    }
}
