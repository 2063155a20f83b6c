//! The thread that writes the journal: everything that has gathered in one transaction.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::database::{Database, JournalError};
use super::handle::{GATHERED, Shared, Work};
use super::{Entry, JournalNotice, MAX_WAITING};

/// A journal that cannot be written is tried again this often, while entries wait.
const RETRY: Duration = Duration::from_secs(10);
/// Entries come in bursts (a hundred services stop), and a transaction costs more than an entry. So the first of them waits
/// so long for others. The director's own log has them at once.
const GATHER: Duration = Duration::from_millis(20);

pub(crate) struct Writer {
    shared: Arc<Shared>,
    path: PathBuf,
    database: Option<Database>,
    report: Box<dyn FnMut(JournalNotice) + Send>,
    /// Entries that could not be written yet.
    unwritten: VecDeque<Arc<Entry>>,
    /// Until when the first of those that are not written waits for others.
    gather_until: Option<Instant>,
    retry_at: Option<Instant>,
    lost: u64,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        path: PathBuf,
        database: Option<Database>,
        report: Box<dyn FnMut(JournalNotice) + Send>,
    ) -> Self {
        let retry_at = database.is_none().then(|| Instant::now() + RETRY);
        Self {
            shared,
            path,
            database,
            report,
            unwritten: VecDeque::new(),
            gather_until: None,
            retry_at,
            lost: 0,
        }
    }

    pub(crate) fn run(&mut self) {
        while let Some(mut batch) = self.wait() {
            let mut barriers = Vec::new();
            for work in batch.drain(..) {
                match work {
                    Work::Entry(entry) => self.keep(entry),
                    Work::Job(job) => {
                        if catch_unwind(AssertUnwindSafe(job)).is_err() {
                            (self.report)(JournalNotice::JobFaulted);
                        }
                    }
                    Work::Barrier(done) => barriers.push(done),
                }
            }
            // A job between entries is done at once and hurries none of them.
            if !barriers.is_empty() || self.unwritten.len() >= GATHERED || self.is_due() {
                self.write(false);
            }
            for done in barriers {
                let _ = done.try_send(());
            }
        }
        self.write(true);
    }

    /// Waits for work, or until what is not written is due. None at the end.
    fn wait(&mut self) -> Option<VecDeque<Work>> {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        loop {
            self.lost += std::mem::take(&mut state.lost);
            if state.waiting.is_empty() && state.ended {
                return None;
            }
            if !state.waiting.is_empty() && !state.may_gather() {
                return Some(std::mem::take(&mut state.waiting));
            }
            if !state.waiting.is_empty() {
                self.begin_gathering();
            }
            let Some(due) = self.due() else {
                let woken = shared.wake.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(std::mem::take(&mut state.waiting));
            }
            state.gathering = true;
            let woken = shared.wake.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
            state.gathering = false;
        }
    }

    fn begin_gathering(&mut self) {
        self.gather_until.get_or_insert_with(|| Instant::now() + GATHER);
    }

    /// When what is not written is to be written: at the next try after a failure, else when others had time to come.
    fn due(&self) -> Option<Instant> {
        let gathered = self.gather_until?;
        Some(self.retry_at.map_or(gathered, |retry| retry.max(gathered)))
    }

    fn is_due(&self) -> bool {
        self.due().is_some_and(|due| due <= Instant::now())
    }

    fn keep(&mut self, entry: Arc<Entry>) {
        if self.unwritten.len() >= MAX_WAITING && self.retry_at.is_some() {
            self.unwritten.pop_front();
            self.lost += 1;
        }
        self.unwritten.push_back(entry);
        self.begin_gathering();
    }

    fn write(&mut self, last_chance: bool) {
        let too_early = self.retry_at.is_some_and(|at| Instant::now() < at);
        if self.unwritten.is_empty() || (too_early && !last_chance) {
            return;
        }
        match self.try_write() {
            Ok(()) => {
                self.gather_until = None;
                self.unwritten.clear();
                self.unwritten.shrink_to(64);
                if self.retry_at.take().is_some() || self.lost > 0 {
                    let lost = std::mem::take(&mut self.lost);
                    (self.report)(JournalNotice::Recovered { lost });
                }
            }
            Err(error) => {
                self.database = None;
                // Said once, not with every attempt.
                if self.retry_at.is_none() {
                    (self.report)(JournalNotice::Unavailable {
                        error: error.to_string(),
                    });
                }
                self.retry_at = Some(Instant::now() + RETRY);
            }
        }
    }

    fn try_write(&mut self) -> Result<(), JournalError> {
        if let Some(database) = &mut self.database {
            match database.write(self.unwritten.iter().map(AsRef::as_ref)) {
                // Found to be damaged only now: closed here, put aside and begun anew below.
                Err(error) if error.is_of_the_file() => self.database = None,
                outcome => return outcome,
            }
        }
        let (mut database, _) = Database::open_or_replace(&self.path, &mut self.report)?;
        database.write(self.unwritten.iter().map(AsRef::as_ref))?;
        self.database = Some(database);
        Ok(())
    }
}
