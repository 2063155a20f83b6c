//! The virtual machine: its processes, what they hold, and the disk.

use std::collections::BTreeMap;

use director_core::throttle::Throttle;
use director_core::time::{Millis, WallTime};
use director_core::words::RunNumber;

use crate::rng::Rng;

/// A process, by its place in [`World::all`]: never reused, unlike a pid.
pub(crate) type ProcessIndex = usize;

/// What a service's processes may hold: its port and its database.
pub(crate) const PORT: usize = 0;
pub(crate) const DATABASE: usize = 1;

/// Whose process it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) service: usize,
    pub(crate) run: u64,
    /// The first process of the run.
    pub(crate) main: bool,
}

/// How a first process answers probes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answering {
    pub(crate) healthy_from: Millis,
    pub(crate) hangs_from: Option<Millis>,
    pub(crate) degraded: bool,
}

/// A live or dead process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) start: u64,
    /// None: a foreigner.
    pub(crate) owner: Option<Owner>,
    /// The invocation mark in its environment.
    pub(crate) mark: Option<u64>,
    pub(crate) own_session: bool,
    /// Ignores every polite rung.
    pub(crate) deaf: bool,
    pub(crate) polite_ms: Millis,
    pub(crate) frozen: bool,
    /// Told to end in a way that cannot be ignored.
    pub(crate) doomed: bool,
    /// Not even that ends it before this time (uninterruptible input or output).
    pub(crate) stuck_until: Millis,
    /// Service and thing held.
    pub(crate) holds: [Option<usize>; 2],
    /// The service whose database it has open without a lock.
    pub(crate) reads: Option<usize>,
    /// No record of its run could be written: the disk was full.
    pub(crate) unrecorded: bool,
    /// Outside of what the contract promises to find after a kill of the director.
    pub(crate) unreachable: bool,
    pub(crate) answering: Answering,
    pub(crate) alive: bool,
}

/// All processes of the machine.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) all: Vec<Process>,
    pub(crate) live: Vec<ProcessIndex>,
    /// Until when port and database of each service stay held after their holder's end.
    pub(crate) linger: Vec<[Millis; 2]>,
    pub(crate) next_start: u64,
}

impl World {
    /// A new process with a pid that is free now; pids are few, so that they are reused soon.
    pub(crate) fn add(&mut self, rng: &mut Rng, mut process: Process) -> ProcessIndex {
        loop {
            process.pid = rng.between(100, 180) as u32;
            if !self.live.iter().any(|index| self.all[*index].pid == process.pid) {
                break;
            }
        }
        self.next_start += 1;
        process.start = self.next_start;
        self.all.push(process);
        self.live.push(self.all.len() - 1);
        self.all.len() - 1
    }

    pub(crate) fn remove(&mut self, index: ProcessIndex) {
        self.all[index].alive = false;
        self.live.retain(|other| *other != index);
    }

    /// The live processes of a run, as its director knows them.
    pub(crate) fn tree(&self, service: usize, run: u64) -> Vec<ProcessIndex> {
        let of = |owner: Owner| owner.service == service && owner.run == run;
        self.live
            .iter()
            .copied()
            .filter(|index| !self.all[*index].unreachable && self.all[*index].owner.is_some_and(of))
            .collect()
    }

    pub(crate) fn tree_is_empty(&self, service: usize, run: u64) -> bool {
        let of = |owner: Owner| owner.run == run;
        !self
            .ours(service)
            .any(|index| self.all[index].owner.is_some_and(of))
    }

    /// The live processes of a service that we promise to find, whichever run they belong to.
    pub(crate) fn ours(&self, service: usize) -> impl Iterator<Item = ProcessIndex> {
        self.live.iter().copied().filter(move |index| {
            let process = &self.all[*index];
            !process.unreachable && process.owner.is_some_and(|owner| owner.service == service)
        })
    }

    /// Who holds a thing of a service.
    pub(crate) fn holders(&self, service: usize, thing: usize) -> Vec<ProcessIndex> {
        let holds = |index: &ProcessIndex| self.all[*index].holds[thing] == Some(service);
        self.live.iter().copied().filter(holds).collect()
    }

    /// Who has the database of a service open without a lock.
    pub(crate) fn readers(&self, service: usize) -> Vec<ProcessIndex> {
        let reads = |index: &ProcessIndex| self.all[*index].reads == Some(service);
        self.live.iter().copied().filter(reads).collect()
    }

    /// Whether somebody, or a lock that has not gone yet, holds a thing of a service.
    pub(crate) fn is_held(&self, service: usize, thing: usize, now: Millis) -> bool {
        self.linger[service][thing] > now
            || self
                .live
                .iter()
                .any(|index| self.all[*index].holds[thing] == Some(service))
    }
}

/// A run's record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) run: u64,
    pub(crate) mark: u64,
    pub(crate) boot: u64,
    pub(crate) process: Option<(u32, u64)>,
}

/// What a director finds of its predecessors.
#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) full: bool,
    pub(crate) records: BTreeMap<usize, Record>,
    pub(crate) stopped: BTreeMap<usize, WallTime>,
    pub(crate) history: History,
}

/// The history file.
#[derive(Clone, Default)]
pub(crate) struct History {
    pub(crate) boot: u64,
    pub(crate) services: BTreeMap<usize, (RunNumber, Throttle)>,
}

impl Disk {
    /// The history as it holds in `boot`: run numbers go on, restarts of another boot do not count.
    pub(crate) fn history_in(&self, boot: u64, service: usize) -> (RunNumber, Throttle) {
        let (number, throttle) = self.history.services.get(&service).cloned().unwrap_or_default();
        let throttle = if self.history.boot == boot {
            throttle
        } else {
            Throttle::default()
        };
        (number, throttle)
    }
}

impl Process {
    /// Somebody that is none of our business.
    pub(crate) fn foreigner() -> Self {
        Self {
            pid: 0,
            start: 0,
            owner: None,
            mark: None,
            own_session: true,
            deaf: false,
            polite_ms: 0,
            frozen: false,
            doomed: false,
            stuck_until: 0,
            holds: [None; 2],
            reads: None,
            unrecorded: false,
            unreachable: false,
            answering: Answering::default(),
            alive: true,
        }
    }
}
