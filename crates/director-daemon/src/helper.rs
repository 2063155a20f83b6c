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
    #[error("it did not end within {} ms and was killed", .0.as_millis())]
    TimedOut(Duration),
    #[error("the director is ending")]
    Ending,
}

/// The helpers under way, by token.
#[derive(Clone, Default)]
pub(crate) struct Helpers {
    by_token: Arc<Mutex<HashMap<u64, Sender<Word>>>>,
}

impl Helpers {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Sender<Word>>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, token: u64) -> Receiver<Word> {
        let (words, inbox) = channel();
        self.lock().insert(token, words);
        inbox
    }

    /// Passes a word on; without a listener it is dropped.
    pub(crate) fn tell(&self, token: u64, word: Word) {
        if let Some(words) = self.lock().get(&token) {
            let _ = words.send(word);
        }
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
        request: SpawnRequest,
        limit: Duration,
    ) -> Result<Outcome, HelperError> {
        let token = crate::tokens::fresh() | crate::tokens::HELPER;
        let inbox = self.open(token);
        start(token, request);
        let outcome = follow(&inbox, limit);
        self.lock().remove(&token);
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
                    None if left.is_zero() => Err(HelperError::TimedOut(limit)),
                    None if Instant::now() < ends => Err(HelperError::Ending),
                    None => Err(HelperError::TimedOut(limit)),
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
