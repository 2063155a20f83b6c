//! What comes when: pure calculation over all services, from the wall clock's word alone.

use director_core::spec::{ScheduleSpec, ServiceName};
use director_core::time::WallTime;
use director_schedule::{Times, Window, Windows, Zone};
use director_store::planned::{Planned, PlannedService};
use std::collections::BTreeMap;

use super::{News, Schedules};

/// A planned time that passed longer ago than this was missed.
const LATE_MS: i64 = 60_000;
/// Times that are dealt with this far ahead of the clock were dealt with by a clock that was wrong.
const WRONG_CLOCK_MS: i64 = 86_400_000;

/// One service.
struct Entry {
    spec: ScheduleSpec,
    zone: Zone,
    times: Option<Times>,
    windows: Windows,
    /// All planned times up to this moment are dealt with.
    dealt_ms: i64,
    /// The next planned time.
    next_ms: Option<i64>,
    /// Until when windows are open.
    until_ms: Option<i64>,
    /// When a window begins or ends next.
    edge_ms: Option<i64>,
    told: bool,
}

/// All services with a schedule.
pub(super) struct Agenda {
    entries: BTreeMap<ServiceName, Entry>,
    /// The clock at the last look.
    looked_ms: i64,
    unsaved: bool,
}

impl Agenda {
    /// `kept` is what an earlier director, or an earlier configuration, has dealt with.
    pub(super) fn new(schedules: Schedules, kept: &Planned, now_ms: i64) -> Self {
        let entries = schedules
            .into_iter()
            .map(|(name, spec)| {
                let before = kept.services.get(&name);
                let entry = Entry::new(spec, before, now_ms);
                (name, entry)
            })
            .collect();
        Self {
            entries,
            looked_ms: now_ms,
            unsaved: true,
        }
    }

    /// Everything that has come by now, in the order in which it is to be told.
    pub(super) fn look(&mut self, now_ms: i64) -> Vec<(ServiceName, News)> {
        let set_back = now_ms < self.looked_ms;
        self.looked_ms = now_ms;
        let mut found = Vec::new();
        for (name, entry) in &mut self.entries {
            let due = entry.wake_ms().is_some_and(|at| at <= now_ms);
            if due || set_back || !entry.told {
                let (due, dealt) = entry.look(now_ms);
                self.unsaved |= dealt;
                // A window that is open holds what a planned time asks for, so it is told first.
                let outlook = entry.outlook();
                found.extend(outlook.into_iter().chain(due).map(|news| (name.clone(), news)));
            }
        }
        found
    }

    /// When to look again.
    pub(super) fn wake_ms(&self) -> Option<i64> {
        self.entries.values().filter_map(Entry::wake_ms).min()
    }

    /// What is to be on disk, if it has changed.
    pub(super) fn take_unsaved(&mut self) -> Option<Planned> {
        std::mem::take(&mut self.unsaved).then(|| self.planned())
    }

    /// What is dealt with.
    pub(super) fn planned(&self) -> Planned {
        let kept = |(name, entry): (&ServiceName, &Entry)| {
            let service = PlannedService {
                times: entry.spec.times.clone()?,
                timezone: entry.spec.timezone.clone(),
                dealt_unix_ms: entry.dealt_ms,
            };
            Some((name.clone(), service))
        };
        Planned {
            services: self.entries.iter().filter_map(kept).collect(),
            ..Planned::default()
        }
    }

    /// Nobody follows the calendar any more: no window holds anything.
    pub(super) fn give_up(&self) -> Vec<(ServiceName, News)> {
        let nothing = News::Outlook {
            until: None,
            next: None,
        };
        self.entries.keys().map(|name| (name.clone(), nothing)).collect()
    }
}

impl Entry {
    fn new(spec: ScheduleSpec, before: Option<&PlannedService>, now_ms: i64) -> Self {
        // All of it was validated with the configuration: what could not be read then is not here.
        let named = spec.timezone.as_deref().and_then(Zone::named);
        let same = |kept: &&PlannedService| {
            Some(&kept.times) == spec.times.as_ref() && kept.timezone == spec.timezone
        };
        let windows = spec.maintenance.iter().filter_map(|window| {
            Some(Window {
                begins: Times::parse(&window.begins).ok()?,
                lasts_ms: i64::try_from(window.lasts_ms).ok()?,
            })
        });
        Self {
            zone: named.unwrap_or_else(Zone::system),
            times: spec.times.as_deref().and_then(|text| Times::parse(text).ok()),
            windows: Windows(windows.collect()),
            dealt_ms: before.filter(same).map_or(now_ms, |kept| kept.dealt_unix_ms),
            next_ms: None,
            until_ms: None,
            edge_ms: None,
            told: false,
            spec,
        }
    }

    /// Works all of it out anew. Answers the planned time that has come, and whether more is dealt with than before.
    fn look(&mut self, now_ms: i64) -> (Option<News>, bool) {
        let was = (self.next_ms, self.until_ms);
        let dealt_ms = self.dealt_ms;
        if dealt_ms > now_ms.saturating_add(WRONG_CLOCK_MS) {
            self.dealt_ms = now_ms;
        }
        let due = self.due(now_ms);
        let after_ms = self.dealt_ms.max(now_ms);
        self.next_ms = self
            .times
            .as_ref()
            .and_then(|times| times.next(&self.zone, after_ms));
        self.until_ms = self.windows.open_until(&self.zone, now_ms);
        self.edge_ms = self
            .until_ms
            .or_else(|| self.windows.next_begin(&self.zone, now_ms));
        self.told &= was == (self.next_ms, self.until_ms);
        (due, self.dealt_ms != dealt_ms)
    }

    /// The latest planned time that has come and is not dealt with. Those before it are dealt with along with it.
    fn due(&mut self, now_ms: i64) -> Option<News> {
        let planned_ms = self.times.as_ref()?.latest(&self.zone, now_ms)?;
        if planned_ms <= self.dealt_ms {
            return None;
        }
        self.dealt_ms = planned_ms;
        Some(News::Due {
            planned: WallTime(planned_ms),
            missed: now_ms - planned_ms > LATE_MS,
        })
    }

    /// What is to be told of it, if that has changed.
    fn outlook(&mut self) -> Option<News> {
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        Some(News::Outlook {
            until: self.until_ms.map(WallTime),
            next: self.next_ms.map(WallTime),
        })
    }

    fn wake_ms(&self) -> Option<i64> {
        self.next_ms.into_iter().chain(self.edge_ms).min()
    }
}
