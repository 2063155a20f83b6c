//! Guarantees 1, 3 and 5 as the core's orders show them: starts, looks, the ladder, the last rung.

use director_core::event::Order;
use director_core::spec::HookName;
use director_core::spec::{Rung, RungKind};
use director_core::time::Millis;

use super::book::Attempt;
use super::{Checker, LATE_MS};

/// What the contract gives leftovers of a tree, and the last rung.
const LEFTOVERS_MS: Millis = 5_000;
/// When a finding is looked at, after the first look.
const LOOKS_MS: [Millis; 2] = [2_000, 8_000];
/// After so many runs that were never healthy, looks may be thorough.
const FRUITLESS_RUNS: u32 = 3;

impl Checker {
    /// The core asks for something. `stopped`: an operator's stop of this service is on the disk.
    pub(crate) fn order(&mut self, t: Millis, service: usize, run: u64, order: &Order, stopped: bool) {
        let known = self.books[service].number;
        let begins = matches!(order, Order::CheckStart { .. }) || self.books[service].twin_at.is_some();
        if begins && run > known {
            self.attempt_begins(t, service, run);
        } else if run != known {
            return self.fail(service, format_args!("an order for run {run}: {order:?}"));
        }
        match order {
            Order::CheckStart { thorough } => {
                self.look_ordered(t, service, stopped);
                if *thorough && self.books[service].fruitless < FRUITLESS_RUNS {
                    self.fail(service, "a thorough look without a cause");
                }
            }
            Order::AwaitHolders { watch, .. } => {
                let attempt = &mut self.books[service].attempt;
                attempt.watch = Some(*watch);
                if attempt.check_out || attempt.spawn_ordered {
                    self.fail(service, "holders are awaited although nothing is blocked");
                }
            }
            Order::Spawn => {
                if self.books[service].spec.hooks.pre_start.is_none() {
                    self.books[service].wished = false;
                }
                self.is_prepared(service);
                self.spawn_ordered(service, stopped);
                self.has_what_it_requires(service);
            }
            Order::DeliverRung { step, rung, .. } => {
                self.is_told_to_stop(t, service);
                self.rung_ordered(t, service, *step, rung);
            }
            Order::RunHook { step, call } => {
                // What was wished for until now, this attempt brings.
                self.books[service].wished &= call.hook != HookName::PreStart;
                self.hook_ordered(service, *step, call.hook, stopped);
            }
            Order::DeliverToLeftovers => self.books[service].attempt.leftovers_at = Some(t),
            Order::KillTree => self.kill_ordered(t, service),
            Order::Probe { probe, call } => self.probe_ordered(t, service, *probe, call),
            Order::Measure { sample } => self.measure_ordered(t, service, *sample),
            Order::Release { .. } => {}
        }
    }

    /// A new attempt begins. Without an operator's word it must have been scheduled, and its wait must be over.
    fn attempt_begins(&mut self, t: Millis, service: usize, run: u64) {
        let book = &mut self.books[service];
        let unasked = book.attempts > 0 && !book.touched;
        let due = book.due.take();
        let waited = std::mem::take(&mut book.waited);
        if book.attempt.started.is_some() && !book.attempt.proven {
            book.fruitless += 1;
        }
        book.number = run;
        book.attempts += 1;
        (book.touched, book.faulted) = (false, false);
        book.attempt = Attempt::default();
        book.attempt.after_twin = book.twin_at.take().is_some();
        book.hooks.attempt_begins();
        let held = book.held;
        match due {
            _ if held && unasked && !waited => self.fail(service, "a restart within a maintenance window"),
            None if unasked => self.fail(service, "a restart that was not scheduled"),
            Some(due) if unasked && (t < due || t > due + LATE_MS && !waited) => {
                self.fail(service, format_args!("begins at {t} ms instead of {due} ms"));
            }
            _ => {}
        }
    }

    fn look_ordered(&mut self, t: Millis, service: usize, stopped: bool) {
        if self.ending || self.finished {
            return self.fail(service, "a start although all shall end");
        }
        if stopped {
            return self.fail(service, "a start against an operator's stop");
        }
        let attempt = &mut self.books[service].attempt;
        attempt.looks += 1;
        attempt.check_out = true;
        attempt.look_by = None;
        if attempt.looks == 1 {
            attempt.first_look = t;
        }
        if attempt.after_twin || self.is_retry_of_hook(t, service) {
            return;
        }
        let attempt = &self.books[service].attempt;
        if let Some(after) = attempt
            .looks
            .checked_sub(2)
            .and_then(|index| LOOKS_MS.get(index as usize))
        {
            let due = (attempt.first_look + after).max(attempt.answered);
            if t < due || t > due + LATE_MS {
                let looks = attempt.looks;
                self.fail(
                    service,
                    format_args!("look {looks} at {t} ms instead of {due} ms"),
                );
            }
        }
    }

    fn spawn_ordered(&mut self, service: usize, stopped: bool) {
        if self.ending || self.finished || stopped {
            return self.fail(service, "a spawn although it shall be down");
        }
        let attempt = &mut self.books[service].attempt;
        if attempt.spawn_ordered {
            return self.fail(service, "a second spawn for the same run");
        }
        (attempt.spawn_ordered, attempt.spawn_out) = (true, true);
        if !attempt.cleared {
            self.fail(
                service,
                "a spawn although the last look found something in the way",
            );
        }
    }

    fn rung_ordered(&mut self, t: Millis, service: usize, step: u32, rung: &Rung) {
        let book = &mut self.books[service];
        let attempt = &mut book.attempt;
        let wanted = book.spec.stop.ladder.get(attempt.rung);
        let same = wanted.is_some_and(|wanted| wanted.kind == rung.kind);
        let before = attempt
            .rung
            .checked_sub(1)
            .and_then(|index| book.spec.stop.ladder.get(index));
        let early =
            before.is_some_and(|before| t < attempt.rung_at + before.grace_ms) && !attempt.rung_failed;
        attempt.rung += 1;
        (attempt.rung_at, attempt.rung_failed, attempt.step) = (t, false, step);
        if !same {
            self.fail(service, format_args!("{rung:?} is not the next rung"));
        } else if early {
            self.fail(service, "a rung before the grace of the one before is over");
        }
    }

    fn kill_ordered(&mut self, t: Millis, service: usize) {
        let cut = self.cut.is_some_and(|cut| t >= cut);
        let book = &mut self.books[service];
        let attempt = &mut book.attempt;
        if attempt.killed_at.replace(t).is_some() {
            return self.fail(service, "the last rung was used twice");
        }
        let is_polite = |rung: &&Rung| rung.kind != RungKind::Terminate;
        let polite = book.spec.stop.ladder.iter().filter(is_polite).count();
        let grace_ms = |index: usize| book.spec.stop.ladder.get(index).map_or(0, |rung| rung.grace_ms);
        let ladder_done = attempt.rung == polite
            && (polite == 0 || attempt.rung_failed || t >= attempt.rung_at + grace_ms(polite - 1));
        let leftovers_done = attempt.leftovers_at.is_some_and(|at| t >= at + LEFTOVERS_MS);
        if !(cut || attempt.urgent || ladder_done || leftovers_done) {
            self.fail(service, "the last rung before the polite ones had their time");
        }
    }
}
