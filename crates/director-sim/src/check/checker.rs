//! The checkers' books, kept from what the core is told.

use director_core::command::Command;
use director_core::event::Fact;
use director_core::spec::ServiceSpec;
use director_core::time::{Instant, Millis};
use director_core::words::{Goal, PhaseName};

use super::book::{Attempt, Book};
use super::hooks::HookBook;
use super::throttle::Model;
use super::{LATE_MS, RECHECK_MS};

/// The checkers.
pub(crate) struct Checker {
    pub(super) books: Vec<Book>,
    pub(super) finished: bool,
    pub(super) ending: bool,
    /// The shutdown takes no time for an order.
    pub(super) at_once: bool,
    /// It waits for no hook.
    pub(super) hurried: bool,
    pub(super) cut: Option<Millis>,
    /// Facts that the present core found stale.
    pub(crate) stale: u64,
    pub(crate) fault: Option<String>,
}

impl Checker {
    pub(crate) fn new(specs: &[ServiceSpec]) -> Self {
        let book = |spec: &ServiceSpec| Book {
            spec: spec.clone(),
            goal: Goal::Down,
            phase: PhaseName::Idle,
            number: 0,
            attempts: 0,
            touched: false,
            faulted: false,
            throttle: Model::default(),
            due: None,
            put_off: false,
            waited: false,
            held: false,
            wished: false,
            heeds: None,
            heeded: false,
            fruitless: 0,
            attempt: Attempt::default(),
            hooks: HookBook::default(),
        };
        Self {
            books: specs.iter().map(book).collect(),
            finished: false,
            ending: false,
            at_once: false,
            hurried: false,
            cut: None,
            stale: 0,
            fault: None,
        }
    }

    pub(super) fn fail(&mut self, service: usize, what: impl std::fmt::Display) {
        let number = self.books[service].number;
        self.fault
            .get_or_insert_with(|| format!("s{service} run {number}: {what}"));
    }

    pub(crate) fn number(&self, service: usize) -> u64 {
        self.books[service].number
    }

    pub(crate) fn looks(&self, service: usize) -> u64 {
        self.books[service].attempt.looks
    }

    pub(crate) fn seen(&self, service: usize) -> (Goal, PhaseName) {
        (self.books[service].goal, self.books[service].phase)
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending
    }

    /// A new core, which knows nothing but what the disk remembers.
    pub(crate) fn director_began(&mut self, remembered: Vec<(u64, u32, Vec<Instant>)>) {
        (self.finished, self.ending, self.cut) = (false, false, None);
        (self.at_once, self.hurried) = (false, false);
        for (book, (number, count, times)) in self.books.iter_mut().zip(remembered) {
            book.goal = Goal::Down;
            book.phase = PhaseName::Idle;
            book.number = number;
            book.attempts = 0;
            (book.touched, book.faulted) = (false, false);
            book.throttle = Model { count, times };
            book.due = None;
            book.waited = false;
            (book.held, book.wished) = (false, false);
            book.fruitless = 0;
            book.attempt = Attempt::default();
            book.hooks = HookBook::default();
        }
    }

    /// What a look before a start truly saw.
    pub(crate) fn looked(&mut self, service: usize, run: u64, clear: bool) {
        let book = &mut self.books[service];
        if book.number == run {
            book.attempt.truly_clear = clear;
        }
    }

