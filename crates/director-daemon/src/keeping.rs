//! What outlives the moment: the journal, the director's own log, the throttle's history, the last good config.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use director_core::Core;
use director_core::describe::describe;
use director_core::journal::{JournalEntry, JournalEvent};
use director_core::spec::ServiceName;
use director_core::time::{Instant, WallTime};
use director_core::words::PhaseName;
use director_store::director_log::{Level, Line, Log};
use director_store::history::{History, ServiceHistory};
use director_store::journal::{Entry, Journal};
use director_sys::clock;

use crate::hands::Hands;
use crate::input::Input;

/// At the end, a hanging disk gets this long to take the last entries.
const JOURNAL_LIMIT: Duration = Duration::from_secs(5);
/// Lines of the director's log that may wait, and for how long: a hundred services that stop together cost a few writes, not
/// hundreds.
const LINES: usize = 200;
const LINES_MS: i64 = 2;

/// The config's text, to be kept as the last good one once a service of it runs.
pub(crate) struct Candidate {
    pub(crate) text: String,
    pub(crate) source: PathBuf,
}

/// The keeper.
pub(crate) struct Keeping {
    journal: Journal,
    log: Log,
    /// The lines that are not written yet.
    lines: Vec<Line>,
    boot_id: String,
    candidate: Option<Candidate>,
    /// A save is under way; another is due when it ends.
    saving: bool,
    dirty: bool,
    /// A run began whose number is not in the saved history.
    unsaved_run: bool,
}

impl Keeping {
    pub(crate) fn new(journal: Journal, log: Log, boot_id: String, candidate: Option<Candidate>) -> Self {
        Self {
            journal,
            log,
            lines: Vec::new(),
            boot_id,
            candidate,
            saving: false,
            dirty: false,
            unsaved_run: false,
        }
    }

    /// The entries in memory, oldest first.
    pub(crate) fn in_memory(&self) -> Vec<Arc<Entry>> {
        self.journal.after(0)
    }

    /// Keeps an entry, and what follows from it.
    pub(crate) fn journal(&mut self, entry: JournalEntry, core: &Core, hands: &Hands) {
        self.write(&entry);
        match &entry.event {
            JournalEvent::PhaseChanged {
                to: PhaseName::Running | PhaseName::Completed,
                ..
            } => self.config_ran_well(hands),
            JournalEvent::RestartScheduled { .. } => self.dirty = true,
            // While a run lives its own record knows its number.
            JournalEvent::ProcessStarted { .. } => self.unsaved_run = true,
            JournalEvent::PhaseChanged {
                to: PhaseName::Idle | PhaseName::Failed,
                ..
            } => self.dirty |= self.unsaved_run,
            _ => {}
        }
        self.journal.record(&entry);
        // At the end all is saved anyway.
        if self.dirty && !core.is_ending() {
            self.save_history(core, hands);
        }
    }

    /// A line in `director.log`, written soon.
    fn write(&mut self, entry: &JournalEntry) {
        let line = match &entry.service {
            Some(service) => format!("{service}: {}", describe(entry)),
            None => describe(entry),
        };
        let level = if is_warning(&entry.event) {
            Level::Warn
        } else {
            Level::Info
        };
        self.lines.push(Line {
            unix_ms: clock::unix_ms(),
            level,
            message: line,
        });
        if self.lines.len() >= LINES {
            self.write_lines();
        }
    }

    /// Whether lines wait to be written.
    pub(crate) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Writes the lines, if they have waited long enough.
    pub(crate) fn turn_ended(&mut self) {
        if let Some(first) = self.lines.first()
            && !(first.unix_ms..first.unix_ms + LINES_MS).contains(&clock::unix_ms())
        {
            self.write_lines();
        }
    }

    /// Writes the lines.
    pub(crate) fn write_lines(&mut self) {
        self.log.write_all(&self.lines);
        self.lines.clear();
    }

    /// Keeps an entry that concerns the director itself.
    pub(crate) fn note(&mut self, service: Option<ServiceName>, event: JournalEvent) {
        let entry = JournalEntry {
            wall: WallTime(clock::unix_ms()),
            service,
            run: None,
            event,
        };
        self.write(&entry);
        self.journal.record(&entry);
    }

    /// Commands of services were ended with the director.
    pub(crate) fn ended_helpers(&mut self, count: usize) {
        self.log.warn(format_args!(
            "{count} hooks or other commands of services were under way and have been ended"
        ));
    }

    pub(crate) fn record_failed(&mut self, service: Option<ServiceName>, error: String) {
        self.note(service, JournalEvent::RecordFailed { error });
    }

    pub(crate) fn fault(&mut self, error: &str) {
        self.note(
            None,
            JournalEvent::InternalFault {
                error: error.to_owned(),
            },
        );
    }

