//! Where a service puts what it wants done and told.

use std::collections::BTreeSet;

use super::Service;
use crate::event::{Action, Order};
use crate::journal::{JournalEntry, JournalEvent};
use crate::spec::ServiceName;
use crate::time::Now;
use crate::words::RunNumber;

/// What a service may emit: actions, and the sign that something visible changed.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) actions: std::collections::VecDeque<Action>,
    pub(crate) revision: u64,
    /// Facts of a run that is over, or that came at a phase that does not wait for them.
    pub(crate) stale: u64,
    /// Services that ask for a new run.
    pub(crate) renewals: BTreeSet<ServiceName>,
}

impl Service {
    pub(super) fn order(&self, out: &mut Outbox, order: Order) {
        let run = self.last_number;
        out.actions.push_back(Action::Run {
            service: self.spec.name.clone(),
            run,
            order,
        });
    }

    pub(super) fn journal(&self, now: Now, out: &mut Outbox, event: JournalEvent) {
        self.journal_of(now, out, self.last_number, event);
    }

    /// What concerns a run that may not be the latest.
    pub(super) fn journal_of(&self, now: Now, out: &mut Outbox, run: RunNumber, event: JournalEvent) {
        let run = (run.0 > 0).then_some(run);
        let service = Some(self.spec.name.clone());
        out.revision += 1;
        out.actions.push_back(Action::Journal(JournalEntry {
            wall: now.wall,
            service,
            run,
            event,
        }));
    }
}
