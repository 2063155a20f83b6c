//! The hooks: no run without its `pre_start`, no rung before `pre_stop`, no next run before `post_exit`, and none beside
//! another but `post_start`.

use director_core::spec::{Follow, HookName};
use director_core::time::Millis;
use director_core::words::PhaseName;

use super::{Checker, LATE_MS};

/// How long after its failure `pre_start` is tried again.
const RETRY_MS: Millis = 30_000;

/// What is known of the hooks of one service.
#[derive(Default)]
pub(super) struct HookBook {
    /// The one that others wait for, and whether it will truly succeed.
    before: Option<(u32, HookName, bool)>,
    beside: Option<(u32, HookName, bool)>,
    prepared: bool,
    pre_stop: bool,
    post_exit: bool,
    /// When `pre_start` failed last, in the present attempt.
    pub(super) failed_at: Option<Millis>,
}

impl HookBook {
    pub(super) fn is_out(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn attempt_begins(&mut self) {
        *self = Self {
            beside: self.beside.take(),
            ..Self::default()
        };
    }

    /// A hook has ended.
    pub(super) fn finished(&mut self, t: Millis, step: u32) {
        let meant = |known: &mut (u32, HookName, bool)| known.0 == step;
        self.beside.take_if(meant);
        let Some((_, hook, well)) = self.before.take_if(meant) else {
            return;
        };
        match hook {
            HookName::PreStart => {
                self.prepared = well;
                self.failed_at = (!well).then_some(t);
            }
            HookName::PreStop => self.pre_stop = true,
            HookName::PostExit => self.post_exit = true,
            HookName::PostStart => {}
        }
    }
}

impl Checker {
    /// What becomes of the hook that has just been ordered.
    pub(crate) fn hook_will(&mut self, service: usize, hook: HookName, succeed: bool) {
        let hooks = &mut self.books[service].hooks;
        let out = match hook {
            HookName::PostStart => &mut hooks.beside,
            HookName::PreStart | HookName::PreStop | HookName::PostExit => &mut hooks.before,
        };
        if let Some((_, _, well)) = out {
            *well = succeed;
        }
    }

    pub(super) fn hook_ordered(&mut self, service: usize, step: u32, hook: HookName, stopped: bool) {
        let ending = self.ending || self.finished || stopped;
        let book = &mut self.books[service];
        let attempt = &book.attempt;
        let lives = attempt.started.is_some() && attempt.ended.is_none();
        let timely = match hook {
            HookName::PreStart => attempt.cleared && !attempt.check_out && !attempt.spawn_ordered && !ending,
            HookName::PostStart => lives && book.phase == PhaseName::Running && book.hooks.beside.is_none(),
            HookName::PreStop => lives && attempt.rung == 0 && !book.hooks.pre_stop,
            HookName::PostExit => attempt.ended.is_some() && !book.hooks.post_exit,
        };
        let out = (step, hook, true);
        let beside_another = match hook {
            HookName::PostStart => book.hooks.beside.replace(out),
            HookName::PreStart | HookName::PreStop | HookName::PostExit => book.hooks.before.replace(out),
        };
        if !timely {
            self.fail(service, format_args!("{hook} at the wrong time"));
        } else if beside_another.is_some() {
            self.fail(service, format_args!("{hook} beside another hook"));
        }
    }

    /// A program is about to be started.
    pub(super) fn is_prepared(&mut self, service: usize) {
        let book = &self.books[service];
        if book.hooks.is_out() {
            self.fail(service, "a spawn beside a hook");
        } else if book.spec.hooks.pre_start.is_some() && !book.hooks.prepared {
            self.fail(service, "a spawn without the success of pre_start");
        }
    }

    /// A rung is about to be used.
    pub(super) fn is_told_to_stop(&mut self, t: Millis, service: usize) {
        let cut = self.cut.is_some_and(|cut| t >= cut);
        let book = &self.books[service];
        let crashed = book.attempt.exit.is_some() && book.spec.follow == Follow::Main;
        if book.spec.hooks.pre_stop.is_some() && !book.hooks.pre_stop && !crashed && !cut {
            self.fail(service, "a rung before the end of pre_stop");
        }
    }

    /// Whether this look is for a `pre_start` that failed: half a minute later, unless somebody asked.
    pub(super) fn is_retry_of_hook(&mut self, t: Millis, service: usize) -> bool {
        let book = &self.books[service];
        let Some(failed) = book.hooks.failed_at else {
            return false;
        };
        let (due, touched, obstructed) = (failed + RETRY_MS, book.touched, book.attempt.obstructed);
        if !touched && obstructed == 0 && (t < due || t > due + LATE_MS) {
            self.fail(
                service,
                format_args!("pre_start again at {t} ms instead of {due} ms"),
            );
        }
        true
    }

    /// The phase changes: what it waits for must be over.
    pub(super) fn hooks_are_done(&mut self, t: Millis, service: usize, to: PhaseName) {
        let on_its_way = match to {
            PhaseName::Running | PhaseName::Stopping | PhaseName::Blocked => true,
            PhaseName::Idle
            | PhaseName::Waiting
            | PhaseName::Starting
            | PhaseName::Backoff
            | PhaseName::Failed
            | PhaseName::Completed => false,
        };
        let cut = self.cut.is_some_and(|cut| t >= cut);
        if on_its_way || self.hurried || cut {
            return;
        }
        let book = &self.books[service];
        let over = book.attempt.started.is_some() && book.attempt.ended.is_some();
        if book.hooks.is_out() {
            self.fail(service, format_args!("{to:?} before the end of its hook"));
        } else if over && book.spec.hooks.post_exit.is_some() && !book.hooks.post_exit {
            self.fail(service, format_args!("{to:?} before post_exit"));
        }
    }
}
