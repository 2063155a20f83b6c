//! The hooks: commands of the user's before, beside and after a run.
//!
//! Those in whose way the service stands (`pre_start`, `pre_stop`, `post_exit`) run one at a time: nothing of the service
//! begins while one is under way that has to be over first, so that none runs twice at once. `post_start` has the run for
//! company. Each is answered within its time, so that no timer is needed but the one that a dying machine sets.

use super::phase::{NextCheck, Phase, Stage, Starting, Stopping};
use super::{Outbox, Service, sentence};
use crate::event::{HookCall, Order};
use crate::journal::JournalEvent;
use crate::report::Finding;
use crate::spec::{Follow, HookName};
use crate::time::{Instant, Millis, Now};
use crate::words::{ExitKind, RunNumber, StopReason};

/// How often a failed `pre_start` is tried again. Nobody tells us when its cause is gone.
const RETRY_MS: Millis = 30_000;
/// The finding of a failed `pre_start`.
const FAILED: &str = "hook-failed";

/// A hook that has not been answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnderWay {
    hook: HookName,
    run: RunNumber,
    step: u32,
    began: Instant,
    until: Instant,
}

/// What is known of a service's hooks.
#[derive(Clone, Debug, Default)]
pub(crate) struct HookAccount {
    /// The one that the service waits for, or has to wait for before its next run.
    before: Option<UnderWay>,
    /// `post_start`, which nobody waits for.
    beside: Option<UnderWay>,
    /// A newer run has proven itself while the `post_start` of an older one was under way.
    owed: bool,
    /// Why the present attempt began.
    pub(crate) start_reason: String,
    /// All shall end at once: no hook is run or waited for.
    pub(crate) hurried: bool,
}

/// How a run ended, for the decision about what follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over {
    pub(crate) status: ExitKind,
    pub(crate) uptime_ms: Millis,
    /// Whether its `post_exit` has not run yet.
    pub(crate) owes_hook: bool,
}

impl Service {
    /// Has a hook run. False: there is none.
    fn run_hook(
        &mut self,
        now: Now,
        out: &mut Outbox,
        hook: HookName,
        reason: String,
        exit: Option<ExitKind>,
    ) -> bool {
        let Some(spec) = self.spec.hooks.get(hook).cloned() else {
            return false;
        };
        self.last_step += 1;
        let under_way = UnderWay {
            hook,
            run: self.last_number,
            step: self.last_step,
            began: now.at,
            until: now.at.plus(spec.timeout_ms),
        };
        match hook {
            HookName::PostStart => self.hooks.beside = Some(under_way),
            HookName::PreStart | HookName::PreStop | HookName::PostExit => {
                self.hooks.before = Some(under_way);
            }
        }
        let live = self.run.as_ref().filter(|run| run.exited.is_none());
        let call = HookCall {
            hook,
            spec,
            reason,
            exit,
            pid: live.map(|run| run.pid),
        };
        let (step, call) = (self.last_step, Box::new(call));
        self.order(out, Order::RunHook { step, call });
        out.revision += 1;
        true
    }

    /// A hook has ended. Its step alone would not do: they begin anew when a service leaves and comes back.
    pub(crate) fn hook_finished(
        &mut self,
        now: Now,
        out: &mut Outbox,
        run: RunNumber,
        step: u32,
        outcome: Result<(), String>,
    ) {
        let meant = |known: &mut UnderWay| (known.run, known.step) == (run, step);
        let beside = self.hooks.beside.take_if(meant);
        let Some(known) = self.hooks.before.take_if(meant).or(beside) else {
            out.stale += 1;
            return;
        };
        let ran = JournalEvent::HookRan {
            hook: known.hook,
            error: outcome.as_ref().err().cloned(),
            took_ms: now.at.since(known.began),
        };
        self.journal_of(now, out, run, ran);
        if known.hook == HookName::PostStart {
            if std::mem::take(&mut self.hooks.owed) && matches!(self.phase, Phase::Running) {
                self.begin_post_start(now, out);
            }
            return;
        }
        match &self.phase {
            Phase::Starting(Starting::Preparing)
            | Phase::Blocked {
                next: NextCheck::Hook,
                ..
            } => self.prepared(now, out, outcome),
            Phase::Stopping(Stopping { reason, stage, .. }) => match *stage {
                Stage::PreStop => self.try_rung(now, out, *reason, 0),
                Stage::AfterRun(over) => self.see_out(now, out, *reason, over),
                // It has taken so long that the run ended first, or was killed.
                Stage::AwaitingSpawn
                | Stage::OnRung { .. }
                | Stage::Leftovers { .. }
                | Stage::Killing { .. } => {}
            },
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => {}
        }
    }

