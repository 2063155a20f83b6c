//! A new run that no crash asks for: files changed, a time has come, a limit was passed.
//!
//! A service asks, and the machine grants it when nothing holds it back: see `machine/renewal.rs`.

use super::phase::{NextCheck, Phase, Starting};
use super::schedule::is_automatic;
use super::{Outbox, Service, sentence};
use crate::time::Now;
use crate::words::{Goal, StopReason};

impl Service {
    /// Asks for a new run. A later reason takes the place of an earlier one that has not been granted yet.
    pub(crate) fn ask_renewal(&mut self, out: &mut Outbox, reason: StopReason) {
        // A service that is to be down stays down.
        if self.goal == Goal::Down {
            return;
        }
        // A person waits for no maintenance window, so that nothing automatic may take the place of that wish.
        if self.renewal.is_none_or(is_automatic) || !is_automatic(reason) {
            self.renewal = Some(reason);
        }
        out.renewals.insert(self.spec.name.clone());
    }

    /// Sees to it that a run begins after this moment.
    pub(crate) fn renew(&mut self, now: Now, out: &mut Outbox, reason: StopReason) {
        match &mut self.phase {
            Phase::Running | Phase::Starting(Starting::Proving { .. } | Starting::Spawning) => {
                self.begin_stop(now, out, reason, false);
            }
            // The hook `pre_start` has seen what was before.
            Phase::Starting(Starting::Preparing)
            | Phase::Blocked {
                next: NextCheck::Hook,
                ..
            } => self.begin_stop(now, out, reason, false),
            Phase::Stopping(_) => self.stop_again(now, out, reason, false),
            Phase::Idle | Phase::Backoff { .. } | Phase::Failed | Phase::Completed => {
                self.begin_start(now, out, sentence(reason));
            }
            Phase::Blocked {
                next: NextCheck::OnTreeEmpty { reason: known },
                ..
            } => *known = reason,
            // The program has not been started yet, and will be up to date.
            Phase::Waiting | Phase::Starting(Starting::Checking { .. }) | Phase::Blocked { .. } => {
                self.retry_pre_start(out);
            }
        }
    }
}
