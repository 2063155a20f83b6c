//! What happens, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use director_core::command::Command;
use director_core::event::{Fact, Order};
use director_core::time::Millis;
use director_core::words::ExitKind;

use crate::world::{History, ProcessIndex};

/// A message to the driver of one director.
#[derive(Clone, Debug)]
pub(super) enum Input {
    Fact {
        service: usize,
        run: u64,
        fact: Fact,
        /// A copy of an earlier message, much too late.
        echo: bool,
    },
    HistorySaved,
}

/// Something that happens.
pub(super) enum Happening {
    /// `spontaneous`: nobody asked for it, so it does not happen in the calm.
    Exit {
        process: ProcessIndex,
        status: ExitKind,
        spontaneous: bool,
    },
    Fork {
        parent: ProcessIndex,
    },
    Freeze {
        process: ProcessIndex,
    },
    ForeignerComes,
    /// Somebody opens the database of a service, and takes no lock.
    ReaderComes,
    DiskFills(bool),
    WallJumps,
    Asked(Command),
    MachineGoesDown(Option<Millis>),
    InternalFault(usize),
    /// Files of a service changed; `refused` by its check.
    FilesChanged {
        service: usize,
        refused: bool,
    },
    /// A planned time of a service.
    TimeComes {
        service: usize,
        missed: bool,
    },
    /// A maintenance window of a service.
    Window {
        service: usize,
        opens: bool,
    },
    KillDirector,
    StartDirector,
    Reboot,
    BootRound(u64),
    Driver {
        director: u64,
        input: Input,
    },
    Spawner(u64),
    Hand {
        director: u64,
        service: usize,
        run: u64,
        order: Order,
    },
    SaveHistory {
        director: u64,
        history: Box<History>,
    },
}

impl Happening {
    /// What does not happen in the calm.
    pub(super) fn is_a_fault(&self) -> bool {
        match self {
            Self::Fork { .. }
            | Self::Freeze { .. }
            | Self::ForeignerComes
            | Self::ReaderComes
            | Self::DiskFills(_)
            | Self::Asked(_)
            | Self::MachineGoesDown(_)
            | Self::InternalFault(_)
            | Self::FilesChanged { .. }
            | Self::TimeComes { .. }
            | Self::Window { .. }
            | Self::KillDirector
            | Self::Reboot => true,
            Self::Exit { .. }
            | Self::WallJumps
            | Self::StartDirector
            | Self::BootRound(_)
            | Self::Driver { .. }
            | Self::Spawner(_)
            | Self::Hand { .. }
            | Self::SaveHistory { .. } => false,
        }
    }
}

struct Entry {
    at: Millis,
    seq: u64,
    what: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.seq) == (other.at, other.seq)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

/// By time, then by the order in which things were put in.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    seq: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Millis, what: Happening) {
        self.seq += 1;
        let seq = self.seq;
        self.heap.push(Reverse(Entry { at, seq, what }));
    }

    pub(super) fn next_at(&self) -> Option<Millis> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// The next thing that happens until `now`.
    pub(super) fn pop_at(&mut self, now: Millis) -> Option<Happening> {
        self.next_at().filter(|at| *at <= now)?;
        self.heap.pop().map(|Reverse(entry)| entry.what)
    }
}