    /// The checks are clear: now `pre_start`, if there is one, then the program.
    pub(crate) fn prepare(&mut self, now: Now, out: &mut Outbox) {
        // Whatever asked for a new run gets it with this one. What asks from now on has not been seen by the hook.
        self.renewal = None;
        self.renewal_held_by = None;
        let has_hook = self.spec.hooks.pre_start.is_some();
        let because = match &mut self.phase {
            // It blocked the service before and does so until it succeeds.
            Phase::Blocked { finding, next } if has_hook && finding.code == FAILED => {
                *next = NextCheck::Hook;
                self.begin_pre_start(now, out);
                return;
            }
            Phase::Blocked { .. } => {
                self.journal(now, out, JournalEvent::Unblocked);
                "the blocker is gone"
            }
            Phase::Idle
            | Phase::Waiting
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => "nothing stands in the way",
        };
        if !has_hook {
            return self.begin_spawn(now, out, because);
        }
        self.enter(now, out, Phase::Starting(Starting::Preparing), because);
        self.begin_pre_start(now, out);
    }

    fn begin_pre_start(&mut self, now: Now, out: &mut Outbox) {
        let reason = self.hooks.start_reason.clone();
        self.run_hook(now, out, HookName::PreStart, reason, None);
    }

    /// `pre_start` has ended, and the start was not abandoned.
    fn prepared(&mut self, now: Now, out: &mut Outbox, outcome: Result<(), String>) {
        let Err(error) = outcome else {
            if matches!(self.phase, Phase::Blocked { .. }) {
                self.journal(now, out, JournalEvent::Unblocked);
            }
            return match self.gate.closed.clone() {
                None => self.begin_spawn(now, out, "the hook pre_start has succeeded"),
                // What it depends on went away meanwhile.
                Some(closed) => self.put_back(now, out, closed.because),
            };
        };
        let finding = failure(&error);
        let again = NextCheck::At(now.at.plus(RETRY_MS));
        match &mut self.phase {
            Phase::Blocked { finding: known, next } if *known == finding => *next = again,
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => self.block(now, out, finding, again),
        }
    }

    /// Whether `pre_start` is under way, and a run would begin after it.
    pub(crate) fn is_preparing(&self) -> bool {
        match &self.phase {
            Phase::Starting(Starting::Preparing)
            | Phase::Blocked {
                next: NextCheck::Hook,
                ..
            } => true,
            Phase::Idle
            | Phase::Waiting
            | Phase::Blocked { .. }
            | Phase::Starting(_)
            | Phase::Running
            | Phase::Stopping(_)
            | Phase::Backoff { .. }
            | Phase::Failed
            | Phase::Completed => false,
        }
    }

    /// What may have made `pre_start` fail is another now: it is not waited for its next try.
    pub(crate) fn retry_pre_start(&mut self, out: &mut Outbox) {
        if let Phase::Blocked { finding, next } = &mut self.phase
            && finding.code == FAILED
            && matches!(next, NextCheck::At(_))
        {
            *next = NextCheck::UnderWay;
            self.look(out);
        }
    }