    /// The core is about to be told.
    pub(crate) fn before_fact(&mut self, t: Millis, service: usize, run: u64, fact: &Fact) {
        let book = &mut self.books[service];
        if let Fact::HookFinished { step, .. } = fact {
            // Also one beside an older run.
            book.hooks.finished(t, *step);
        }
        if book.number != run {
            return;
        }
        let probed = book.is_probed();
        let attempt = &mut book.attempt;
        match fact {
            Fact::StartClear | Fact::StartObstructed(_) if !attempt.check_out => {}
            Fact::StartClear => {
                (attempt.check_out, attempt.answered) = (false, t);
                attempt.cleared = attempt.truly_clear;
            }
            Fact::StartObstructed(_) => {
                (attempt.check_out, attempt.answered) = (false, t);
                attempt.obstructed += 1;
                attempt.look_by = Some(t + RECHECK_MS + LATE_MS);
            }
            Fact::Spawned { .. } | Fact::SpawnFailed { .. } if !attempt.spawn_out => {}
            Fact::Spawned { .. } => {
                (attempt.spawn_out, attempt.started) = (false, Some(t));
                attempt.sampled_at = t;
            }
            Fact::SpawnFailed { permanent, .. } => {
                (attempt.spawn_out, attempt.spawn_failed, attempt.permanent) = (false, true, *permanent);
            }
            Fact::Exited(status) => {
                attempt.exit.get_or_insert(*status);
            }
            Fact::TreeEmptied => attempt.ended = attempt.ended.or(Some(t)),
            Fact::RungDelivered { step, outcome } => {
                attempt.rung_failed |= *step == attempt.step && outcome.is_err();
            }
            Fact::MemoryLimitHit | Fact::Examined { .. } | Fact::HolderEnded { .. } => {}
            Fact::HoldersUnwatched { watch } => {
                if attempt.watch == Some(*watch) {
                    attempt.watch = None;
                }
            }
            Fact::Measured { sample, outcome } => {
                if probed && attempt.sample_out.map(|(id, _)| id) == Some(*sample) {
                    self.measured(t, service, outcome);
                }
            }
            Fact::HookFinished { .. } => {}
            Fact::FoundFrozen { step } => attempt.urgent |= *step == attempt.step,
            Fact::ProbeFinished { probe, outcome } => {
                if probed && attempt.probe_out.map(|(id, _)| id) == Some(*probe) {
                    self.probe_answered(t, service, outcome);
                }
            }
        }
    }

    /// A process whose end was awaited ends, and the core is told of it at `at`: the next look follows.
    pub(crate) fn holder_ended(&mut self, at: Millis, service: usize, run: u64, watch: u64) {
        let book = &mut self.books[service];
        if book.number == run && book.attempt.watch == Some(watch) {
            let due = at + LATE_MS;
            book.attempt.look_by = book.attempt.look_by.map(|by| by.min(due));
        }
    }

    /// An operator's command is carried out.
    pub(crate) fn asked(&mut self, service: usize, command: &Command, phase: PhaseName) {
        let book = &mut self.books[service];
        if matches!(command, Command::Start { .. } | Command::Restart { .. }) {
            book.fruitless = 0;
        }
        let up = matches!(phase, PhaseName::Running | PhaseName::Starting);
        match command {
            Command::Start { .. } if up => return,
            Command::Start { .. } => book.throttle = Model::default(),
            Command::Stop { .. } | Command::Restart { .. } => {}
            Command::Shutdown { .. } => return,
        }
        book.touched = true;
        book.due = None;
    }

    /// The director, or the machine, goes down.
    pub(crate) fn shutdown(&mut self, at_once: bool, cut: Option<Millis>) {
        self.ending = true;
        self.at_once |= at_once || cut.is_some();
        self.hurried |= at_once;
        self.cut = cut.or(self.cut);
        for book in &mut self.books {
            book.touched = true;
            book.due = None;
            book.attempt.urgent |= at_once;
        }
    }

    pub(crate) fn internal_fault(&mut self, service: usize) {
        let book = &mut self.books[service];
        (book.touched, book.faulted, book.attempt.urgent) = (true, true, true);
    }

    /// The core says that the director may exit.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
        for service in 0..self.books.len() {
            let phase = self.books[service].phase;
            let down = match phase {
                PhaseName::Idle | PhaseName::Failed | PhaseName::Completed | PhaseName::Blocked => true,
                PhaseName::Waiting
                | PhaseName::Starting
                | PhaseName::Running
                | PhaseName::Stopping
                | PhaseName::Backoff => false,
            };
            if !down {
                self.fail(
                    service,
                    format_args!("the director finishes while it is {phase:?}"),
                );
            }
        }
    }
}
