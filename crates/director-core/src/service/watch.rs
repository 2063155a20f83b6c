//! What a change of files means for a service.

use super::{Outbox, Service};
use crate::event::{Action, FileChange};
use crate::journal::JournalEvent;
use crate::spec::WatchAction;
use crate::time::{Instant, Millis, Now};
use crate::words::{Goal, StopReason};

/// So many restarts in a row, each of which made the same file change again, are a feedback loop. A person who saves one file
/// over and over gets nowhere near.
const LOOP: u32 = 10;
/// A run that writes a watched file because it starts does so within this time.
const SOON_MS: Millis = 3_000;

/// What the watch remembers, to recognise a restart that causes the next change.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangeAccount {
    /// The last change that restarted it: when, and which file.
    last: Option<(Instant, String)>,
    /// How many followed one another that soon.
    in_row: u32,
    /// The file of a feedback loop.
    pub(crate) paused: Option<String>,
    /// What the command under way was started for.
    acting: Option<(String, u64)>,
    /// What changed meanwhile.
    again: Option<(String, u64)>,
}

impl ChangeAccount {
    /// An operator has seen to it.
    pub(crate) fn clear(&mut self) {
        // A command that is under way is, all the same.
        *self = Self {
            acting: self.acting.take(),
            again: self.again.take(),
            ..Self::default()
        };
    }
}

impl Service {
    /// Files changed: the present run is out of date, unless it has not begun.
    pub(crate) fn files_changed(&mut self, now: Now, out: &mut Outbox, change: FileChange) {
        // A service that is to be down stays down.
        if self.goal == Goal::Down || self.changes.paused.is_some() {
            return;
        }
        let FileChange { file, count, refused } = change;
        if let Some(error) = refused {
            return self.journal(now, out, JournalEvent::ChangeRefused { file, error });
        }
        if self.acts_on_change() {
            return self.act(now, out, file, count);
        }
        self.journal(
            now,
            out,
            JournalEvent::FilesChanged {
                file: file.clone(),
                count,
            },
        );
        if self.is_loop(now.at, &file) {
            let restarts = self.changes.in_row;
            self.changes.paused = Some(file.clone());
            return self.journal(now, out, JournalEvent::WatchPaused { file, restarts });
        }
        self.changes.last = Some((now.at, file));
        self.ask_renewal(out, StopReason::FilesChanged);
    }

    fn acts_on_change(&self) -> bool {
        let watch = self.spec.watch.as_ref();
        watch.is_some_and(|watch| matches!(watch.action, WatchAction::Exec { .. }))
    }

    /// Has the command run; one after the other.
    fn act(&mut self, now: Now, out: &mut Outbox, file: String, count: u64) {
        if self.changes.acting.is_some() {
            let more = self.changes.again.take().map_or(0, |(_, count)| count);
            self.changes.again = Some((file, count + more));
            return;
        }
        let debounce_ms = self.spec.watch.as_ref().map_or(0, |watch| watch.debounce_ms);
        // A change that the last command brought about is heard this soon after its end.
        let soon = |at: Instant| now.at.since(at) <= debounce_ms + SOON_MS;
        let again = matches!(&self.changes.last, Some((at, known)) if *known == file && soon(*at));
        self.changes.in_row = if again { self.changes.in_row + 1 } else { 0 };
        if self.changes.in_row >= LOOP {
            let restarts = self.changes.in_row;
            self.changes.paused = Some(file.clone());
            return self.journal(now, out, JournalEvent::WatchPaused { file, restarts });
        }
        self.changes.acting = Some((file, count));
        out.actions.push_back(Action::ActOnChange {
            service: self.spec.name.clone(),
        });
    }

    /// The command has ended.
    pub(crate) fn change_acted(&mut self, now: Now, out: &mut Outbox, error: Option<String>) {
        let Some((file, count)) = self.changes.acting.take() else {
            out.stale += 1;
            return;
        };
        self.journal(
            now,
            out,
            JournalEvent::ChangeActed {
                file: file.clone(),
                count,
                error,
            },
        );
        self.changes.last = Some((now.at, file));
        let Some((file, count)) = self.changes.again.take() else {
            return;
        };
        if self.goal == Goal::Up && self.changes.paused.is_none() && self.acts_on_change() {
            self.act(now, out, file, count);
        }
    }

    /// Whether this restart would be one of a chain without end: the last one brought this change about.
    fn is_loop(&mut self, at: Instant, file: &str) -> bool {
        let debounce_ms = self.spec.watch.as_ref().map_or(0, |watch| watch.debounce_ms);
        // The change of a run's start is heard after the debounce.
        let started = self.run.as_ref().map(|run| run.started);
        let again = match (&self.changes.last, started) {
            (Some((last, known)), Some(started)) => {
                known == file && *last <= started && at.since(started) <= debounce_ms + SOON_MS
            }
            // It does not even live long enough.
            (Some((last, known)), None) => known == file && at.since(*last) <= debounce_ms + SOON_MS,
            (None, _) => false,
        };
        self.changes.in_row = if again { self.changes.in_row + 1 } else { 0 };
        self.changes.in_row >= LOOP
    }
}
