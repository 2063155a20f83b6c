//! What the end of a process, and of a tree, means.

use super::hook::Over;
use super::phase::{NextCheck, Phase, Stage, Starting, Stopping};
use super::{Outbox, Service};
use crate::event::Order;
use crate::journal::JournalEvent;
use crate::report::ExitReport;
use crate::spec::{Follow, Kind, RestartWhen};
use crate::time::{Instant, Millis, Now};
use crate::words::{ExitKind, Goal, StopReason};

/// The news that a tree is empty follows the news of its first process's end within this time, if it is. Until then
/// nothing is done about the rest, so that an ordinary crash is not told as a hunt for leftovers.
const SETTLE_MS: Millis = 20;

impl Service {
    /// The first process ended. The rest of the tree is looked at when all ready facts are in: see `timers`.
    pub(crate) fn exited(&mut self, now: Now, out: &mut Outbox, status: ExitKind) {
        let expected = match &self.phase {
            // It was ended, and that is a crash: see `decide`.
            Phase::Stopping(stopping) => stopping.reason != StopReason::MemoryLimit,
            Phase::Blocked { .. } => true,
            Phase::Idle
            | Phase::Waiting
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => false,
        };
        let number = self.last_number;
        let Some(run) = self.run.as_mut().filter(|run| run.exited.is_none()) else {
            out.stale += 1;
            return;
        };
        run.exited = Some(status);
        run.exited_at = Some(now.at);
        let uptime_ms = now.at.since(run.started);
        self.last_exit = Some(ExitReport {
            run: number,
            status,
            at: now.wall,
            expected,
        });
        self.journal(
            now,
            out,
            JournalEvent::ProcessExited {
                status,
                uptime_ms,
                expected,
            },
        );
    }

    /// When, and on the way to what, the rest of a tree is seen to whose first process has ended.
    pub(crate) fn leftovers_due(&self) -> Option<(Instant, StopReason)> {
        let due = self.run.as_ref()?.exited_at?.plus(SETTLE_MS);
        let reason = match &self.phase {
            Phase::Starting(Starting::Proving { .. }) | Phase::Running
                if self.spec.follow == Follow::Main =>
            {
                Some(StopReason::MainExited)
            }
            Phase::Stopping(Stopping {
                reason,
                stage: Stage::OnRung { .. } | Stage::PreStop,
                ..
            }) if self.spec.follow == Follow::Main => Some(*reason),
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => None,
        };
        reason.map(|reason| (due, reason))
    }

    /// No process of the tree is left: the run is over.
    pub(crate) fn tree_emptied(&mut self, now: Now, out: &mut Outbox) {
        if self.run.is_none() {
            out.stale += 1;
            return;
        }
        if let Some(run) = self.run.as_mut().filter(|run| run.exited.is_none()) {
            run.exited = Some(ExitKind::Unknown);
        }
        self.run_over(now, out);
    }

    /// The run is over, or an attempt that was to be stopped before it brought one.
    pub(crate) fn run_over(&mut self, now: Now, out: &mut Outbox) {
        let run = self.run.take();
        self.later = None;
        let uptime_ms = run.as_ref().map_or(0, |run| now.at.since(run.started));
        if let Some(run) = &run {
            self.last_run = Some((run.number, run.started_wall));
        }
        self.order(out, Order::Release { uptime_ms });
        self.reset_probes();
        if matches!(self.renewal, Some(StopReason::MaxAge | StopReason::MemoryAbove)) {
            // What was too old or too large is gone.
            self.renewal = None;
            self.renewal_held_by = None;
        }
        let status = run
            .as_ref()
            .and_then(|run| run.exited)
            .unwrap_or(ExitKind::Unknown);
        let reason = self.reason_of_end(now, out);
        let over = Over {
            status,
            uptime_ms,
            owes_hook: run.is_some(),
        };
        self.see_out(now, out, reason, over);
    }

