//! The way down: the ladder, the leftovers, the last rung, and what happens when even that does not help.

use super::phase::{NextCheck, Phase, Stage, Starting, Stopping};
use super::{Outbox, Service};
use crate::event::Order;
use crate::journal::JournalEvent;
use crate::report::Finding;
use crate::spec::RungKind;
use crate::time::{Millis, Now};
use crate::words::{Goal, StopReason};

/// What else lives in the tree after its first process gets this long after the polite rung.
const LEFTOVERS_GRACE_MS: Millis = 5_000;
/// A tree that the last rung did not end within this time is a blocker.
const KILL_GRACE_MS: Millis = 5_000;

impl Service {
    /// Makes `down` the goal and begins the way there. `at_once` goes to the last rung.
    pub(crate) fn lower(&mut self, now: Now, out: &mut Outbox, reason: StopReason, at_once: bool) {
        self.goal = Goal::Down;
        self.later = None;
        self.hooks.hurried |= at_once;
        let because = sentence(reason);
        match &mut self.phase {
            Phase::Idle => {
                because.clone_into(&mut self.since.because);
                out.revision += 1;
            }
            Phase::Waiting | Phase::Failed | Phase::Completed | Phase::Backoff { .. } => {
                self.enter(now, out, Phase::Idle, because)
            }
            Phase::Starting(Starting::Checking { .. }) => self.abandon_start(now, out, because),
            Phase::Blocked {
                next: NextCheck::OnTreeEmpty { reason: known },
                ..
            } => {
                // The tree cannot be ended; its end is awaited.
                *known = reason;
                out.revision += 1;
            }
            Phase::Blocked {
                next: NextCheck::Hook,
                ..
            } => self.begin_stop(now, out, reason, at_once),
            Phase::Blocked { .. } => self.abandon_start(now, out, because),
            Phase::Starting(_) | Phase::Running => self.begin_stop(now, out, reason, at_once),
            Phase::Stopping(_) => self.stop_again(now, out, reason, at_once),
        }
    }

    fn abandon_start(&mut self, now: Now, out: &mut Outbox, because: &str) {
        self.order(out, Order::Release { uptime_ms: 0 });
        self.enter(now, out, Phase::Idle, because);
    }

    /// Steps onto the ladder.
    pub(crate) fn begin_stop(&mut self, now: Now, out: &mut Outbox, reason: StopReason, at_once: bool) {
        if self.is_preparing() {
            return self.await_pre_start(now, out, reason);
        }
        self.journal(now, out, JournalEvent::StopBegan { reason });
        if self.run.is_none() {
            let stage = Stage::AwaitingSpawn;
            self.enter(
                now,
                out,
                Phase::Stopping(Stopping {
                    reason,
                    stage,
                    at_once,
                }),
                sentence(reason),
            );
        } else if at_once {
            self.kill_tree(now, out, reason, "asked to end at once");
        } else {
            self.begin_ladder(now, out, reason);
        }
    }

    /// A second wish to stop: the ladder goes on, unless this one is more urgent.
    pub(crate) fn stop_again(&mut self, now: Now, out: &mut Outbox, reason: StopReason, at_once: bool) {
        let Phase::Stopping(stopping) = &mut self.phase else {
            return;
        };
        stopping.reason = reason;
        stopping.at_once |= at_once;
        out.revision += 1;
        match stopping.stage {
            Stage::AwaitingSpawn | Stage::Killing { .. } => {}
            Stage::PreStop | Stage::OnRung { .. } | Stage::Leftovers { .. } if at_once => {
                self.kill_tree(now, out, reason, "asked to end at once");
            }
            Stage::AfterRun(over) if at_once => self.decide(now, out, reason, over),
            Stage::PreStop | Stage::OnRung { .. } | Stage::Leftovers { .. } | Stage::AfterRun(_) => {}
        }
    }

    pub(crate) fn spawn_arrived_while_stopping(&mut self, now: Now, out: &mut Outbox) {
        let Phase::Stopping(Stopping { reason, at_once, .. }) = self.phase else {
            return;
        };
        if at_once {
            self.kill_tree(now, out, reason, "asked to end at once");
        } else {
            self.begin_ladder(now, out, reason);
        }
    }

    /// Uses rung `index`, or the last one when there is none.
    pub(crate) fn try_rung(&mut self, now: Now, out: &mut Outbox, reason: StopReason, index: usize) {
        let Some(rung) = self.spec.stop.ladder.get(index).cloned() else {
            return self.kill_tree(now, out, reason, "no rung is left");
        };
        if rung.kind == RungKind::Terminate {
            let because = if index == 0 {
                "the ladder has no polite rung"
            } else {
                "the polite rungs did not end it"
            };
            return self.kill_tree(now, out, reason, because);
        }
        self.last_step += 1;
        let step = self.last_step;
        let stage = Stage::OnRung {
            index,
            step,
            until: now.at.plus(rung.grace_ms),
        };
        let to = self.spec.stop.to;
        self.enter(
            now,
            out,
            Phase::Stopping(Stopping {
                reason,
                stage,
                at_once: false,
            }),
            sentence(reason),
        );
        self.order(out, Order::DeliverRung { step, rung, to });
    }

