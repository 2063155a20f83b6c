//! What the virtual system keeps of the limits, and what the programs take.

use director_core::event::{Fact, Unenforced};
use director_core::spec::Limit;

use super::Sim;
use crate::mutation::Mutation;
use crate::scenario::{HARD_BYTES, SOFT_BYTES};

impl Sim<'_> {
    /// Half of all runs have no cgroup.
    pub(super) fn unenforced(&mut self, service: usize, run: u64) -> Vec<Unenforced> {
        let kept = self.specs[service].limits.memory_bytes.is_none() || self.memory_rng.chance(50);
        self.check.memory_is_kept(service, run, kept);
        if kept || self.is(Mutation::KeptByNobody) {
            return Vec::new();
        }
        vec![Unenforced {
            limit: Limit::Memory,
            error: "there is no cgroup".to_owned(),
        }]
    }

    /// A hand measures a run. In the calm nobody takes too much.
    pub(super) fn measure(&mut self, service: usize, run: u64, sample: u64) {
        if !self.calm && self.memory_rng.chance(self.knobs.lost_probes / 4) {
            return;
        }
        let bytes = if self.calm {
            SOFT_BYTES / 2
        } else {
            let levels = [
                SOFT_BYTES / 2,
                SOFT_BYTES,
                SOFT_BYTES + 1,
                SOFT_BYTES + 50,
                HARD_BYTES,
                HARD_BYTES + 1,
            ];
            // The last is rare, so that many samples come together.
            let most = if self.memory_rng.chance(5) { 6 } else { 5 };
            levels[self.memory_rng.below(most) as usize]
        };
        let outcome = if !self.calm && self.memory_rng.chance(5) {
            Err("the process table cannot be read".to_owned())
        } else {
            Ok(bytes)
        };
        let at = self.t + self.delay();
        self.tell(at, service, run, Fact::Measured { sample, outcome });
    }
}
