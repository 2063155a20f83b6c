//! The way up: preflight, spawn, proof.

use super::phase::{NextCheck, Phase, Starting, Stopping};
use super::{Later, Outbox, Run, Service, sentence};
use crate::event::{Order, Unenforced};
use crate::journal::JournalEvent;
use crate::time::{Instant, Millis, Now};
use crate::words::{Goal, RunNumber, StopReason};

/// A run without a probe counts as up after living this long.
const PROOF_WITHOUT_PROBE_MS: Millis = 1_000;

impl Service {
    /// Makes `up` the goal and does what can be done about it now.
    pub(crate) fn raise(&mut self, now: Now, out: &mut Outbox, because: &str) {
        self.goal = Goal::Up;
        self.later = None;
        match &mut self.phase {
            Phase::Idle | Phase::Failed | Phase::Completed | Phase::Backoff { .. } => {
                self.begin_start(now, out, because)
            }
            Phase::Blocked { next, .. } => match next {
                NextCheck::At(_) => {
                    *next = NextCheck::UnderWay;
                    self.look(out);
                }
                NextCheck::UnderWay | NextCheck::Hook => {}
                NextCheck::OnTreeEmpty { reason } => *reason = StopReason::OperatorRestart,
            },
            // The goal is met when the old tree is empty, whatever the policy says about the old run's end.
            Phase::Stopping(stopping) => {
                stopping.reason = StopReason::OperatorRestart;
                out.revision += 1;
            }
            // On its way already.
            Phase::Waiting | Phase::Starting(_) | Phase::Running => out.revision += 1,
        }
    }

    /// Begins a new attempt: a new number, then the checks. While what it depends on is missing it waits, without a number.
    pub(crate) fn begin_start(&mut self, now: Now, out: &mut Outbox, because: impl Into<String>) {
        if let Some(closed) = self.gate.closed.clone() {
            return self.enter(now, out, Phase::Waiting, closed.because);
        }
        self.last_number = RunNumber(self.last_number.0 + 1);
        self.probe.reset();
        let because = because.into();
        self.hooks.start_reason = match &self.phase {
            // That a wait is over explains nothing; why there was one does.
            Phase::Backoff { .. } => self.since.because.clone(),
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Failed
            | Phase::Completed => because.clone(),
        };
        let checking = Starting::Checking {
            first: now.at,
            found: 0,
            next: NextCheck::UnderWay,
        };
        self.enter(now, out, Phase::Starting(checking), because);
        // A restart at once passes from `starting` to `starting`: this attempt's time counts from here all the same.
        (self.since.at, self.since.wall) = (now.at, now.wall);
        self.doubts.begin();
        self.look(out);
    }

    pub(crate) fn start_clear(&mut self, now: Now, out: &mut Outbox) {
        match &self.phase {
            Phase::Starting(Starting::Checking {
                next: NextCheck::UnderWay,
                ..
            })
            | Phase::Blocked {
                next: NextCheck::UnderWay,
                ..
            } => {}
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => {
                out.stale += 1;
                return;
            }
        }
        match self.gate.closed.clone() {
            None => self.prepare(now, out),
            // What it depends on went away during the checks.
            Some(closed) => {
                if matches!(self.phase, Phase::Blocked { .. }) {
                    self.journal(now, out, JournalEvent::Unblocked);
                }
                self.put_back(now, out, closed.because);
            }
        }
    }

    /// The start goes on later, with another attempt.
    pub(crate) fn put_back(&mut self, now: Now, out: &mut Outbox, because: String) {
        self.order(out, Order::Release { uptime_ms: 0 });
        self.enter(now, out, Phase::Waiting, because);
    }

    /// Starts the program.
    pub(crate) fn begin_spawn(&mut self, now: Now, out: &mut Outbox, because: &str) {
        self.beside = Some(self.gate.runs.clone());
        self.enter(now, out, Phase::Starting(Starting::Spawning), because);
        self.order(out, Order::Spawn);
    }

    pub(crate) fn spawned(&mut self, now: Now, out: &mut Outbox, pid: u32, unenforced: Vec<Unenforced>) {
        let run = Run {
            number: self.last_number,
            pid,
            started: now.at,
            started_wall: now.wall,
            exited: None,
            exited_at: None,
        };
        match &self.phase {
            Phase::Starting(Starting::Spawning) => {
                self.run = Some(run);
                self.journal(now, out, JournalEvent::ProcessStarted { pid });
                self.begin_limits(now, out, unenforced);
                self.begin_proof(now, out);
            }
            Phase::Stopping(Stopping {
                stage: super::phase::Stage::AwaitingSpawn,
                ..
            }) => {
                self.run = Some(run);
                self.journal(now, out, JournalEvent::ProcessStarted { pid });
                self.begin_limits(now, out, unenforced);
                self.spawn_arrived_while_stopping(now, out);
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => out.stale += 1,
        }
    }

    pub(crate) fn begin_proof(&mut self, now: Now, out: &mut Outbox) {
        let proven_at: Option<Instant> = match &self.spec.health {
            Some(health) => {
                self.probe.begin(health, now.at);
                None
            }
            None => Some(now.at.plus(PROOF_WITHOUT_PROBE_MS)),
        };
        let because = match &self.spec.health {
            Some(_) => "started; waits for the first healthy probe",
            None => "started; counts as running after one second alive",
        };
        self.enter(
            now,
            out,
            Phase::Starting(Starting::Proving { proven_at }),
            because,
        );
    }

    /// The run has proven itself.
    pub(crate) fn prove(&mut self, now: Now, out: &mut Outbox, because: &str) {
        if matches!(self.phase, Phase::Starting(Starting::Proving { .. })) {
            self.enter(now, out, Phase::Running, because);
            self.begin_post_start(now, out);
        }
    }

    pub(crate) fn spawn_failed(&mut self, now: Now, out: &mut Outbox, error: String, permanent: bool) {
        match &self.phase {
            Phase::Starting(Starting::Spawning) => {
                self.journal(now, out, JournalEvent::SpawnFailed { error: error.clone() });
                self.order(out, Order::Release { uptime_ms: 0 });
                if self.goal == Goal::Down {
                    // Its stop waited for dependents, and there is nothing left to stop.
                    let because = match self.later.take() {
                        Some(Later::Lower(reason) | Later::Restart(reason)) => sentence(reason),
                        None => sentence(StopReason::SpawnAborted),
                    };
                    return self.enter(now, out, Phase::Idle, because);
                }
                if permanent {
                    self.enter(
                        now,
                        out,
                        Phase::Failed,
                        format!("the program cannot be started: {error}"),
                    );
                } else {
                    self.schedule_restart(now, out, 0, &format!("the start failed: {error}"));
                }
            }
            Phase::Stopping(Stopping {
                stage: super::phase::Stage::AwaitingSpawn,
                ..
            }) => {
                self.journal(now, out, JournalEvent::SpawnFailed { error });
                self.run_over(now, out);
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => out.stale += 1,
        }
    }
}
