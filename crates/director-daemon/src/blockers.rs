//! Waiting for the end of processes that are none of ours: whoever holds what a blocked service needs.

use std::time::Duration;

use director_core::event::{Fact, HolderId};
use director_core::spec::ServiceName;
use director_core::words::RunNumber;
use director_sys::identity::{self, ProcessId};

use crate::hands::Hands;
use crate::input::Input;

/// Until the core looks again anyway, and asks again to be told.
const LIMIT: Duration = Duration::from_secs(10);

/// A watch that the core asked for.
#[derive(Clone)]
pub(crate) struct HolderWatch {
    pub(crate) service: ServiceName,
    pub(crate) run: RunNumber,
    pub(crate) watch: u64,
}

impl HolderWatch {
    /// Has each holder waited for, in a thread that waits for nothing else and goes when the time is up.
    pub(crate) fn begin(&self, hands: &Hands, holders: Vec<HolderId>) {
        hands.note_watch(&self.service, self.watch);
        for holder in holders {
            let (mine, watch) = (hands.clone(), self.clone());
            hands.waits().submit(move || watch.wait_for(&mine, holder));
        }
    }

    fn wait_for(&self, hands: &Hands, holder: HolderId) {
        // One that had to wait for a thread may be out of date.
        if !hands.is_latest_watch(&self.service, self.watch) {
            return;
        }
        let id = ProcessId {
            pid: holder.pid,
            start: holder.start,
        };
        let watch = self.watch;
        let fact = match identity::wait_end(id, LIMIT) {
            Ok(true) => Fact::HolderEnded { watch },
            Ok(false) => return,
            Err(_) => Fact::HoldersUnwatched { watch },
        };
        hands.tell(Input::Fact {
            service: self.service.clone(),
            run: self.run,
            fact,
        });
    }
}