    /// The run has proven itself.
    pub(crate) fn begin_post_start(&mut self, now: Now, out: &mut Outbox) {
        if self.hooks.beside.is_some() {
            self.hooks.owed = true;
            return;
        }
        let reason = self.hooks.start_reason.clone();
        self.run_hook(now, out, HookName::PostStart, reason, None);
    }

    /// Begins the way down of a run that lives: `pre_stop`, if there is one, then the ladder.
    pub(crate) fn begin_ladder(&mut self, now: Now, out: &mut Outbox, reason: StopReason) {
        let over = |run: &super::Run| run.exited.is_some() && self.spec.follow == Follow::Main;
        let crashed = self.run.as_ref().is_some_and(over);
        let word = reason.word().to_owned();
        if crashed || self.is_cut(now) || !self.run_hook(now, out, HookName::PreStop, word, None) {
            return self.try_rung(now, out, reason, 0);
        }
        let stopping = Stopping {
            reason,
            stage: Stage::PreStop,
            at_once: false,
        };
        self.enter(now, out, Phase::Stopping(stopping), sentence(reason));
    }

    /// No process of the run is left. What follows is decided when no hook is in the way any more: the one under way, then
    /// `post_exit`.
    pub(crate) fn see_out(&mut self, now: Now, out: &mut Outbox, reason: StopReason, over: Over) {
        if self.hooks.hurried || self.is_cut(now) {
            return self.decide(now, out, reason, over);
        }
        let owes_hook = over.owes_hook && self.hooks.before.is_some();
        if self.hooks.before.is_none() {
            let exit = Some(over.status);
            let runs =
                over.owes_hook && self.run_hook(now, out, HookName::PostExit, reason.word().to_owned(), exit);
            if !runs {
                return self.decide(now, out, reason, over);
            }
        }
        let stage = Stage::AfterRun(Over { owes_hook, ..over });
        let stopping = Stopping {
            reason,
            stage,
            at_once: false,
        };
        self.enter(now, out, Phase::Stopping(stopping), sentence(reason));
    }

    /// A start is given up whose `pre_start` is under way: its end is awaited, so that the next start cannot run it beside it.
    pub(crate) fn await_pre_start(&mut self, now: Now, out: &mut Outbox, reason: StopReason) {
        self.order(out, Order::Release { uptime_ms: 0 });
        let over = Over {
            status: ExitKind::Unknown,
            uptime_ms: 0,
            owes_hook: false,
        };
        self.see_out(now, out, reason, over);
    }

    /// Whether the time that a dying machine left is up.
    pub(crate) fn is_cut(&self, now: Now) -> bool {
        self.cut_at.is_some_and(|at| at <= now.at)
    }

    /// The hook under way; the one that is waited for first.
    pub(crate) fn hook(&self) -> Option<HookName> {
        let under_way = self.hooks.before.as_ref().or(self.hooks.beside.as_ref());
        under_way.map(|known| known.hook)
    }

    /// The hook under way that the phase waits for, in a sentence.
    pub(crate) fn hook_sentence(&self, now: Now) -> Option<String> {
        self.hooks.before.as_ref().map(|hook| hook.sentence(now))
    }

    /// The hook under way beside the run, in a sentence.
    pub(crate) fn post_start_sentence(&self, now: Now) -> Option<String> {
        self.hooks.beside.as_ref().map(|hook| hook.sentence(now))
    }
}

impl UnderWay {
    fn sentence(&self, now: Now) -> String {
        let left = self.until.since(now.at).div_ceil(1_000);
        format!("the hook {} is running, for at most {left} s more", self.hook)
    }
}

fn failure(error: &str) -> Finding {
    Finding {
        code: FAILED.to_owned(),
        summary: format!("the hook pre_start failed: {error}"),
        evidence: Vec::new(),
        remedy: vec![
            "see to what the command complains of: it is run again every 30 s, and the service starts by itself when it succeeds"
                .to_owned(),
            "`director start` runs it again at once".to_owned(),
        ],
        avoid: Vec::new(),
        holders: Vec::new(),
    }
}