    /// Decides what follows a run.
    pub(crate) fn decide(&mut self, now: Now, out: &mut Outbox, reason: StopReason, over: Over) {
        let Over {
            status, uptime_ms, ..
        } = over;
        match (self.goal, reason) {
            // The director failed over it: that stays visible.
            (Goal::Down, StopReason::SpawnAborted) => {
                return self.enter(now, out, Phase::Failed, "the director failed over it");
            }
            (Goal::Down, _) => return self.enter(now, out, Phase::Idle, super::stop::sentence(reason)),
            (Goal::Up, _) => {}
        }
        self.count_fruitless(reason);
        match reason {
            // No crash: it could not serve, and its next attempt waits.
            StopReason::StaleTwin => self.block_for_twin(now, out),
            StopReason::Unhealthy if self.spec.restart.when == RestartWhen::Never => {
                let because = "it failed its health probe too often, and restart.when is \"never\"";
                self.enter(now, out, Phase::Failed, because);
            }
            StopReason::Unhealthy => {
                let because = "it failed its health probe too often";
                self.schedule_restart(now, out, uptime_ms, because);
            }
            // It would take as much again: that is a crash, whatever its exit code.
            StopReason::MemoryLimit if self.spec.restart.when == RestartWhen::Never => {
                let because = "it took more memory than limits.memory, and restart.when is \"never\"";
                self.enter(now, out, Phase::Failed, because);
            }
            StopReason::MemoryLimit => {
                let because = "it took more memory than limits.memory";
                self.schedule_restart(now, out, uptime_ms, because);
            }
            // It needs that much: restarting it again and again would be a loop that nothing slows down.
            StopReason::MemoryAbove if uptime_ms < self.spec.restart.stable_after_ms => {
                let because = "it took more memory than limits.restart_above soon after its start";
                self.schedule_restart(now, out, uptime_ms, because);
            }
            StopReason::MainExited => self.after_exit(now, out, status, uptime_ms),
            // A person's wish: no crash, so the throttle does not count it.
            StopReason::Operator
            | StopReason::OperatorRestart
            | StopReason::FilesChanged
            | StopReason::DependencyRestarted
            | StopReason::Schedule
            | StopReason::MaxAge
            | StopReason::MemoryAbove
            | StopReason::Reload
            | StopReason::Removed
            | StopReason::Shutdown
            | StopReason::SystemShutdown
            | StopReason::SpawnAborted => self.begin_start(now, out, super::stop::sentence(reason)),
        }
    }

    /// What brought the run to its end.
    fn reason_of_end(&self, now: Now, out: &mut Outbox) -> StopReason {
        let known = match &self.phase {
            Phase::Stopping(stopping) => stopping.reason,
            Phase::Blocked {
                next: NextCheck::OnTreeEmpty { reason },
                ..
            } => {
                let reason = *reason;
                self.journal(now, out, JournalEvent::Unblocked);
                reason
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => StopReason::MainExited,
        };
        match known {
            StopReason::MainExited if self.limits.hit => StopReason::MemoryLimit,
            other => other,
        }
    }

    /// The policy's word on an exit that nobody asked for.
    fn after_exit(&mut self, now: Now, out: &mut Outbox, status: ExitKind, uptime_ms: Millis) {
        let success =
            matches!(status, ExitKind::Code(code) if self.spec.restart.success_exit_codes.contains(&code));
        match (self.spec.kind, self.spec.restart.when, success) {
            (Kind::Oneshot, _, true) => {
                self.enter(now, out, Phase::Completed, format!("it completed with {status}"));
            }
            (Kind::Daemon, RestartWhen::OnFailure, true) => {
                let because = format!("it ended with {status}, and restart.when is \"on-failure\"");
                self.enter(now, out, Phase::Completed, because);
            }
            (_, RestartWhen::Never, _) => {
                let because = format!("it ended with {status}, and restart.when is \"never\"");
                self.enter(now, out, Phase::Failed, because);
            }
            (Kind::Daemon, RestartWhen::Always, _)
            | (Kind::Oneshot, RestartWhen::Always, false)
            | (_, RestartWhen::OnFailure, false) => {
                self.schedule_restart(now, out, uptime_ms, &format!("it ended with {status}"));
            }
        }
    }

    /// Counts a restart and waits for it, or gives up where the policy says so.
    pub(crate) fn schedule_restart(&mut self, now: Now, out: &mut Outbox, uptime_ms: Millis, because: &str) {
        let wait_ms = self.throttle.restart(&self.spec.restart, now.at, uptime_ms);
        let count = self.throttle.count();
        if self.spec.restart.max.is_some_and(|max| count > max) {
            let max = count - 1;
            return self.enter(
                now,
                out,
                Phase::Failed,
                format!("{because}; {max} restarts in a row are the limit"),
            );
        }
        self.restarts_total += 1;
        self.journal(now, out, JournalEvent::RestartScheduled { wait_ms, count });
        let until = now.at.plus(wait_ms);
        if self.is_held() {
            let because = format!("{because}; a maintenance window holds automatic restarts");
            return self.enter(now, out, Phase::Backoff { until }, because);
        }
        if wait_ms == 0 {
            return self.begin_start(now, out, format!("{because}; restart {count} at once"));
        }
        self.enter(
            now,
            out,
            Phase::Backoff { until },
            format!("{because}; restart {count} after a wait"),
        );
    }
}
