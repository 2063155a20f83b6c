//! Guarantees 3 and 5: whatever waits has a deadline or an answer to come, and the journal knows each phase.

use director_core::journal::JournalEvent;
use director_core::report::ServiceReport;
use director_core::time::{Instant, Millis};
use director_core::words::{Goal, PhaseName, StopReason};

use super::Checker;

/// A tree that the last rung did not end in this time is a blocker.
const KILL_MS: Millis = 5_000;

impl Checker {
    /// The core tells the journal.
    pub(crate) fn journal(&mut self, t: Millis, now: Instant, service: usize, event: &JournalEvent) {
        match event {
            JournalEvent::PhaseChanged { from, to, .. } => self.phase_changed(t, now, service, *from, *to),
            JournalEvent::RestartScheduled { wait_ms, count } => {
                self.restart_scheduled(t, now, service, *wait_ms, *count);
            }
            JournalEvent::ProbeFailed { failures, probe, .. } => {
                self.failure_counted(service, probe.as_deref(), *failures);
            }
            JournalEvent::Blocked { finding } if finding.code == "stale-twin" => {
                let book = &mut self.books[service];
                if book.attempt.ended.is_some() && book.has_a_twin() {
                    // No crash and nobody's wish: its next attempt begins when the way is clear.
                    (book.twin_at, book.touched) = (Some(t), true);
                }
            }
            JournalEvent::ScheduleCame { .. } => self.schedule_came(service),
            JournalEvent::StopBegan { reason } => {
                self.goes_down_in_a_window(service, *reason);
                let attempt = &mut self.books[service].attempt;
                (attempt.rung, attempt.rung_failed) = (0, false);
                if *reason == StopReason::Unhealthy {
                    self.called_unhealthy(service);
                }
                if *reason == StopReason::StaleTwin {
                    self.called_a_twin(service);
                }
                self.renewed(t, service, *reason);
                self.goes_down(service, *reason);
            }
            _ => {}
        }
    }

    fn phase_changed(&mut self, t: Millis, now: Instant, service: usize, from: PhaseName, to: PhaseName) {
        let book = &mut self.books[service];
        let known = std::mem::replace(&mut book.phase, to);
        if known != from {
            return self.fail(
                service,
                format_args!("the journal says {from:?} to {to:?}, but it was {known:?}"),
            );
        }
        if !book.is_probed() {
            book.attempt.probing.suspend();
            book.attempt.sample_out = None;
        }
        if matches!(to, PhaseName::Running | PhaseName::Completed) {
            book.fruitless = 0;
            book.attempt.proven = true;
        }
        self.hooks_are_done(t, service, to);
        match to {
            PhaseName::Failed => self.failed(t, now, service),
            PhaseName::Completed => self.completed(service),
            PhaseName::Blocked => self.blocked(t, service),
            PhaseName::Waiting => {
                let book = &mut self.books[service];
                book.waited = true;
                // What it depends on went away during the checks: the same start goes on later.
                book.touched |= !book.attempt.spawn_ordered;
            }
            PhaseName::Running if from != PhaseName::Starting => {
                self.fail(service, format_args!("running after {from:?}"));
            }
            PhaseName::Running if self.books[service].is_over() => {
                self.fail(service, "running although its first process has ended");
            }
            PhaseName::Running => self.is_proven(service),
            PhaseName::Idle | PhaseName::Starting | PhaseName::Stopping | PhaseName::Backoff => {}
        }
    }

    /// Three looks at a finding, or five seconds after the last rung.
    fn blocked(&mut self, t: Millis, service: usize) {
        if self.books[service].twin_at.is_some() {
            return;
        }
        let attempt = &self.books[service].attempt;
        let not_ended = attempt.killed_at.is_some_and(|at| t >= at + KILL_MS);
        if !not_ended
            && self.books[service].hooks.failed_at.is_none()
            && (attempt.obstructed != 3 || attempt.spawn_ordered)
        {
            let looks = attempt.obstructed;
            self.fail(service, format_args!("blocked after {looks} looks"));
        }
    }

    /// What all services say after a turn: who waits for whom shows only when all are heard.
    pub(crate) fn heard(&mut self, reports: &[ServiceReport]) {
        for (book, report) in self.books.iter_mut().zip(reports) {
            book.goal = report.goal;
            let next = report.next.as_deref().unwrap_or_default();
            let put_off = next.starts_with("stops as soon as what depends on it");
            // Asked for earlier, perhaps in an attempt before the present one.
            book.touched |= book.put_off && !put_off;
            book.put_off = put_off;
        }
    }

    /// The state of one after a turn.
    pub(crate) fn state(&mut self, t: Millis, service: usize, report: &ServiceReport, has_deadline: bool) {
        let book = &self.books[service];
        let (known, attempt) = (book.phase, &book.attempt);
        let lives = attempt.started.is_some() && attempt.ended.is_none();
        let hook = book.hooks.is_out();
        let waits_well = match report.phase {
            PhaseName::Idle => report.goal == Goal::Down,
            PhaseName::Starting => has_deadline || attempt.check_out || attempt.spawn_out || hook,
            PhaseName::Backoff => book.held || has_deadline && report.backoff_left_ms.is_some(),
            PhaseName::Stopping => has_deadline || attempt.spawn_out || hook,
            PhaseName::Blocked => {
                has_deadline || attempt.check_out || hook || (lives && attempt.killed_at.is_some())
            }
            PhaseName::Running => {
                let awaits = book.awaits_probes() || book.is_measured();
                lives && (has_deadline || !awaits)
            }
            PhaseName::Failed | PhaseName::Completed => !lives,
            PhaseName::Waiting => report.goal == Goal::Up && self.waits_for_something(service),
        };
        let forgotten = attempt.look_by.is_some_and(|by| t > by);
        if report.phase == PhaseName::Blocked && forgotten {
            self.fail(
                service,
                format_args!("blocked, and not looked at again by {t} ms"),
            );
        } else if report.phase != known {
            self.fail(
                service,
                format_args!("it is {:?}, the journal knows {known:?}", report.phase),
            );
        } else if !waits_well {
            self.fail(
                service,
                format_args!(
                    "{:?} with goal {:?} at {t} ms waits for nothing",
                    report.phase, report.goal
                ),
            );
        }
    }
}
