//! The spawner: one job after the other, the run records included.

use director_core::event::Fact;

use super::Sim;
use super::queue::Happening;
use super::threads::{Job, LiveRun, Step};
use crate::Boundary;
use crate::mutation::Mutation;
use crate::world::{ProcessIndex, Record};

impl Sim<'_> {
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
            let unenforced = self.unenforced(service, run);
            self.tell(at, service, run, Fact::Spawned { pid, unenforced });
            // The watch follows the news, so an exit cannot overtake its own start.
            if let Some(live) = &mut self.threads.live[service] {
                live.exit_told = Some(at);
            }
        }
        Some((true, Step::Watch))
    }
}
