//! Limits: nobody is measured without need, and nobody is renewed for what was not seen.

use director_core::spec::Samples;
use director_core::time::Millis;
use director_core::words::{Goal, StopReason};

use super::Checker;
use super::book::Book;

/// A sample that is not answered in this time is lost.
const LOST_MS: Millis = 30_000;

impl Book {
    /// Whether somebody has to look at its memory.
    pub(super) fn is_measured(&self) -> bool {
        let limits = &self.spec.limits;
        limits.restart_above_bytes.is_some() || limits.memory_bytes.is_some() && self.attempt.unkept
    }

    /// How many of the last samples were above the soft limit.
    fn above(&self) -> u32 {
        let Samples { of, .. } = self.spec.limits.restart_samples;
        let limit = self.spec.limits.restart_above_bytes.unwrap_or(u64::MAX);
        let last = self.attempt.samples.iter().rev().take(of as usize);
        last.filter(|bytes| **bytes > limit).count() as u32
    }

    /// Whether the last sample was above the hard limit that nobody else keeps.
    fn exceeds(&self) -> bool {
        let limit = self.spec.limits.memory_bytes.filter(|_| self.attempt.unkept);
        let last = self.attempt.samples.last();
        limit.is_some_and(|limit| last.is_some_and(|bytes| *bytes > limit))
    }
}

impl Checker {
    /// What is true of a run that is being started.
    pub(crate) fn memory_is_kept(&mut self, service: usize, run: u64, kept: bool) {
        let book = &mut self.books[service];
        if book.number == run {
            book.attempt.unkept = !kept;
        }
    }

    pub(super) fn measure_ordered(&mut self, t: Millis, service: usize, sample: u64) {
        let book = &mut self.books[service];
        if !book.is_measured() {
            return self.fail(service, "measured although no limit asks for it");
        }
        if !book.is_probed() || book.attempt.sample_out.is_some() {
            return self.fail(service, "a sample at the wrong time");
        }
        let early = t < book.attempt.sampled_at + book.spec.limits.sample_interval_ms;
        book.attempt.sample_out = Some((sample, t));
        if early {
            self.fail(service, "a sample before the interval is over");
        }
    }

    /// The sample under way is answered.
    pub(super) fn measured(&mut self, t: Millis, service: usize, outcome: &Result<u64, String>) {
        let attempt = &mut self.books[service].attempt;
        (attempt.sample_out, attempt.sampled_at) = (None, t);
        attempt.sampled = true;
        if let Ok(bytes) = outcome {
            attempt.samples.push(*bytes);
        }
    }

    pub(super) fn sample_may_be_lost(&mut self, t: Millis, service: usize) {
        let attempt = &mut self.books[service].attempt;
        if attempt.sample_out.is_some_and(|(_, at)| t >= at + LOST_MS) {
            attempt.sample_out = None;
        }
    }

    /// The core has been told of a sample: whoever takes too much is on the way down.
    pub(super) fn takes_too_much(&mut self, service: usize) {
        let book = &mut self.books[service];
        if !std::mem::take(&mut book.attempt.sampled) || !book.is_probed() || self.ending {
            return;
        }
        let soft = book.spec.limits.restart_above_bytes.is_some() && book.goal == Goal::Up;
        let needed = book.spec.limits.restart_samples.above;
        if book.exceeds() {
            self.fail(service, "it takes more than limits.memory, and nobody ends it");
        } else if soft && book.above() >= needed && book.held {
            // The wish waits for the end of the window.
            let book = &mut self.books[service];
            (book.wished, book.attempt.above_in_window) = (true, true);
        } else if soft && book.above() >= needed {
            self.fail(
                service,
                format_args!("{needed} samples above limits.restart_above, and no new run"),
            );
        }
    }

    /// A way down begins for one of the limits.
    pub(super) fn renewed(&mut self, t: Millis, service: usize, reason: StopReason) {
        let book = &mut self.books[service];
        match reason {
            StopReason::MemoryLimit => {
                let right = book.exceeds();
                (book.attempt.unhealthy, book.attempt.urgent) = (true, true);
                if !right {
                    self.fail(service, "ended for its memory, which is below limits.memory");
                }
            }
            StopReason::MemoryAbove => {
                (book.touched, book.due) = (true, None);
                book.attempt.for_memory = true;
                let (above, needed) = (book.above(), book.spec.limits.restart_samples.above);
                if above < needed && !book.attempt.above_in_window {
                    self.fail(
                        service,
                        format_args!("restarted after {above} samples above instead of {needed}"),
                    );
                }
            }
            StopReason::MaxAge => {
                (book.touched, book.due) = (true, None);
                let limits = &book.spec.limits;
                let most = limits.max_age_ms.unwrap_or(Millis::MAX);
                let least = most - most / 100 * u64::from(limits.max_age_variance_percent);
                let age = book.attempt.started.map_or(0, |started| t - started);
                if age < least {
                    self.fail(service, format_args!("renewed at {age} ms instead of {least} ms"));
                }
            }
            StopReason::Operator
            | StopReason::OperatorRestart
            | StopReason::FilesChanged
            | StopReason::DependencyRestarted
            | StopReason::Schedule
            | StopReason::Reload
            | StopReason::Removed
            | StopReason::Unhealthy
            | StopReason::StaleTwin
            | StopReason::Shutdown
            | StopReason::SystemShutdown
            | StopReason::MainExited
            | StopReason::SpawnAborted => {}
        }
    }
}
