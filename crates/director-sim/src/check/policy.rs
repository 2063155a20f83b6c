//! What may follow a run: the restart policy and the throttle.

use director_core::spec::{Kind, RestartWhen};
use director_core::time::{Instant, Millis};
use director_core::words::ExitKind;

use super::Checker;
use super::book::Book;

impl Book {
    fn ended_well(&self) -> bool {
        matches!(self.attempt.exit, Some(ExitKind::Code(code)) if self.spec.restart.success_exit_codes.contains(&code))
    }

    /// Whether an unasked end of the present run may be followed by another run.
    fn may_restart(&self) -> bool {
        if self.attempt.spawn_failed {
            return !self.attempt.permanent;
        }
        if self.attempt.for_memory {
            return true;
        }
        match (self.spec.restart.when, self.spec.kind) {
            (RestartWhen::Never, _) => false,
            (RestartWhen::Always, Kind::Daemon) => true,
            (RestartWhen::OnFailure, _) | (RestartWhen::Always, Kind::Oneshot) => {
                self.attempt.unhealthy || !self.ended_well()
            }
        }
    }

    fn throttled(&mut self, t: Millis, now: Instant) -> Millis {
        let ended = self.attempt.ended.unwrap_or(t);
        let uptime_ms = self.attempt.started.map_or(0, |started| ended - started);
        self.throttle.restart(&self.spec.restart, now, uptime_ms)
    }
}

impl Checker {
    pub(super) fn restart_scheduled(
        &mut self,
        t: Millis,
        now: Instant,
        service: usize,
        wait_ms: Millis,
        count: u32,
    ) {
        let book = &mut self.books[service];
        let expected = book.throttled(t, now);
        book.due = Some(t + wait_ms);
        // A young run that takes too much waits like one that crashed.
        book.touched &= !book.attempt.for_memory;
        if !book.may_restart() {
            self.fail(service, "a restart that the policy forbids");
        } else if wait_ms != expected {
            self.fail(
                service,
                format_args!("the throttle says {wait_ms} ms instead of {expected} ms"),
            );
        } else if count != self.books[service].throttle.count {
            self.fail(service, format_args!("the throttle counts {count} restarts"));
        }
    }

    /// `failed` is never reached without a reason that the contract names.
    pub(super) fn failed(&mut self, t: Millis, now: Instant, service: usize) {
        let book = &mut self.books[service];
        if book.faulted || book.attempt.permanent {
            return;
        }
        if book.spec.restart.when == RestartWhen::Never && !book.attempt.spawn_failed {
            return;
        }
        book.throttled(t, now);
        let count = book.throttle.count;
        if book.spec.restart.max.is_none_or(|max| count <= max) {
            self.fail(service, "failed without a reason");
        }
    }

    pub(super) fn completed(&mut self, service: usize) {
        let book = &self.books[service];
        let may = book.spec.kind == Kind::Oneshot || book.spec.restart.when == RestartWhen::OnFailure;
        if !may || !book.ended_well() || book.attempt.unhealthy {
            let exit = book.attempt.exit;
            self.fail(service, format_args!("completed with {exit:?}"));
        }
    }
}
