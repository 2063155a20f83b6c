//! The order among services: whoever starts has what it requires, and whoever waits waits for something.

use director_core::report::ServiceReport;
use director_core::spec::{Condition, Dependency, ServiceSpec};
use director_core::words::{Goal, PhaseName, StopReason};

use super::Checker;
use super::book::Book;

impl Book {
    /// Whether it is as far as a dependent wants it, by these books alone.
    fn fulfils(&self, condition: Condition) -> bool {
        let lives = self.attempt.started.is_some() && self.attempt.ended.is_none();
        match condition {
            Condition::Started => {
                self.phase == PhaseName::Completed
                    || lives && matches!(self.phase, PhaseName::Starting | PhaseName::Running)
            }
            Condition::Healthy => self.phase == PhaseName::Running && self.is_well(),
            Condition::Completed => self.phase == PhaseName::Completed,
        }
    }

    /// Whether it may come to that without help.
    fn is_coming(&self) -> bool {
        self.goal == Goal::Up
            && !matches!(
                self.phase,
                PhaseName::Failed | PhaseName::Blocked | PhaseName::Idle
            )
    }
}

impl Checker {
    pub(super) fn place_of(&self, dependency: &Dependency) -> usize {
        let is = |book: &Book| book.spec.name == dependency.service;
        self.books.iter().position(is).unwrap_or_default()
    }

    /// Those that are not as far as they should be, or are about to stop.
    pub(super) fn missing<'a>(&'a self, list: &'a [Dependency]) -> impl Iterator<Item = &'a Book> {
        list.iter().filter_map(|dependency| {
            let book = &self.books[self.place_of(dependency)];
            (book.put_off || !book.fulfils(dependency.condition)).then_some(book)
        })
    }

    /// A run is about to begin.
    pub(super) fn has_what_it_requires(&mut self, service: usize) {
        let spec = self.books[service].spec.clone();
        let missing = self.missing(&spec.requires).find(|book| !book.put_off);
        let missing = missing.map(|book| book.phase);
        if let Some(phase) = missing {
            self.fail(
                service,
                format_args!("begins although what it requires is {phase:?}"),
            );
        }
    }

    /// Whether `waiting` is right.
    pub(super) fn waits_for_something(&self, service: usize) -> bool {
        let spec = &self.books[service].spec;
        let required = self.missing(&spec.requires).next().is_some();
        required || self.missing(&spec.after).any(Book::is_coming)
    }

    /// Whether its wait may last for ever: only a person's help, or a oneshot that ends after all, makes an end of it.
    pub(crate) fn waits_for_good(&self, service: usize) -> bool {
        let spec = &self.books[service].spec;
        let lasts = |book: &Book| match book.phase {
            PhaseName::Running => true,
            PhaseName::Waiting | PhaseName::Starting => {
                let other = self.books.iter().position(|one| one.spec.name == book.spec.name);
                let held = |other| book.phase == PhaseName::Waiting || self.is_held_back_for_good(other);
                other.is_some_and(|other| self.waits_for_good(other) && held(other))
            }
            _ => false,
        };
        let ended = |book: &Book| match book.phase {
            PhaseName::Failed | PhaseName::Completed => true,
            PhaseName::Idle => book.goal == Goal::Down,
            _ => false,
        };
        self.missing(&spec.requires)
            .any(|book| lasts(book) || ended(book))
            || self.missing(&spec.after).any(lasts)
    }

    /// A way down begins.
    pub(super) fn goes_down(&mut self, service: usize, reason: StopReason) {
        match reason {
            StopReason::DependencyRestarted => {
                let book = &mut self.books[service];
                (book.touched, book.due) = (true, None);
                if !book.spec.restart_with || book.spec.requires.is_empty() {
                    self.fail(service, "restarted for another service without being asked to");
                }
            }
            StopReason::Shutdown if !self.at_once => {
                let name = self.books[service].spec.name.clone();
                let depends = |spec: &ServiceSpec| {
                    let mut all = spec.requires.iter().chain(&spec.after);
                    all.any(|dependency| dependency.service == name)
                };
                let alive = |book: &&Book| {
                    let phase = matches!(
                        book.phase,
                        PhaseName::Running | PhaseName::Stopping | PhaseName::Starting
                    );
                    depends(&book.spec) && phase
                };
                if let Some(phase) = self.books.iter().find(alive).map(|book| book.phase) {
                    self.fail(service, format_args!("stopped while a dependent is {phase:?}"));
                }
            }
            _ => {}
        }
    }

    /// A start of these services starts others along: what they require, unless it is up or an operator stopped it.
    pub(crate) fn asked_along(&mut self, started: &[usize], reports: &[ServiceReport]) {
        let mut open = started.to_vec();
        let mut found: Vec<usize> = Vec::new();
        while let Some(one) = open.pop() {
            for dependency in &self.books[one].spec.requires {
                let other = self.place_of(dependency);
                let report = &reports[other];
                let down = report.goal == Goal::Down || report.phase == PhaseName::Failed;
                let stopped = report.stopped_by_operator.is_some();
                if down && !stopped && !started.contains(&other) && !found.contains(&other) {
                    found.push(other);
                    open.push(other);
                }
            }
        }
        for other in found {
            let book = &mut self.books[other];
            (book.touched, book.due) = (true, None);
            if !matches!(book.phase, PhaseName::Running | PhaseName::Starting) {
                book.throttle = super::throttle::Model::default();
            }
        }
    }
}
