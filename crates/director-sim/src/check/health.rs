//! Guarantee 4: so many failures in a row, then the ladder; not one more, not one less.

use director_core::event::ProbeOutcome;
use director_core::time::Millis;

use super::Checker;

/// A prober that says nothing for this long after its own time limit has lost the probe.
const LOST_AFTER_MS: Millis = 5_000;

impl Checker {
    /// The probe under way is answered.
    pub(super) fn probe_answered(&mut self, t: Millis, service: usize, outcome: &ProbeOutcome) {
        let book = &mut self.books[service];
        book.attempt.probe_out = None;
        match outcome {
            ProbeOutcome::Healthy(_) | ProbeOutcome::Degraded(_) => {
                book.attempt.failures = 0;
                book.attempt.ever_passed = true;
            }
            ProbeOutcome::Failed { .. } => self.probe_failed(t, service),
        }
    }

    fn probe_failed(&mut self, t: Millis, service: usize) {
        let book = &mut self.books[service];
        let Some(health) = &book.spec.health else { return };
        let started = book.attempt.started.unwrap_or(t);
        let forgiven =
            t < started + health.start_grace_ms && !book.attempt.ever_passed && book.attempt.failures == 0;
        let enough = book.attempt.failures >= health.max_failures;
        book.attempt.evidence = !forgiven && !enough;
        book.attempt.excused &= book.held;
    }

    pub(crate) fn after_fact(&mut self, service: usize) {
        self.takes_too_much(service);
        let book = &mut self.books[service];
        let unseen = std::mem::take(&mut book.attempt.evidence) && book.is_probed();
        let max = book
            .spec
            .health
            .as_ref()
            .map_or(u32::MAX, |health| health.max_failures);
        book.attempt.excused |= book.held && book.attempt.failures >= max;
        if unseen {
            self.fail(service, "a failed probe was not counted");
        } else if self.must_step_down(service, max) {
            self.fail(
                service,
                format_args!("{max} failed probes in a row, and no ladder"),
            );
        }
    }

    fn must_step_down(&self, service: usize, max: u32) -> bool {
        let book = &self.books[service];
        book.is_probed() && book.attempt.failures >= max && !book.attempt.excused
    }

    /// Timers are about to fire: a probe or a sample may be lost.
    pub(crate) fn before_timeout(&mut self, t: Millis) {
        for service in 0..self.books.len() {
            self.sample_may_be_lost(t, service);
            let book = &mut self.books[service];
            let Some(health) = &book.spec.health else { continue };
            let limit = health.timeout_ms + LOST_AFTER_MS;
            if book.is_probed() && book.attempt.probe_out.is_some_and(|(_, at)| t >= at + limit) {
                book.attempt.probe_out = None;
                self.probe_failed(t, service);
            }
        }
    }

    pub(crate) fn after_timeout(&mut self) {
        for service in 0..self.books.len() {
            self.after_fact(service);
        }
    }

    pub(super) fn failure_counted(&mut self, service: usize, failures: u32) {
        let attempt = &mut self.books[service].attempt;
        if !std::mem::take(&mut attempt.evidence) {
            return self.fail(service, "a failure was counted without a failed probe");
        }
        attempt.failures += 1;
        let truly = attempt.failures;
        if failures != truly {
            self.fail(
                service,
                format_args!("{truly} probes failed in a row, {failures} were counted"),
            );
        }
    }

    pub(super) fn called_unhealthy(&mut self, service: usize) {
        let book = &mut self.books[service];
        book.attempt.unhealthy = true;
        let max = book.spec.health.as_ref().map_or(0, |health| health.max_failures);
        let failures = book.attempt.failures;
        if failures != max {
            self.fail(
                service,
                format_args!("restarted after {failures} failed probes instead of {max}"),
            );
        }
    }
}
