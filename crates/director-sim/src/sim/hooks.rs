//! The hooks: each takes a while and may fail; its answer comes soon after its time is up, at the latest.

use director_core::event::{Fact, HookCall};

use super::Sim;
use crate::mutation::Mutation;

/// How long after its time a hook that had to be killed is told of.
const KILLED_AFTER_MS: u64 = 500;

impl Sim<'_> {
    pub(super) fn run_hook(&mut self, service: usize, run: u64, step: u32, call: &HookCall) {
        let timeout_ms = call.spec.timeout_ms;
        let (takes, fails) = if self.calm {
            (1, false)
        } else {
            let hangs = self.hook_rng.chance(10);
            let most = self.hook_rng.pick(&[2, 300, 5_000, timeout_ms]);
            let takes = if hangs {
                timeout_ms + self.hook_rng.below(KILLED_AFTER_MS)
            } else {
                self.hook_rng.below(most.min(timeout_ms) + 1)
            };
            (takes, hangs || self.hook_rng.chance(30))
        };
        self.check.hook_will(service, call.hook, !fails);
        let outcome = if fails && !self.is(Mutation::FailedHooksCount) {
            Err("exit code 1".to_owned())
        } else {
            Ok(())
        };
        let at = self.t + takes;
        self.tell(at, service, run, Fact::HookFinished { step, outcome });
    }
}
