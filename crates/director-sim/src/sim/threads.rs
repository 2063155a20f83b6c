//! The director's threads other than the driver: the spawner, the reaper, the hands and probers, with their delays.
//!
//! Modelled after the daemon: one queue for the spawner, which also writes and removes the run records; for everything
//! else as many hands as there is work, so that answers come in any order.

use std::collections::VecDeque;

use director_core::event::{Fact, Order, ProbeOutcome};
use director_core::report::{Finding, HealthAnswer};
use director_core::time::Millis;
use director_core::words::ExitKind;

use super::Sim;
use super::queue::{Happening, Input};
use crate::Boundary;
use crate::mutation::Mutation;
use crate::world::{DATABASE, History, Owner, PORT, ProcessIndex, Record};

/// What the spawner is asked to do.
#[derive(Clone, Copy, Debug)]
enum Job {
    Run { service: usize, run: u64 },
    Forget { service: usize },
}

/// Where the spawner is in a start.
#[derive(Clone, Copy, Debug)]
enum Step {
    Intent,
    Spawn,
    Identity(ProcessIndex),
    Watch,
}

/// A run as the reaper knows it.
#[derive(Clone, Debug)]
struct LiveRun {
    run: u64,
    watched: bool,
    exited: Option<ExitKind>,
    exit_told: Option<Millis>,
    empty_told: bool,
}

/// What dies with the director.
pub(super) struct Threads {
    jobs: VecDeque<Job>,
    doing: Option<(usize, u64, u64, bool, Step)>,
    live: Vec<Option<LiveRun>>,
    /// Leftovers that were killed and may still exist.
    pub(super) leftovers: Vec<Vec<ProcessIndex>>,
    pub(super) saving: bool,
    pub(super) dirty: bool,
    /// At which effect boundaries the director is killed still. Survives the director.
    pub(super) kill_at: Vec<(Boundary, u32)>,
}

impl Threads {
    pub(super) fn new(services: usize) -> Self {
        Self {
            jobs: VecDeque::new(),
            doing: None,
            live: vec![None; services],
            leftovers: vec![Vec::new(); services],
            saving: false,
            dirty: false,
            kill_at: Vec::new(),
        }
    }

    pub(super) fn forget_all(&mut self) {
        let kill_at = std::mem::take(&mut self.kill_at);
        *self = Self {
            kill_at,
            ..Self::new(self.live.len())
        };
    }

    pub(super) fn has_run(&self, service: usize) -> bool {
        self.live[service].is_some()
    }

    /// Whether a process belongs to a run of the present director.
    pub(super) fn supervises(&self, owner: Owner) -> bool {
        let live = self.live[owner.service].as_ref();
        live.is_some_and(|live| live.run == owner.run)
    }

    pub(super) fn drop_run(&mut self, service: usize) -> bool {
        self.live[service].take().is_some()
    }
}

