//! Waiting for a change, shared by everybody who waits for the same one.
//!
//! The director keeps a reply until the revision changes, which may be never. If each long poll brought its own, the
//! waiting ones that timed out or went away would pile up there for as long as nothing happens. So there is one
//! request per revision asked for, and only that of the present revision can stay unanswered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// What a waiting client listens to: the new revision once it is there; closed when the director is stopping.
pub(crate) type Waiting = watch::Receiver<Option<u64>>;

/// The changes waited for now, by the revision the asker has.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    waiting: Arc<Mutex<HashMap<u64, Waiting>>>,
}

impl Changes {
    /// Joins those who wait for the end of revision `from`; `ask` is called when there is nobody yet.
    pub(crate) fn wait(&self, from: u64, ask: impl FnOnce(Answer)) -> Waiting {
        let (answer, receiver) = {
            let mut waiting = self.lock();
            if let Some(receiver) = waiting.get(&from) {
                return receiver.clone();
            }
            let (sender, receiver) = watch::channel(None);
            waiting.insert(from, receiver.clone());
            let answer = Answer {
                from,
                sender,
                changes: self.clone(),
            };
            (answer, receiver)
        };
        // Outside the lock: the director may answer, or drop the answer, before this returns.
        ask(answer);
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reply of one shared request. Dropping it unanswered tells all who wait that there will be no answer.
pub(crate) struct Answer {
    from: u64,
    sender: watch::Sender<Option<u64>>,
    changes: Changes,
}

impl Answer {
    pub(crate) fn give(self, revision: u64) {
        self.sender.send_replace(Some(revision));
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.changes.lock().remove(&self.from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_who_wait_for_one_change_ask_once() {
        let changes = Changes::default();
        let mut held = None;
        let first = changes.wait(5, |answer| held = Some(answer));
        let second = changes.wait(5, |_| panic!("asked twice"));
        held.take().expect("asked").give(6);
        assert_eq!(*first.borrow(), Some(6));
        assert_eq!(*second.borrow(), Some(6));
        assert!(changes.lock().is_empty());
    }

    #[test]
    fn a_dropped_answer_wakes_and_leaves_nothing() {
        let changes = Changes::default();
        let waiting = changes.wait(5, drop);
        assert!(waiting.has_changed().is_err(), "the channel must be closed");
        assert!(changes.lock().is_empty());
    }

    #[test]
    fn clients_that_went_away_leave_one_request() {
        let changes = Changes::default();
        let mut held = Vec::new();
        for _ in 0..1000 {
            drop(changes.wait(5, |answer| held.push(answer)));
        }
        assert_eq!(held.len(), 1);
    }
}
