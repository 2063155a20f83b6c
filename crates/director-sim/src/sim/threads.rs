//! The director's threads other than the driver, with their delays: what they share, and how they tell the driver.
//!
//! Modelled after the daemon: one queue for the `spawner`, which also writes and removes the run records; a `reaper` that
//! keeps its promises; for everything else as many `hands` as there is work, so that answers come in any order.

use std::collections::VecDeque;

use director_core::event::{Fact, HolderId};
use director_core::time::Millis;
use director_core::words::ExitKind;

use super::Sim;
use super::queue::{Happening, Input};
use crate::Boundary;
use crate::world::{Owner, ProcessIndex};

/// What the spawner is asked to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    Run { service: usize, run: u64 },
    Forget { service: usize },
}

/// Where the spawner is in a start.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Intent,
    Spawn,
    Identity(ProcessIndex),
    Watch,
}

/// A run as the reaper knows it.
#[derive(Clone, Debug)]
pub(super) struct LiveRun {
    pub(super) run: u64,
    pub(super) watched: bool,
    pub(super) exited: Option<ExitKind>,
    pub(super) exit_told: Option<Millis>,
    pub(super) empty_told: bool,
}

/// Processes whose end is awaited.
#[derive(Clone, Debug)]
pub(super) struct HolderWatch {
    pub(super) run: u64,
    pub(super) watch: u64,
    pub(super) holders: Vec<HolderId>,
}

/// What dies with the director.
pub(super) struct Threads {
    pub(super) jobs: VecDeque<Job>,
    pub(super) doing: Option<(usize, u64, u64, bool, Step)>,
    pub(super) live: Vec<Option<LiveRun>>,
    /// Leftovers that were killed and may still exist.
    pub(super) leftovers: Vec<Vec<ProcessIndex>>,
    /// Whose end each service waits for.
    pub(super) watches: Vec<Option<HolderWatch>>,
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
            watches: vec![None; services],
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
    pub(super) fn tell(&mut self, at: Millis, service: usize, run: u64, fact: Fact) {
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
}