    pub(crate) fn rung_delivered(
        &mut self,
        now: Now,
        out: &mut Outbox,
        step: u32,
        outcome: Result<(), String>,
    ) {
        let Some((reason, index)) = self.on_step(step) else {
            out.stale += 1;
            return;
        };
        let Some(rung) = self.spec.stop.ladder.get(index) else {
            return;
        };
        let (rung, failed) = (rung.kind.clone(), outcome.is_err());
        self.journal(
            now,
            out,
            JournalEvent::RungTried {
                rung,
                error: outcome.err(),
            },
        );
        if failed && self.leftovers_due().is_none() {
            // A rung that reached nobody is not waited for; unless its first process has just ended by itself, since then
            // what is left gets its polite rung.
            self.try_rung(now, out, reason, index + 1);
        }
    }

    pub(crate) fn found_frozen(&mut self, now: Now, out: &mut Outbox, step: u32) {
        let Some((reason, _)) = self.on_step(step) else {
            out.stale += 1;
            return;
        };
        self.journal(now, out, JournalEvent::TreeFrozen);
        self.kill_tree(
            now,
            out,
            reason,
            "every process of the tree is stopped or suspended, so it can hear no polite rung",
        );
    }

    /// The reason and ladder index, when `step` is the rung being waited for.
    fn on_step(&self, step: u32) -> Option<(StopReason, usize)> {
        match &self.phase {
            Phase::Stopping(Stopping {
                reason,
                stage: Stage::OnRung {
                    index, step: present, ..
                },
                ..
            }) if *present == step => Some((*reason, *index)),
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => None,
        }
    }

    /// The first process is gone and others live: asks them to end.
    pub(crate) fn end_leftovers(&mut self, now: Now, out: &mut Outbox, reason: StopReason) {
        let until = now.at.plus(LEFTOVERS_GRACE_MS);
        let stopping = Stopping {
            reason,
            stage: Stage::Leftovers { until },
            at_once: false,
        };
        self.enter(
            now,
            out,
            Phase::Stopping(stopping),
            "the first process ended; the rest of its tree is asked to end",
        );
        self.order(out, Order::DeliverToLeftovers);
    }

    /// The last rung.
    pub(crate) fn kill_tree(&mut self, now: Now, out: &mut Outbox, reason: StopReason, because: &str) {
        let stage = Stage::Killing {
            until: now.at.plus(KILL_GRACE_MS),
        };
        self.journal(
            now,
            out,
            JournalEvent::TreeKilled {
                because: because.to_owned(),
            },
        );
        self.enter(
            now,
            out,
            Phase::Stopping(Stopping {
                reason,
                stage,
                at_once: true,
            }),
            sentence(reason),
        );
        self.order(out, Order::KillTree);
    }

    /// The time of the present stage is up.
    pub(crate) fn stage_timed_out(&mut self, now: Now, out: &mut Outbox) {
        let Phase::Stopping(Stopping { reason, stage, .. }) = &self.phase else {
            return;
        };
        let reason = *reason;
        let cut = self.is_cut(now);
        match *stage {
            Stage::AfterRun(over) if cut => self.decide(now, out, reason, over),
            Stage::PreStop | Stage::OnRung { .. } if cut => {
                self.kill_tree(now, out, reason, "the machine is going down")
            }
            Stage::OnRung { until, index, .. } if until <= now.at => {
                self.try_rung(now, out, reason, index + 1)
            }
            Stage::Leftovers { until } if cut || until <= now.at => {
                self.kill_tree(now, out, reason, "what was left of the tree did not end in time");
            }
            Stage::Killing { until } if until <= now.at => self.tree_not_ended(now, out, reason),
            Stage::AwaitingSpawn
            | Stage::PreStop
            | Stage::OnRung { .. }
            | Stage::Leftovers { .. }
            | Stage::Killing { .. }
            | Stage::AfterRun(_) => {}
        }
    }

