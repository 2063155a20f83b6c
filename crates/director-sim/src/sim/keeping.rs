//! The history file, saved in the background like the daemon does.

use super::Sim;
use super::queue::{Happening, Input};
use crate::Boundary;
use crate::world::History;

impl Sim<'_> {
    /// Saves the history in the background; never two saves at once.
    pub(super) fn save_in_background(&mut self) {
        if self.threads.saving || !self.threads.dirty {
            return;
        }
        (self.threads.saving, self.threads.dirty) = (true, false);
        let history = Box::new(self.history());
        let at = self.t + self.delay();
        let director = self.director;
        self.queue.push(at, Happening::SaveHistory { director, history });
    }

    pub(super) fn history(&self) -> History {
        let names = self.specs.iter().map(|spec| &spec.name).enumerate();
        let mut kept = self.core.as_ref().map(|core| core.history()).unwrap_or_default();
        History {
            boot: self.boot_id,
            services: names
                .filter_map(|(service, name)| Some((service, kept.remove(name)?)))
                .collect(),
        }
    }

    pub(super) fn save_history(&mut self, director: u64, history: History) {
        if director != self.director || self.core.is_none() || self.boundary(Boundary::BeforeHistorySaved) {
            return;
        }
        if !self.disk.full {
            self.disk.history = history;
        }
        if !self.boundary(Boundary::AfterHistorySaved) {
            let input = Input::HistorySaved;
            self.queue.push(self.t, Happening::Driver { director, input });
        }
    }

    pub(super) fn history_saved(&mut self) {
        self.threads.saving = false;
        self.save_in_background();
    }
}
