//! Short-lived helpers: probe commands, `exec` rungs, the database check.
//!
//! A helper is contained like a run and is killed, with whatever it started, when its time is up. It goes through the same
//! spawner and reaper as runs do, because the reaper owns all waits.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use director_sys::reaper::{ExitStatus, ReaperEvent};
use director_sys::spawn::SpawnRequest;
use director_sys::tree::Tree;

/// As much of a helper's output as is kept.
pub(crate) const OUTPUT_LIMIT: usize = 64 * 1024;
/// After the exit, output that is still in the pipe may take this long.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);

/// Between two looks at helpers that were killed at the director's end.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What a helper tells while it lives.
pub(crate) enum Word {
    Started(Tree),
    NotStarted(String),
    Output(Vec<u8>),
    OutputClosed,
    Exited(ExitStatus),
}

/// How it ended.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    /// Both streams by arrival, cut at [`OUTPUT_LIMIT`].
    pub(crate) output: Vec<u8>,
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HelperError {
    #[error("cannot start it: {0}")]
    NotStarted(String),
    #[error("it did not end within {} ms and was killed", .limit.as_millis())]
    TimedOut {
        /// How long it had.
        limit: Duration,
        /// What it said until then, cut at [`OUTPUT_LIMIT`].
        output: Vec<u8>,
    },
    #[error("the director is ending")]
    Ending,
}

/// One that somebody waits for.
struct Listener {
    words: Sender<Word>,
    /// Once it has been started.
    tree: Option<Tree>,
}

#[derive(Default)]
struct Table {
    by_token: HashMap<u64, Listener>,
    /// The director ends: none is started any more.
    closed: bool,
}

/// The helpers under way.
#[derive(Clone, Default)]
pub(crate) struct Helpers {
    table: Arc<Mutex<Table>>,
}

impl Helpers {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, token: u64) -> Option<Receiver<Word>> {
        let (words, inbox) = channel();
        let mut table = self.lock();
        if table.closed {
            return None;
        }
        table.by_token.insert(token, Listener { words, tree: None });
        Some(inbox)
    }

    /// Passes a word on; without a listener it is dropped, and a helper that nobody waits for any more is ended.
    pub(crate) fn tell(&self, token: u64, word: Word) {
        let mut table = self.lock();
        let closed = table.closed;
        match (table.by_token.get_mut(&token), word) {
            (Some(listener), word) => {
                if let Word::Started(tree) = &word {
                    listener.tree = Some(tree.clone());
                    if closed {
                        kill(Some(tree));
                    }
                }
                let _ = listener.words.send(word);
            }
            (None, Word::Started(tree)) => kill(Some(&tree)),
            (None, _) => {}
        }
    }

    /// The director ends: no helper is started any more, and those under way are ended with whatever they started. Waits at
    /// most for `limit` until nothing of them is left; answers how many there were.
    pub(crate) fn close(&self, limit: Duration) -> usize {
        let trees: Vec<Tree> = {
            let mut table = self.lock();
            table.closed = true;
            let listeners = table.by_token.values();
            listeners.filter_map(|listener| listener.tree.clone()).collect()
        };
        trees.iter().for_each(|tree| kill(Some(tree)));
        let until = Instant::now() + limit;
        while !trees.iter().all(|tree| tree.is_empty().unwrap_or(false)) && Instant::now() < until {
            // Killed processes are gone within moments; this lasts so long at most, once per director.
            std::thread::sleep(LOOK_AGAIN);
        }
        trees.len()
    }

    /// The reaper's word on a helper.
    pub(crate) fn reaped(&self, event: ReaperEvent) {
        match event {
            ReaperEvent::Exited { token, status } => self.tell(token, Word::Exited(status)),
            ReaperEvent::TreeEmptied { .. } => {}
        }
    }

    /// Runs a helper to its end or its limit. Blocks: call it from a pool's thread.
    pub(crate) fn run(
        &self,
        start: impl FnOnce(u64, SpawnRequest),
        over: impl FnOnce(u64),
        request: SpawnRequest,
        limit: Duration,
    ) -> Result<Outcome, HelperError> {
        let token = crate::tokens::fresh() | crate::tokens::HELPER;
        let inbox = self.open(token).ok_or(HelperError::Ending)?;
        start(token, request);
        let outcome = follow(&inbox, limit);
        self.lock().by_token.remove(&token);
        over(token);
        outcome
    }
}

fn follow(inbox: &Receiver<Word>, limit: Duration) -> Result<Outcome, HelperError> {
    let began = Instant::now();
    let mut tree: Option<Tree> = None;
    let mut output = Vec::new();
    let (mut open_streams, mut status) = (2_u32, None);
    let mut ends = began + limit;
    loop {
        if let (Some(status), 0) = (status, open_streams) {
            return Ok(Outcome { status, output });
        }
        let left = ends.saturating_duration_since(Instant::now());
        match inbox.recv_timeout(left) {
            Ok(Word::Started(started)) => tree = Some(started),
            Ok(Word::NotStarted(error)) => return Err(HelperError::NotStarted(error)),
            Ok(Word::Output(bytes)) => {
                let room = OUTPUT_LIMIT.saturating_sub(output.len()).min(bytes.len());
                output.extend_from_slice(&bytes[..room]);
            }
            Ok(Word::OutputClosed) => open_streams = open_streams.saturating_sub(1),
            Ok(Word::Exited(ended)) => {
                status = Some(ended);
                ends = ends.min(Instant::now() + OUTPUT_GRACE);
                // Whatever it left behind is not a service: it goes at once.
                kill(tree.as_ref());
            }
            Err(_) => {
                kill(tree.as_ref());
                return match status {
                    Some(status) => Ok(Outcome { status, output }),
                    None if left.is_zero() => Err(HelperError::TimedOut { limit, output }),
                    None if Instant::now() < ends => Err(HelperError::Ending),
                    None => Err(HelperError::TimedOut { limit, output }),
                };
            }
        }
    }
}

fn kill(tree: Option<&Tree>) {
    if let Some(tree) = tree {
        // A helper that cannot be killed holds nothing up: its containment ends with us at the latest.
        let _ = tree.kill_all();
    }
}