    /// Even the last rung did not empty the tree: no new run and no second kill loop.
    fn tree_not_ended(&mut self, now: Now, out: &mut Outbox, reason: StopReason) {
        let pid = self.run.as_ref().map_or(0, |run| run.pid);
        let finding = Finding {
            code: "tree-not-ended".to_owned(),
            summary: "the last rung was used and processes of the run still exist".to_owned(),
            evidence: vec![format!("run {} with first process {pid}", self.last_number.0)],
            remedy: vec![
                "wait: a process in uninterruptible input or output ends when its device answers".to_owned(),
                "end the process with the system's own tools, or restart the machine".to_owned(),
                "the service starts by itself as soon as the processes are gone".to_owned(),
            ],
            avoid: vec![
                "starting the program by hand: two copies would share its port and its database".to_owned(),
            ],
            holders: Vec::new(),
        };
        self.block(now, out, finding, NextCheck::OnTreeEmpty { reason });
    }

    /// Whether nothing of this service lives or is about to.
    pub(crate) fn is_down(&self) -> bool {
        match &self.phase {
            Phase::Idle | Phase::Failed | Phase::Completed => self.run.is_none(),
            // A tree that nothing can end does not hold up the director for ever.
            Phase::Blocked { .. } => self.goal == Goal::Down,
            Phase::Waiting
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. } => false,
        }
    }
}

/// The reason as the end of "stopping: …".
pub(crate) fn sentence(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Operator => "stopped by the operator",
        StopReason::OperatorRestart => "restarted by the operator",
        StopReason::FilesChanged => "its files changed",
        StopReason::Reload => "its definition changed",
        StopReason::Removed => "no longer in the configuration",
        StopReason::DependencyRestarted => "what it requires has a new run",
        StopReason::Schedule => "its schedule asks for a new run",
        StopReason::MaxAge => "it has reached its greatest age",
        StopReason::MemoryAbove => "it takes more memory than limits.restart_above",
        StopReason::MemoryLimit => "it took more memory than limits.memory",
        StopReason::Unhealthy => "failed its health probe too often",
        StopReason::Shutdown => "the director shuts down",
        StopReason::SystemShutdown => "the machine goes down",
        StopReason::MainExited => "its first process ended",
        StopReason::SpawnAborted => "the start was abandoned",
    }
}

impl Service {
    /// A restart that is no crash: down and up again, or just up.
    pub(crate) fn restart(&mut self, now: Now, out: &mut Outbox, reason: StopReason) {
        self.later = None;
        match &self.phase {
            Phase::Running | Phase::Starting(Starting::Proving { .. } | Starting::Spawning) => {
                self.goal = Goal::Up;
                self.begin_stop(now, out, reason, false);
            }
            // The hook `pre_start` has seen what was before.
            Phase::Starting(Starting::Preparing)
            | Phase::Blocked {
                next: NextCheck::Hook,
                ..
            } => {
                self.goal = Goal::Up;
                self.begin_stop(now, out, reason, false);
            }
            Phase::Stopping(_) => {
                self.goal = Goal::Up;
                self.stop_again(now, out, reason, false);
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(Starting::Checking { .. })
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => self.raise(now, out, sentence(reason)),
        }
    }

    /// Whether it is on its way up or there.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Starting(_))
    }

    /// The director itself failed over this service: whatever lives is killed, and the service is `failed`.
    pub(crate) fn fault(&mut self, now: Now, out: &mut Outbox, error: &str) {
        self.journal(
            now,
            out,
            JournalEvent::InternalFault {
                error: error.to_owned(),
            },
        );
        self.goal = Goal::Down;
        self.later = None;
        match &mut self.phase {
            // The last rung is used once; what it does not end is awaited, and so is a hook.
            Phase::Stopping(Stopping {
                reason,
                stage: Stage::Killing { .. } | Stage::AfterRun(_),
                ..
            })
            | Phase::Blocked {
                next: NextCheck::OnTreeEmpty { reason },
                ..
            } => *reason = StopReason::SpawnAborted,
            Phase::Starting(Starting::Preparing)
            | Phase::Blocked {
                next: NextCheck::Hook,
                ..
            } => self.await_pre_start(now, out, StopReason::SpawnAborted),
            // What the spawn brings is killed as soon as it is there: nobody else would end it.
            Phase::Starting(Starting::Spawning)
            | Phase::Stopping(Stopping {
                stage: Stage::AwaitingSpawn,
                ..
            }) => {
                let stopping = Stopping {
                    reason: StopReason::SpawnAborted,
                    stage: Stage::AwaitingSpawn,
                    at_once: true,
                };
                self.enter(now, out, Phase::Stopping(stopping), "the director failed over it");
            }
            Phase::Starting(Starting::Proving { .. }) | Phase::Running | Phase::Stopping(_) => {
                self.kill_tree(now, out, StopReason::SpawnAborted, "the director failed over it");
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(Starting::Checking { .. })
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => {
                let because = format!("the director failed over it: {error}");
                self.enter(now, out, Phase::Failed, because);
            }
        }
    }
}
