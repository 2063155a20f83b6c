//! Leads each fact to the room that knows what to do with it.

use super::{Outbox, Service};
use crate::event::Fact;
use crate::time::Now;
use crate::words::RunNumber;

impl Service {
    pub(crate) fn take(&mut self, now: Now, out: &mut Outbox, run: RunNumber, fact: Fact) {
        // A hook beside an older run may end later than that run.
        if run != self.last_number && !matches!(fact, Fact::HookFinished { .. }) {
            out.stale += 1;
            return;
        }
        match fact {
            Fact::StartClear => self.start_clear(now, out),
            Fact::StartObstructed(finding) => self.start_obstructed(now, out, finding),
            Fact::Examined { findings } => self.examined(now, out, findings),
            Fact::HolderEnded { watch } => self.holder_ended(out, watch),
            Fact::HoldersUnwatched { watch } => self.holders_unwatched(out, watch),
            Fact::Spawned { pid, unenforced } => self.spawned(now, out, pid, unenforced),
            Fact::SpawnFailed { error, permanent } => self.spawn_failed(now, out, error, permanent),
            Fact::MemoryLimitHit => self.memory_limit_hit(now, out),
            Fact::Exited(status) => self.exited(now, out, status),
            Fact::TreeEmptied => self.tree_emptied(now, out),
            Fact::RungDelivered { step, outcome } => self.rung_delivered(now, out, step, outcome),
            Fact::FoundFrozen { step } => self.found_frozen(now, out, step),
            Fact::HookFinished { step, outcome } => self.hook_finished(now, out, run, step, outcome),
            Fact::ProbeFinished { probe, outcome } => self.probe_finished(now, out, probe, outcome),
            Fact::Measured { sample, outcome } => self.measured(now, out, sample, outcome),
        }
    }
}