    /// Another config is in force; it is kept once it has run well.
    pub(crate) fn new_candidate(&mut self, candidate: Candidate) {
        self.candidate = Some(candidate);
    }

    /// A service runs, so the config is good: it is kept for a boot that finds the file broken.
    pub(crate) fn config_ran_well(&mut self, hands: &Hands) {
        let Some(candidate) = self.candidate.take() else {
            return;
        };
        let mine = hands.clone();
        hands.pool().submit(move || {
            let now = clock::unix_ms();
            let saved =
                director_store::last_good::save(mine.data_dir(), &candidate.text, &candidate.source, now);
            if let Err(error) = saved {
                mine.tell(Input::RecordFailed {
                    service: None,
                    error: error.to_string(),
                });
            }
        });
    }

    /// Saves the history in the background; never two saves at once.
    fn save_history(&mut self, core: &Core, hands: &Hands) {
        if self.saving || !self.dirty {
            return;
        }
        self.saving = true;
        self.dirty = false;
        self.unsaved_run = false;
        let history = self.history(core);
        let mine = hands.clone();
        hands.pool().submit(move || {
            if let Err(error) = history.save(mine.data_dir()) {
                mine.tell(Input::RecordFailed {
                    service: None,
                    error: error.to_string(),
                });
            }
            mine.tell(Input::HistorySaved);
        });
    }

    pub(crate) fn history_saved(&mut self, core: &Core, hands: &Hands) {
        self.saving = false;
        self.save_history(core, hands);
    }

    fn history(&self, core: &Core) -> History {
        let mut history = History::new(&self.boot_id);
        for (name, (number, throttle)) in core.history() {
            let restart_times_ms = throttle.times().iter().map(|Instant(ms)| *ms).collect();
            let kept = ServiceHistory {
                next_run: number.0 + 1,
                restart_times_ms,
                count: throttle.count(),
            };
            history.services.insert(name, kept);
        }
        history
    }

    /// The end: what is pending is written.
    pub(crate) fn close(mut self, core: &Core, hands: &Hands) {
        self.note(None, JournalEvent::DirectorStopped);
        self.journal.hurry();
        if let Err(error) = self.history(core).save(hands.data_dir()) {
            self.log.warn(error);
        }
        self.write_lines();
        if !self.journal.finish(JOURNAL_LIMIT) {
            self.log
                .warn("the disk did not take the last journal entries in time");
        }
    }
}

/// Events that a person looking at the log should not miss.
fn is_warning(event: &JournalEvent) -> bool {
    match event {
        JournalEvent::ConfigFellBack { .. }
        | JournalEvent::ReloadRefused { .. }
        | JournalEvent::ProcessExited { expected: false, .. }
        | JournalEvent::SpawnFailed { .. }
        | JournalEvent::ProbeFailed { .. }
        | JournalEvent::TreeFrozen
        | JournalEvent::TreeKilled { .. }
        | JournalEvent::Blocked { .. }
        | JournalEvent::Examined { .. }
        | JournalEvent::LeftoverEnded { .. }
        | JournalEvent::LimitNotEnforced { .. }
        | JournalEvent::MemoryExceeded { .. }
        | JournalEvent::MemoryLimitHit { .. }
        | JournalEvent::LogLinesDropped { .. }
        | JournalEvent::ChangeRefused { .. }
        | JournalEvent::WatchPaused { .. }
        | JournalEvent::WatchTrouble { .. }
        | JournalEvent::ScheduleSkipped { .. }
        | JournalEvent::RecordFailed { .. }
        | JournalEvent::InternalFault { .. } => true,
        JournalEvent::DirectorStarted { after_crash, .. } => *after_crash,
        JournalEvent::PhaseChanged { to, .. } => matches!(to, PhaseName::Failed | PhaseName::Blocked),
        JournalEvent::RungTried { error, .. }
        | JournalEvent::HookRan { error, .. }
        | JournalEvent::ChangeActed { error, .. } => error.is_some(),
        JournalEvent::DirectorStopped
        | JournalEvent::ConfigReloaded { .. }
        | JournalEvent::ProcessStarted { .. }
        | JournalEvent::ProcessExited { .. }
        | JournalEvent::TreeEmptied
        | JournalEvent::FilesChanged { .. }
        | JournalEvent::ScheduleCame { .. }
        | JournalEvent::MaintenanceBegan { .. }
        | JournalEvent::MaintenanceEnded
        | JournalEvent::HealthChanged { .. }
        | JournalEvent::StopBegan { .. }
        | JournalEvent::RestartScheduled { .. }
        | JournalEvent::Unblocked
        | JournalEvent::OperatorAsked { .. } => false,
    }
}
