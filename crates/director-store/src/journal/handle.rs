//! The handle of a running director: numbering, the entries in memory, and the queue to the thread.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use director_core::journal::JournalEntry;

use super::database::Database;
use super::writer::Writer;
use super::{Entry, JournalNotice, MAX_WAITING, RING};
use crate::stamp;

/// So many entries are written without waiting for more.
pub(super) const GATHERED: usize = 200;

/// The journal of a running director. Shared by reference; any thread may record.
pub struct Journal {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) wake: Condvar,
}

pub(crate) struct State {
    ring: VecDeque<Arc<Entry>>,
    next_seq: u64,
    pub(crate) waiting: VecDeque<Work>,
    pub(crate) lost: u64,
    pub(crate) ended: bool,
    /// The thread waits for more entries and need not be told of each.
    pub(crate) gathering: bool,
}

pub(crate) enum Work {
    Entry(Arc<Entry>),
    Job(Box<dyn FnOnce() + Send>),
    Barrier(mpsc::SyncSender<()>),
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Journal {
    /// Where it is kept.
    #[must_use]
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("journal.db")
    }

    /// Opens the journal, whatever state it is in, and starts its thread. `report` is called from here and later from that
    /// thread.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn open(data_dir: &Path, mut report: impl FnMut(JournalNotice) + Send + 'static) -> io::Result<Self> {
        let path = Self::path(data_dir);
        let (database, next_seq) = match Database::open_or_replace(&path, &mut report) {
            Ok((database, last_seq)) => (Some(database), last_seq + 1),
            Err(error) => {
                report(JournalNotice::Unavailable {
                    error: error.to_string(),
                });
                // Beyond every number that may be in the file, should it become usable later.
                (None, u64::try_from(stamp::unix_ms()).unwrap_or(1))
            }
        };
        let state = State {
            ring: VecDeque::new(),
            next_seq,
            waiting: VecDeque::new(),
            lost: 0,
            ended: false,
            gathering: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            wake: Condvar::new(),
        });
        let mut writer = Writer::new(Arc::clone(&shared), path, database, Box::new(report));
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Records an entry: gives it its number, keeps it in memory, and has it written.
    pub fn record(&self, entry: &JournalEntry) -> Arc<Entry> {
        let mut entry = Entry::new(entry);
        let mut state = self.shared.lock();
        entry.seq = state.next_seq;
        state.next_seq += 1;
        let entry = Arc::new(entry);
        if state.ring.len() == RING {
            state.ring.pop_front();
        }
        state.ring.push_back(Arc::clone(&entry));
        state.add(Work::Entry(Arc::clone(&entry)));
        let wake = !state.gathering || !state.may_gather();
        drop(state);
        if wake {
            self.shared.wake.notify_one();
        }
        entry
    }

    /// Runs `job` in the journal's thread: small writes that nobody is to wait for. False if too many wait already.
    #[must_use]
    pub fn defer(&self, job: Box<dyn FnOnce() + Send>) -> bool {
        let mut state = self.shared.lock();
        let accepted = state.waiting.len() < MAX_WAITING && !state.ended;
        if accepted {
            state.waiting.push_back(Work::Job(job));
        }
        drop(state);
        self.shared.wake.notify_one();
        accepted
    }

    /// The entries in memory with a number above `seq`, at most the latest 1000, oldest first.
    #[must_use]
    pub fn after(&self, seq: u64) -> Vec<Arc<Entry>> {
        let state = self.shared.lock();
        let first = state.ring.partition_point(|entry| entry.seq <= seq);
        state.ring.iter().skip(first).map(Arc::clone).collect()
    }

    /// The number of the latest entry; zero before the first of all.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.shared.lock().next_seq.saturating_sub(1)
    }

    /// Has what waits written now rather than together with what may follow.
    pub fn hurry(&self) {
        let (done, _) = mpsc::sync_channel(1);
        self.shared.lock().waiting.push_back(Work::Barrier(done));
        self.shared.wake.notify_one();
    }

    /// Waits until everything recorded and deferred before is done, at most for `timeout`. False if it is not.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        let (done, wait) = mpsc::sync_channel(1);
        self.shared.lock().waiting.push_back(Work::Barrier(done));
        self.shared.wake.notify_one();
        wait.recv_timeout(timeout).is_ok()
    }

    /// Writes what waits, closes the file and ends the thread; waits for that at most for `timeout`. False if it could not
    /// be done.
    #[must_use]
    pub fn finish(&self, timeout: Duration) -> bool {
        let flushed = self.flush(timeout);
        self.shared.end();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread {
            Some(thread) if flushed => thread.join().is_ok(),
            _ => false,
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.lock().ended = true;
        self.wake.notify_one();
    }
}

impl State {
    /// Whether what waits may wait a little for more of its kind.
    pub(crate) fn may_gather(&self) -> bool {
        let only_entries = || self.waiting.iter().all(|work| matches!(work, Work::Entry(_)));
        !self.ended && self.waiting.len() < GATHERED && only_entries()
    }

    /// Adds work; when too much waits, the oldest entry goes.
    fn add(&mut self, work: Work) {
        if self.waiting.len() >= MAX_WAITING {
            let oldest = self
                .waiting
                .iter()
                .position(|work| matches!(work, Work::Entry(_)));
            if oldest.and_then(|index| self.waiting.remove(index)).is_some() {
                self.lost += 1;
            }
        }
        self.waiting.push_back(work);
    }
}
