//! A director's beginning and its end, of whichever kind.

use director_core::recovery::{self, ProcessFacts, RecordFacts};
use director_core::spec::{ProbeRole, ServiceSpec};
use director_core::throttle::Throttle;
use director_core::time::Millis;
use director_core::words::{ExitKind, RunNumber};
use director_core::{Core, Memory};

use super::Sim;
use super::queue::Happening;
use crate::Boundary;
use crate::mutation::Mutation;
use crate::world::{ProcessIndex, Record};

/// In all, for everything that was left.
const LIMIT_MS: Millis = 1_900;
const LOOK_AGAIN_MS: Millis = 10;
/// What guarantee 2 promises.
const PROMISED_MS: Millis = 2_000;

/// A director that ends leftovers before it does anything else.
pub(super) struct Boot {
    began: Millis,
    records: Vec<(usize, Record)>,
    /// The highest number that an earlier run had, by its record.
    last_runs: Vec<u64>,
}

impl Sim<'_> {
    pub(super) fn start_director(&mut self) {
        if self.core.is_some() || self.boot.is_some() {
            return;
        }
        self.director += 1;
        self.ended = false;
        self.threads.forget_all();
        self.show(|sim| format!("director {} starts", sim.director));
        let records = if self.is(Mutation::NoRecords) {
            Vec::new()
        } else {
            self.disk
                .records
                .iter()
                .map(|(service, record)| (*service, record.clone()))
                .collect()
        };
        self.boot = Some(Boot {
            began: self.t,
            last_runs: vec![0; self.specs.len()],
            records,
        });
        self.boot_round(self.director);
    }

    /// Ends what belongs to the records, one record after the other, until the time is up.
    pub(super) fn boot_round(&mut self, director: u64) {
        if director != self.director {
            return;
        }
        let Some(mut boot) = self.boot.take() else { return };
        while let Some((service, record)) = boot.records.first().cloned() {
            let alive = self.leftovers_of(&record);
            for index in &alive {
                if !self.world.all[*index].doomed {
                    self.show(|sim| format!("leftover pid {} is killed", sim.world.all[*index].pid));
                }
                let after = self.rng.below(3);
                self.kill_process(*index, after);
            }
            if !alive.is_empty() && self.boundary(Boundary::DuringBoot) {
                return;
            }
            let over = self.t >= boot.began + LIMIT_MS || self.is(Mutation::NoWaitForLeftovers);
            if !alive.is_empty() && !over {
                self.boot = Some(boot);
                self.queue
                    .push(self.t + LOOK_AGAIN_MS, Happening::BootRound(director));
                return;
            }
            if alive.is_empty() {
                self.disk.records.remove(&service);
            } else if !self.is(Mutation::NoWaitForLeftovers) {
                self.threads.leftovers[service] = alive;
            }
            boot.last_runs[service] = record.run;
            boot.records.remove(0);
        }
        self.look_at_leftovers(boot.began);
        self.begin(&boot.last_runs);
    }

    /// The live processes that the core's judgement gives to a record.
    fn leftovers_of(&self, record: &Record) -> Vec<ProcessIndex> {
        let mut facts = Vec::new();
        for index in &self.world.live {
            let process = &self.world.all[*index];
            // Where environments cannot be searched (Windows) the tree has died with its director anyway.
            let mark = process.mark.filter(|_| !self.knobs.windows);
            facts.push(ProcessFacts {
                pid: process.pid,
                start: process.start,
                mark: mark.map(|mark| mark.to_string()),
            });
        }
        let record = RecordFacts {
            invocation: record.mark.to_string(),
            boot_id: record.boot.to_string(),
            process: record.process,
        };
        let judged = recovery::leftovers(&record, &self.boot_id.to_string(), &facts);
        let chosen = |index: &ProcessIndex| {
            let process = &self.world.all[*index];
            let same_pid = record.process.is_some_and(|(pid, _)| pid == process.pid);
            judged.contains(&(process.pid, process.start)) || (same_pid && self.is(Mutation::KillByPid))
        };
        self.world.live.iter().copied().filter(chosen).collect()
    }

    /// Guarantee 2: what we promise to find is dead by now, or cannot die and is known.
    fn look_at_leftovers(&mut self, began: Millis) {
        if self.t > began + PROMISED_MS {
            self.fail(format!("ending leftovers took {} ms", self.t - began));
        }
        for service in 0..self.specs.len() {
            for index in self.world.ours(service).collect::<Vec<_>>() {
                let one = &self.world.all[index];
                let known = self.threads.leftovers[service].contains(&index) && one.doomed;
                if !known {
                    let (pid, owner) = (one.pid, one.owner);
                    self.fail(format!("leftover pid {pid} of {owner:?} lives and nobody knows"));
                }
            }
        }
    }

    /// The core begins with what the disk remembers.
    fn begin(&mut self, last_runs: &[u64]) {
        let now = self.now();
        let mut memory = Memory::default();
        let mut remembered = Vec::new();
        for (service, spec) in self.specs.iter().enumerate() {
            let (number, throttle) = self.disk.history_in(self.boot_id, service);
            let number = RunNumber(number.0.max(last_runs[service]));
            remembered.push((number.0, throttle.count(), throttle.times().to_vec()));
            let forgets = self.is(Mutation::ForgetThrottle);
            let throttle = if forgets { Throttle::default() } else { throttle };
            memory.history.insert(spec.name.clone(), (number, throttle));
            if let Some(since) = self
                .disk
                .stopped
                .get(&service)
                .filter(|_| !self.is(Mutation::ForgetStops))
            {
                memory.stopped.insert(spec.name.clone(), *since);
            }
        }
        let specs = self.specs.iter().map(|spec| self.as_told(spec)).collect();
        let mut core = Core::new(specs, memory, now);
        self.check.director_began(remembered);
        core.start(now);
        self.core = Some(core);
        self.drain();
        self.tell_open_windows();
        self.look_at_reports();
    }

    /// A service as the core is told of it: the truth, unless a mutation lies.
    fn as_told(&self, spec: &ServiceSpec) -> ServiceSpec {
        let mut spec = spec.clone();
        match self.options.mutation {
            Some(Mutation::NoBackoff) => spec.restart.backoff_ms = vec![0],
            Some(Mutation::OneMoreFailure) => {
                if let Some(health) = &mut spec.health {
                    health.max_failures += 1;
                }
            }
            Some(Mutation::NoGrace) => spec.stop.ladder.iter_mut().for_each(|rung| rung.grace_ms = 0),
            Some(Mutation::AlwaysRestarts) => {
                spec.restart.when = director_core::spec::RestartWhen::Always;
            }
            Some(Mutation::NoDependencies) => {
                spec.requires.clear();
                spec.after.clear();
            }
            Some(Mutation::OneSampleLess) => {
                let samples = &mut spec.limits.restart_samples;
                samples.above = (samples.above - 1).max(1);
            }
            Some(Mutation::HalfTheAge) => spec.limits.max_age_ms = spec.limits.max_age_ms.map(|age| age / 2),
            Some(Mutation::ReadinessRestarts) => become_liveness(&mut spec, ProbeRole::Readiness),
            Some(Mutation::NoStartProbes) => become_liveness(&mut spec, ProbeRole::Startup),
            Some(Mutation::FailuresInARow) => {
                let further = spec.probes.iter_mut().map(|one| &mut one.health);
                for health in spec.health.iter_mut().chain(further) {
                    health.max_failures = health.enough().above;
                    health.failures = None;
                }
            }
            Some(Mutation::NoHooks) => spec.hooks = director_core::spec::HooksSpec::default(),
            Some(Mutation::RequiresIsAfter) => spec.after.append(&mut spec.requires),
            _ => {}
        }
        spec
    }

    pub(super) fn kill_director(&mut self, how: &str) {
        if self.core.is_none() && self.boot.is_none() {
            return;
        }
        self.show(|sim| format!("director {} {how}", sim.director));
        self.stats.kills += 1;
        self.director_is_gone();
        let most = self.rng.pick(&[1, 50, 3_000, 60_000]);
        let after = self.rng.below(most);
        self.queue.push(self.t + after, Happening::StartDirector);
    }

    /// What the end of a director, of any kind, does to its processes.
    pub(super) fn director_is_gone(&mut self) {
        self.core = None;
        self.boot = None;
        self.director += 1;
        self.threads.forget_all();
        let status = if self.knobs.windows {
            ExitKind::Code(1)
        } else {
            ExitKind::Signal(9)
        };
        for index in self.world.live.clone() {
            let one = &mut self.world.all[index];
            let Some(owner) = one.owner else { continue };
            if self.knobs.windows {
                // The last handle of the job is closed: the system ends the whole tree.
                self.dies(index, status);
                continue;
            }
            // A process of a run that no record could be written for has nothing that leads to it, and one that cleared its
            // environment bears no mark.
            one.unreachable |= one.unrecorded || (one.mark.is_none() && !owner.main);
            if owner.main {
                self.kill_process(index, 0);
                if self.world.all[index].stuck_until <= self.t {
                    self.dies(index, status);
                }
            }
        }
    }
}

/// Every probe of this role becomes one of liveness.
fn become_liveness(spec: &mut ServiceSpec, role: ProbeRole) {
    for one in spec.probes.iter_mut().filter(|one| one.role == role) {
        one.role = ProbeRole::Liveness;
    }
}
