//! The reaper: it tells of every end, of a run's first process before its tree's.

use director_core::event::Fact;
use director_core::words::ExitKind;

use super::Sim;
use crate::mutation::Mutation;
use crate::world::Owner;

impl Sim<'_> {
    pub(super) fn watch(&mut self, service: usize, run: u64) {
        let Some(live) = &mut self.threads.live[service] else {
            return;
        };
        live.watched = true;
        if live.exited.is_some() {
            self.tell_exit(service, run);
        }
    }

    /// The reaper learns that a process of a run is gone.
    pub(super) fn reap(&mut self, owner: Owner, status: ExitKind) {
        let Some(live) = &mut self.threads.live[owner.service] else {
            return;
        };
        if live.run != owner.run {
            return;
        }
        if owner.main {
            live.exited = Some(status);
            if self.is(Mutation::EarlyForget) {
                self.disk.records.remove(&owner.service);
            }
        }
        let (watched, exited) = match &self.threads.live[owner.service] {
            Some(live) => (live.watched, live.exited.is_some()),
            None => return,
        };
        if watched && owner.main {
            self.tell_exit(owner.service, owner.run);
        } else if watched && exited {
            self.tell_empty(owner.service, owner.run);
        }
    }

    fn tell_exit(&mut self, service: usize, run: u64) {
        let delay = self.short_delay();
        let Some(live) = &mut self.threads.live[service] else {
            return;
        };
        let Some(status) = live.exited else { return };
        let at = (self.t + delay).max(live.exit_told.unwrap_or(0));
        live.exit_told = Some(at);
        self.tell(at, service, run, Fact::Exited(status));
        self.tell_empty(service, run);
    }

    fn tell_empty(&mut self, service: usize, run: u64) {
        let delay = self.short_delay();
        let empty = self.world.tree_is_empty(service, run) || self.is(Mutation::EmptyAtExit);
        let Some(live) = &mut self.threads.live[service] else {
            return;
        };
        if !empty || live.empty_told {
            return;
        }
        live.empty_told = true;
        let at = (self.t + delay).max(live.exit_told.unwrap_or(0));
        self.tell(at, service, run, Fact::TreeEmptied);
    }
}
