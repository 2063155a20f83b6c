//! What the programs do: live, answer, fork, hang, freeze, and end, or not.

use director_core::spec::{Follow, Kind, StopTarget};
use director_core::time::Millis;
use director_core::words::ExitKind;

use super::Sim;
use super::queue::Happening;
use crate::world::{Answering, Owner, Process, ProcessIndex};

impl Sim<'_> {
    /// A new run's first process, with a fate of its own. Its pid and start time exist from here on.
    pub(super) fn bear_main(&mut self, service: usize, run: u64, mark: u64, recorded: bool) -> ProcessIndex {
        let owner = Owner {
            service,
            run,
            main: true,
        };
        let mut process = self.nature(Some(owner), Some(mark));
        process.holds = [Some(service); 2];
        process.unreachable = false;
        process.unrecorded = !recorded;
        process.answering = self.answering();
        let index = self.world.add(&mut self.rng, process);
        self.plan_life(index, service);
        index
    }

    fn nature(&mut self, owner: Option<Owner>, mark: Option<u64>) -> Process {
        let bad = !self.calm;
        let (deaf, stuck) = (
            bad && self.rng.chance(self.knobs.deaf),
            bad && self.rng.chance(self.knobs.stuck),
        );
        Process {
            pid: 0,
            start: 0,
            owner,
            mark,
            own_session: false,
            deaf,
            polite_ms: if bad {
                self.rng.pick(&[0, 1, 100, 2_000, 12_000])
            } else {
                5
            },
            frozen: false,
            doomed: false,
            stuck_until: if stuck {
                self.t + self.rng.between(500, 90_000)
            } else {
                0
            },
            holds: [None; 2],
            reads: None,
            unreachable: false,
            unrecorded: false,
            answering: Answering::default(),
            alive: true,
        }
    }

    fn answering(&mut self) -> Answering {
        if self.calm {
            return Answering {
                healthy_from: self.t + 100,
                ..Answering::default()
            };
        }
        let start_takes = self.rng.pick(&[0, 500, 5_000, 70_000]);
        let lives = self.rng.pick(&[2_000, 30_000, 400_000]);
        Answering {
            healthy_from: self.t + self.rng.below(start_takes + 1),
            hangs_from: self
                .rng
                .chance(self.knobs.hang)
                .then(|| self.t + self.rng.below(lives)),
            degraded: self.rng.chance(self.knobs.degraded),
        }
    }

    fn plan_life(&mut self, process: ProcessIndex, service: usize) {
        let (kind, follow) = (self.specs[service].kind, self.specs[service].follow);
        if self.calm {
            if kind == Kind::Oneshot {
                self.exits(process, 300, ExitKind::Code(0), false);
            }
            return;
        }
        let soon = self.rng.chance(self.knobs.crash_soon);
        let most = if soon {
            300
        } else {
            self.rng.pick(&[5_000, 60_000, 1_200_000])
        };
        let life = self.rng.below(most);
        let ends = [
            ExitKind::Code(0),
            ExitKind::Code(1),
            ExitKind::Code(3),
            ExitKind::Signal(11),
        ];
        if kind == Kind::Oneshot || follow == Follow::Tree || self.rng.chance(self.knobs.crash) {
            let status = self.rng.pick(&ends);
            self.exits(process, life, status, true);
        }
        if self.rng.chance(self.knobs.freeze) {
            let at = self.t + self.rng.below(60_000);
            self.queue.push(at, Happening::Freeze { process });
        }
        if self.rng.chance(self.knobs.fork) || follow == Follow::Tree {
            for _ in 0..self.rng.between(1, 3) {
                let within = self.rng.pick(&[1, 4, life + 1]);
                let at = self.t + self.rng.below(within);
                self.queue.push(at, Happening::Fork { parent: process });
            }
        }
    }

    fn exits(&mut self, process: ProcessIndex, after: Millis, status: ExitKind, spontaneous: bool) {
        let what = Happening::Exit {
            process,
            status,
            spontaneous,
        };
        self.queue.push(self.t + after, what);
    }

    pub(super) fn fork(&mut self, parent: ProcessIndex) {
        let Some(Process {
            owner: Some(owner),
            mark,
            unrecorded,
            own_session,
            unreachable,
            ..
        }) = self
            .world
            .all
            .get(parent)
            .filter(|parent| parent.alive && !parent.doomed && !parent.frozen)
            .cloned()
        else {
            return;
        };
        if self.calm {
            return;
        }
        let mark = if self.rng.chance(self.knobs.clear_env) {
            None
        } else {
            mark
        };
        let child = Owner { main: false, ..owner };
        let mut process = self.nature(Some(child), mark);
        process.unrecorded = unrecorded;
        // Nobody supervises what a leftover of a killed director forks.
        process.unreachable = unreachable || (mark.is_none() && !self.threads.supervises(owner));
        process.own_session = own_session || self.rng.chance(self.knobs.own_session);
        if self.rng.chance(30) {
            process.holds = [Some(owner.service); 2];
        }
        let index = self.world.add(&mut self.rng, process);
        self.show(|sim| {
            let born = &sim.world.all[index];
            format!(
                "s{} run {} forks pid {}{}{}{}",
                owner.service,
                owner.run,
                born.pid,
                if born.own_session { ", own session" } else { "" },
                if born.mark.is_none() {
                    ", cleared environment"
                } else {
                    ""
                },
                if born.deaf { ", deaf" } else { "" },
            )
        });
        if self.rng.chance(50) {
            let life = self.rng.pick(&[1_000, 60_000, 600_000]);
            let after = self.rng.below(life);
            self.exits(index, after, ExitKind::Code(0), true);
        }
        if self.rng.chance(20) {
            let at = self.t + self.rng.below(5_000);
            self.queue.push(at, Happening::Fork { parent: index });
        }
    }

    /// A process comes to its end, unless something keeps it.
    pub(super) fn exit(&mut self, process: ProcessIndex, status: ExitKind, spontaneous: bool) {
        let one = &self.world.all[process];
        if !one.alive || (spontaneous && (self.calm || one.frozen)) {
            return;
        }
        if one.stuck_until > self.t {
            let again = Happening::Exit {
                process,
                status,
                spontaneous,
            };
            return self.queue.push(one.stuck_until, again);
        }
        self.dies(process, status);
    }

    /// A process is gone.
    pub(super) fn dies(&mut self, process: ProcessIndex, status: ExitKind) {
        let one = self.world.all[process].clone();
        self.show(|_| format!("pid {} is gone ({status}), owner {:?}", one.pid, one.owner));
        self.world.remove(process);
        self.holder_gone(process);
        for (thing, held) in one.holds.iter().enumerate() {
            if let Some(service) = held.filter(|_| !self.calm && self.rng.chance(self.knobs.linger)) {
                let until = self.t + self.rng.pick(&[100, 3_000, 40_000]);
                self.world.linger[service][thing] = self.world.linger[service][thing].max(until);
            }
        }
        if let Some(owner) = one.owner {
            self.reap(owner, status);
        }
    }

    /// SIGKILL, or TerminateJobObject: heard even when frozen, not when stuck.
    pub(super) fn kill_process(&mut self, process: ProcessIndex, after: Millis) {
        if self.world.all[process].owner.is_none() {
            let pid = self.world.all[process].pid;
            return self.fail(format!("a foreign process was killed: pid {pid}"));
        }
        self.world.all[process].doomed = true;
        let status = if self.knobs.windows {
            ExitKind::Code(1)
        } else {
            ExitKind::Signal(9)
        };
        self.exits(process, after, status, false);
    }

    /// A polite rung reaches those it is meant for. False: nobody is there.
    pub(super) fn ask_politely(&mut self, service: usize, run: u64, to: Option<StopTarget>) -> bool {
        let mut reached = false;
        for index in self.world.tree(service, run) {
            let one = &self.world.all[index];
            let meant = match to {
                None => true,
                Some(StopTarget::Group) => !one.own_session,
                Some(StopTarget::Main) => one.owner.is_some_and(|owner| owner.main),
            };
            reached |= meant;
            if meant && !one.deaf && !one.frozen {
                let (after, code) = (one.polite_ms, self.rng.pick(&[0, 0, 1]));
                self.exits(index, after, ExitKind::Code(code), false);
            }
        }
        reached
    }

    /// Whether every process of the tree is stopped or suspended.
    pub(super) fn is_frozen(&self, service: usize, run: u64) -> bool {
        let tree = self.world.tree(service, run);
        !tree.is_empty() && tree.iter().all(|index| self.world.all[*index].frozen)
    }
}
