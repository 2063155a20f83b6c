//! What stands in the way of a start: three looks, then `blocked`, and looking again until the cause is gone.
//!
//! A holder that ends is told, and looked after at once. Besides there is a look every ten seconds, because a lock or a port can
//! be let go by a process that lives on, and because not every process may be watched.

use super::phase::{NextCheck, Phase, Starting};
use super::{Outbox, Service};
use crate::event::{HolderId, Order};
use crate::journal::JournalEvent;
use crate::report::Finding;
use crate::time::{Millis, Now};
use crate::words::StopReason;

/// When the second and third look at a finding follow the first (guarantee 5).
const LOOKS_MS: [Millis; 2] = [2_000, 8_000];
/// How often a recognised blocker is looked at again.
const BLOCKED_RECHECK_MS: Millis = 10_000;
/// After so many runs in a row that never became healthy, the checks before a start look for more than what forbids one.
const FRUITLESS_RUNS: u32 = 3;

/// What makes a service suspicious, and what was found then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// Runs in a row that ended without ever having been healthy.
    pub(crate) fruitless: u32,
    /// Whether the present run was.
    pub(crate) proven: bool,
    /// What the thorough checks found, once there were any.
    pub(crate) findings: Option<Vec<Finding>>,
    /// The latest watch over holders; words of an earlier one are stale.
    watch: u64,
    /// The look under way was called for by the end of a holder.
    hurried: bool,
}

impl Doubts {
    /// A new attempt.
    pub(crate) fn begin(&mut self) {
        self.proven = false;
        self.hurried = false;
    }

    /// It is healthy, or a person has seen to it.
    pub(crate) fn clear(&mut self) {
        self.fruitless = 0;
        self.findings = None;
    }
}

impl Service {
    /// Asks for the checks before a start.
    pub(crate) fn look(&mut self, out: &mut Outbox) {
        let thorough = self.doubts.fruitless >= FRUITLESS_RUNS;
        self.order(out, Order::CheckStart { thorough });
    }

    pub(crate) fn start_obstructed(&mut self, now: Now, out: &mut Outbox, finding: Finding) {
        let hurried = std::mem::take(&mut self.doubts.hurried);
        let again = NextCheck::At(now.at.plus(BLOCKED_RECHECK_MS));
        match &mut self.phase {
            Phase::Starting(Starting::Checking { first, found, next }) if *next == NextCheck::UnderWay => {
                *found += 1;
                let looks = *found as usize;
                if let Some(delay) = LOOKS_MS.get(looks - 1) {
                    *next = NextCheck::At(first.plus(*delay).max(now.at));
                    self.since.because = format!("{} (look {looks} of 3)", finding.summary);
                    out.revision += 1;
                } else {
                    self.block(now, out, finding.clone(), again);
                    self.await_holders(out, &finding);
                }
            }
            Phase::Blocked { finding: known, next } if *next == NextCheck::UnderWay => {
                *next = again;
                // A process that has ended and is named all the same (a zombie) would be looked after for ever.
                let in_vain = hurried && known.holders == finding.holders;
                if *known != finding {
                    self.since.because = finding.summary.clone();
                    *known = finding.clone();
                    let finding = finding.clone();
                    self.journal(now, out, JournalEvent::Blocked { finding });
                }
                if in_vain {
                    self.doubts.watch += 1;
                } else {
                    self.await_holders(out, &finding);
                }
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

    /// Asks to be told when one of those that hold something has ended.
    fn await_holders(&mut self, out: &mut Outbox, finding: &Finding) {
        self.doubts.watch += 1;
        if finding.holders.is_empty() {
            return;
        }
        let holders = finding.holders.iter().map(|holder| HolderId {
            pid: holder.pid,
            start: holder.start,
        });
        let order = Order::AwaitHolders {
            watch: self.doubts.watch,
            holders: holders.collect(),
        };
        self.order(out, order);
    }

    /// One of the holders has ended: whatever it held may be free.
    pub(crate) fn holder_ended(&mut self, out: &mut Outbox, watch: u64) {
        match &mut self.phase {
            Phase::Blocked { next, .. } if matches!(next, NextCheck::At(_)) && watch == self.doubts.watch => {
                *next = NextCheck::UnderWay;
                self.doubts.hurried = true;
                out.revision += 1;
                self.look(out);
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

    /// The holders may not be watched: the next look comes by its timer all the same.
    pub(crate) fn holders_unwatched(&mut self, out: &mut Outbox, watch: u64) {
        if watch != self.doubts.watch {
            out.stale += 1;
        }
    }

    /// What the thorough checks found that does not forbid a start.
    pub(crate) fn examined(&mut self, now: Now, out: &mut Outbox, findings: Vec<Finding>) {
        let looking = match &self.phase {
            Phase::Starting(Starting::Checking { next, .. }) | Phase::Blocked { next, .. } => {
                *next == NextCheck::UnderWay
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => false,
        };
        if !looking {
            out.stale += 1;
            return;
        }
        if self.doubts.findings.as_ref() == Some(&findings) {
            return;
        }
        let fruitless = self.doubts.fruitless;
        let runs = if fruitless >= FRUITLESS_RUNS { fruitless } else { 0 };
        self.doubts.findings = Some(findings.clone());
        self.journal(now, out, JournalEvent::Examined { runs, findings });
    }

    /// Goes to `blocked` with a finding.
    pub(crate) fn block(&mut self, now: Now, out: &mut Outbox, finding: Finding, next: NextCheck) {
        self.journal(
            now,
            out,
            JournalEvent::Blocked {
                finding: finding.clone(),
            },
        );
        let because = finding.summary.clone();
        self.enter(now, out, Phase::Blocked { finding, next }, because);
    }

    /// Looks again, when that is due.
    pub(crate) fn recheck(&mut self, now: Now, out: &mut Outbox) {
        let next = match &mut self.phase {
            Phase::Starting(Starting::Checking { next, .. }) | Phase::Blocked { next, .. } => next,
            Phase::Idle
            | Phase::Waiting
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => return,
        };
        if matches!(next, NextCheck::At(at) if *at <= now.at) {
            *next = NextCheck::UnderWay;
            self.look(out);
        }
    }

    /// Counts a run that has ended by itself without ever having been healthy.
    pub(crate) fn count_fruitless(&mut self, reason: StopReason) {
        let by_itself = match reason {
            StopReason::MainExited | StopReason::Unhealthy | StopReason::MemoryLimit => true,
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
            | StopReason::SpawnAborted => false,
        };
        if by_itself && !self.doubts.proven {
            self.doubts.fruitless += 1;
        }
    }
}
