//! The journal entries that were seen, as text.

use std::collections::VecDeque;

use director_core::describe::describe;
use director_core::journal::{JournalEntry, JournalEvent};
use director_core::time::WallTime;
use director_core::words::{Health, PhaseName};

use super::line::Style;

/// Entries that are kept: more than any screen shows.
const KEPT: usize = 200;

/// Seconds to add to UTC for the clock on the wall; 0 shows UTC and says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UtcOffset(pub i32);

/// One entry, ready to be shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) wall: WallTime,
    pub(super) service: String,
    pub(super) text: String,
    pub(super) style: Style,
}

/// The latest entries, each once.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) offset: UtcOffset,
    last: Option<u64>,
    shown: VecDeque<Shown>,
}

impl Entries {
    /// Adds those that are newer than all before; says how many.
    pub(super) fn add(&mut self, journal: &[(u64, JournalEntry)]) -> usize {
        let mut added = 0;
        for (number, entry) in journal {
            if self.last.is_some_and(|last| *number <= last) {
                continue;
            }
            self.last = Some(*number);
            added += 1;
            if self.shown.len() == KEPT {
                self.shown.pop_front();
            }
            self.shown.push_back(show(entry));
        }
        added
    }

    /// From the newest to the oldest.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Shown> {
        self.shown.iter().rev()
    }
}

fn show(entry: &JournalEntry) -> Shown {
    Shown {
        wall: entry.wall,
        service: entry
            .service
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        text: describe(entry),
        style: style(&entry.event),
    }
}

fn style(event: &JournalEvent) -> Style {
    match event {
        JournalEvent::PhaseChanged { to, .. } => phase_style(*to),
        JournalEvent::HealthChanged { to, .. } => health_style(*to),
        JournalEvent::ProcessExited { expected: true, .. } => Style::Plain,
        JournalEvent::ProcessExited { expected: false, .. }
        | JournalEvent::SpawnFailed { .. }
        | JournalEvent::TreeKilled { .. }
        | JournalEvent::Blocked { .. }
        | JournalEvent::RecordFailed { .. }
        | JournalEvent::InternalFault { .. }
        | JournalEvent::ReloadRefused { .. }
        | JournalEvent::ConfigFellBack { .. } => Style::Bad,
        JournalEvent::ProbeFailed { .. }
        | JournalEvent::TreeFrozen
        | JournalEvent::RestartScheduled { .. }
        | JournalEvent::LimitNotEnforced { .. }
        | JournalEvent::MemoryExceeded { .. }
        | JournalEvent::MemoryLimitHit { .. }
        | JournalEvent::LogLinesDropped { .. }
        | JournalEvent::Examined { .. }
        | JournalEvent::ChangeRefused { .. }
        | JournalEvent::HookRan { error: Some(_), .. }
        | JournalEvent::WatchPaused { .. }
        | JournalEvent::WatchTrouble { .. }
        | JournalEvent::ScheduleSkipped { .. }
        | JournalEvent::LeftoverEnded { .. } => Style::Warn,
        JournalEvent::OperatorAsked { .. }
        | JournalEvent::ConfigReloaded { .. }
        | JournalEvent::ChangeActed { .. }
        | JournalEvent::ScheduleCame { .. }
        | JournalEvent::MaintenanceBegan { .. }
        | JournalEvent::MaintenanceEnded
        | JournalEvent::HookRan { .. }
        | JournalEvent::FilesChanged { .. } => Style::Accent,
        JournalEvent::DirectorStarted { .. }
        | JournalEvent::DirectorStopped
        | JournalEvent::ProcessStarted { .. }
        | JournalEvent::TreeEmptied
        | JournalEvent::StopBegan { .. }
        | JournalEvent::RungTried { .. }
        | JournalEvent::Unblocked => Style::Plain,
    }
}

pub(super) fn phase_style(phase: PhaseName) -> Style {
    match phase {
        PhaseName::Running | PhaseName::Completed => Style::Good,
        PhaseName::Failed | PhaseName::Blocked => Style::Bad,
        PhaseName::Backoff | PhaseName::Stopping | PhaseName::Starting | PhaseName::Waiting => Style::Warn,
        PhaseName::Idle => Style::Dim,
    }
}

pub(super) fn health_style(health: Health) -> Style {
    match health {
        Health::Healthy => Style::Good,
        Health::Degraded => Style::Warn,
        Health::Unhealthy => Style::Bad,
        Health::Unknown => Style::Dim,
    }
}

/// `HH:MM:SS` on the clock of `offset`.
pub(super) fn clock(wall: WallTime, offset: UtcOffset) -> String {
    let seconds = (wall.0.div_euclid(1000) + i64::from(offset.0)).rem_euclid(86_400);
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