impl Sim<'_> {
    /// Passes an effect boundary. True: the director was killed here.
    pub(super) fn boundary(&mut self, boundary: Boundary) -> bool {
        let count = &mut self.stats.boundaries[boundary as usize];
        *count += 1;
        let count = *count;
        if !self.calm && self.threads.kill_at.contains(&(boundary, count)) {
            self.stats.boundary_kills += 1;
            self.show(|_| format!("at {boundary:?} number {count}:"));
            self.kill_director("is killed");
            return true;
        }
        false
    }

    /// Sends the driver a fact that arrives at `at`.
    fn tell(&mut self, at: Millis, service: usize, run: u64, fact: Fact) {
        let mut send = |at: Millis, fact: Fact, echo: bool| {
            let input = Input::Fact {
                service,
                run,
                fact,
                echo,
            };
            let director = self.director;
            self.queue.push(at, Happening::Driver { director, input });
        };
        send(at, fact.clone(), false);
        if !self.calm && self.rng.chance(self.knobs.echo) {
            let late = self.rng.pick(&[0, 5, 1_000, 60_000]);
            send(at + self.rng.below(late + 1), fact, true);
        }
    }

    pub(super) fn submit_run(&mut self, service: usize, run: u64) {
        self.submit(Job::Run { service, run });
    }

    pub(super) fn submit_forget(&mut self, service: usize) {
        self.submit(Job::Forget { service });
    }

    fn submit(&mut self, job: Job) {
        self.threads.jobs.push_back(job);
        if self.threads.doing.is_none() && self.threads.jobs.len() == 1 {
            let at = self.t + self.delay();
            self.queue.push(at, Happening::Spawner(self.director));
        }
    }

    /// One step of the spawner.
    pub(super) fn spawner(&mut self, director: u64) {
        if director != self.director || self.core.is_none() {
            return;
        }
        let Some((service, run, mark, recorded, step)) = self.threads.doing else {
            match self.threads.jobs.front().copied() {
                None => return,
                Some(Job::Run { service, run }) => {
                    self.next_mark += 1;
                    self.threads.doing = Some((service, run, self.next_mark, false, Step::Intent));
                }
                Some(Job::Forget { service }) => {
                    if self.boundary(Boundary::BeforeRecordRemoved) {
                        return;
                    }
                    self.disk.records.remove(&service);
                    self.threads.jobs.pop_front();
                    if self.boundary(Boundary::AfterRecordRemoved) {
                        return;
                    }
                }
            }
            return self.queue.push(self.t, Happening::Spawner(director));
        };
        let next = match step {
            Step::Intent => self.write_intent(service, run, mark),
            Step::Spawn => self.spawn(service, run, mark, recorded),
            Step::Identity(process) => self.write_identity(service, run, mark, process),
            Step::Watch => {
                self.watch(service, run);
                None
            }
        };
        if director != self.director || self.core.is_none() {
            return;
        }
        match next {
            Some((recorded, step)) => self.threads.doing = Some((service, run, mark, recorded, step)),
            None => {
                self.threads.doing = None;
                self.threads.jobs.pop_front();
            }
        }
        let at = self.t + self.delay().min(5_000);
        self.queue.push(at, Happening::Spawner(director));
    }

    fn write_intent(&mut self, service: usize, run: u64, mark: u64) -> Option<(bool, Step)> {
        if self.boundary(Boundary::BeforeIntent) {
            return None;
        }
        let written = !self.disk.full;
        if written && !self.is(Mutation::LateIntent) {
            let record = Record {
                run,
                mark,
                boot: self.boot_id,
                process: None,
            };
            self.disk.records.insert(service, record);
        }
        if self.boundary(Boundary::AfterIntent) {
            return None;
        }
        Some((written, Step::Spawn))
    }

    fn spawn(&mut self, service: usize, run: u64, mark: u64, recorded: bool) -> Option<(bool, Step)> {
        if !self.calm && self.rng.chance(self.knobs.spawn_fails) {
            let permanent = self.rng.chance(self.knobs.permanent);
            let at = self.t + self.delay();
            let error = "refused".to_owned();
            self.show(|_| {
                format!("s{service} run {run}: the system refuses to spawn (permanent: {permanent})")
            });
            self.tell(at, service, run, Fact::SpawnFailed { error, permanent });
            return None;
        }
        let old = self.world.ours(service).next();
        if let Some(old) = old {
            let old = &self.world.all[old];
            let what = format!(
                "s{service} run {run} is spawned while pid {} of {:?} lives (doomed: {}, mark: {:?})",
                old.pid, old.owner, old.doomed, old.mark
            );
            self.fail(what);
        }
        let process = self.bear_main(service, run, mark, recorded);
        self.stats.spawns += 1;
        self.show(|sim| {
            format!(
                "s{service} run {run} is spawned: pid {}",
                sim.world.all[process].pid
            )
        });
        self.threads.live[service] = Some(LiveRun {
            run,
            watched: false,
            exited: None,
            exit_told: None,
            empty_told: false,
        });
        if self.boundary(Boundary::AfterSpawn) {
            return None;
        }
        Some((recorded, Step::Identity(process)))
    }

    fn write_identity(
        &mut self,
        service: usize,
        run: u64,
        mark: u64,
        process: ProcessIndex,
    ) -> Option<(bool, Step)> {
        let (pid, start) = (self.world.all[process].pid, self.world.all[process].start);
        if !self.disk.full {
            let record = Record {
                run,
                mark,
                boot: self.boot_id,
                process: Some((pid, start)),
            };
            self.disk.records.insert(service, record);
            for one in &mut self.world.all {
                if one
                    .owner
                    .is_some_and(|owner| owner.service == service && owner.run == run)
                {
                    one.unrecorded = false;
                }
            }
        }
        if self.boundary(Boundary::AfterIdentity) {
            return None;
        }
        if !(self.is(Mutation::LostSpawnAnswer) && self.rng.chance(30)) {
            let at = self.t + self.delay();
            self.tell(at, service, run, Fact::Spawned { pid });
            // The watch follows the news, so an exit cannot overtake its own start.
            if let Some(live) = &mut self.threads.live[service] {
                live.exit_told = Some(at);
            }
        }
        Some((true, Step::Watch))
    }

    fn watch(&mut self, service: usize, run: u64) {
        let Some(live) = &mut self.threads.live[service] else {
            return;
        };
        live.watched = true;
        if live.exited.is_some() {
            self.tell_exit(service, run);
        }
    }

    /// The reaper learns that a process of a run is gone.
    pub(super) fn reap(&mut self, owner: Owner, status: ExitKind) {
        let Some(live) = &mut self.threads.live[owner.service] else {
            return;
        };
        if live.run != owner.run {
            return;
        }
        if owner.main {
            live.exited = Some(status);
            if self.is(Mutation::EarlyForget) {
                self.disk.records.remove(&owner.service);
            }
        }
        let (watched, exited) = match &self.threads.live[owner.service] {
            Some(live) => (live.watched, live.exited.is_some()),
            None => return,
        };
        if watched && owner.main {
            self.tell_exit(owner.service, owner.run);
        } else if watched && exited {
            self.tell_empty(owner.service, owner.run);
        }
    }

    fn tell_exit(&mut self, service: usize, run: u64) {
        let delay = self.short_delay();
        let Some(live) = &mut self.threads.live[service] else {
            return;
        };
        let Some(status) = live.exited else { return };
        let at = (self.t + delay).max(live.exit_told.unwrap_or(0));
        live.exit_told = Some(at);
        self.tell(at, service, run, Fact::Exited(status));
        self.tell_empty(service, run);
    }

    fn tell_empty(&mut self, service: usize, run: u64) {
        let delay = self.short_delay();
        let empty = self.world.tree_is_empty(service, run) || self.is(Mutation::EmptyAtExit);
        let Some(live) = &mut self.threads.live[service] else {
            return;
        };
        if !empty || live.empty_told {
            return;
        }
        live.empty_told = true;
        let at = (self.t + delay).max(live.exit_told.unwrap_or(0));
        self.tell(at, service, run, Fact::TreeEmptied);
    }

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
            Order::Probe { probe } => self.probe(service, run, probe),
            Order::Spawn | Order::Release { .. } => {}
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
        spec.port.is_some() || spec.database.is_some() || !self.threads.leftovers[service].is_empty()
    }

    /// What stands in the way of a start, truly.
    fn obstruction(&self, service: usize) -> Option<&'static str> {
        let spec = &self.specs[service];
        let alive = |index: &ProcessIndex| self.world.all[*index].alive;
        if self.threads.leftovers[service].iter().any(alive) {
            Some("leftover-alive")
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
        self.check.looked(service, run, truth.is_none());
        let fact = match truth.filter(|_| !self.is(Mutation::BlindCheck)) {
            None => Fact::StartClear,
            Some(code) => Fact::StartObstructed(Finding {
                code: code.to_owned(),
                summary: code.to_owned(),
                evidence: Vec::new(),
                remedy: Vec::new(),
                avoid: Vec::new(),
            }),
        };
        let at = self.t + self.delay();
        self.tell(at, service, run, fact);
        self.boundary(Boundary::AfterCheck);
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

    /// Saves the history in the background; never two saves at once.
    pub(super) fn save_in_background(&mut self) {
        if self.threads.saving || !self.threads.dirty {
            return;
        }
        (self.threads.saving, self.threads.dirty) = (true, false);
        let history = Box::new(self.history());
        let at = self.t + self.delay();
        let director = self.director;
        self.queue.push(at, Happening::SaveHistory { director, history });
    }

    pub(super) fn history(&self) -> History {
        let names = self.specs.iter().map(|spec| &spec.name).enumerate();
        let mut kept = self.core.as_ref().map(|core| core.history()).unwrap_or_default();
        History {
            boot: self.boot_id,
            services: names
                .filter_map(|(service, name)| Some((service, kept.remove(name)?)))
                .collect(),
        }
    }

    pub(super) fn save_history(&mut self, director: u64, history: History) {
        if director != self.director || self.core.is_none() || self.boundary(Boundary::BeforeHistorySaved) {
            return;
        }
        if !self.disk.full {
            self.disk.history = history;
        }
        if !self.boundary(Boundary::AfterHistorySaved) {
            let input = Input::HistorySaved;
            self.queue.push(self.t, Happening::Driver { director, input });
        }
    }

    pub(super) fn history_saved(&mut self) {
        self.threads.saving = false;
        self.save_in_background();
    }
}
