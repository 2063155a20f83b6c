//! The calendar: planned times and maintenance windows, told to the core when they come.
//!
//! One thread serves all services that have a schedule, and exists only while one has. It sleeps until the next planned time or
//! the next edge of a window by the wall clock, and wakes as well when the clock is set; then it looks at the clock and works out
//! from the calendar alone what has come. So a clock that jumps back brings no time a second time, and one that jumps forward
//! brings the times between at most once, as missed.

mod agenda;
mod scheduler;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

use director_core::reload::{ReloadPlan, ServiceChange};
use director_core::spec::{ScheduleSpec, ServiceName, ServiceSpec};
use director_core::time::WallTime;

use crate::driver::{Driver, now};
use crate::hands::Hands;
use scheduler::Scheduler;

/// What the calendar says about one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A planned time has come; `missed`: it passed unheeded.
    Due { planned: WallTime, missed: bool },
    /// Until when windows are open, and when the next planned time comes.
    Outlook {
        until: Option<WallTime>,
        next: Option<WallTime>,
    },
}

/// A word of the calendar's thread.
pub(crate) struct Word {
    pub(crate) service: ServiceName,
    pub(crate) news: News,
    /// Counts the schedules that were put into force.
    pub(crate) edition: u64,
}

/// The schedules of all services that have one.
pub(crate) type Schedules = BTreeMap<ServiceName, ScheduleSpec>;

/// The calendar, as the driver has it.
pub(crate) struct Calendar {
    scheduler: Option<Scheduler>,
    edition: u64,
}

pub(crate) fn schedules(services: &BTreeMap<ServiceName, ServiceSpec>) -> Schedules {
    let scheduled = |(name, one): (&ServiceName, &ServiceSpec)| Some((name.clone(), one.schedule.clone()?));
    services.iter().filter_map(scheduled).collect()
}

impl Calendar {
    /// Begins to follow the schedules, if there are any.
    pub(crate) fn start(schedules: Schedules, hands: &Hands) -> io::Result<Self> {
        let mut calendar = Self {
            scheduler: None,
            edition: 0,
        };
        calendar.renew(schedules, hands)?;
        Ok(calendar)
    }

    /// Other schedules are in force from now on.
    pub(crate) fn renew(&mut self, schedules: Schedules, hands: &Hands) -> io::Result<()> {
        self.edition += 1;
        if schedules.is_empty() {
            self.scheduler = None;
            return Ok(());
        }
        match &self.scheduler {
            Some(scheduler) => scheduler.renew(schedules, self.edition),
            None => self.scheduler = Some(Scheduler::start(schedules, self.edition, hands)?),
        }
        Ok(())
    }
}

impl Driver {
    /// The calendar's thread says something.
    pub(crate) fn calendar_says(&mut self, word: &Word) {
        let service = &word.service;
        match word.news {
            News::Due { planned, missed } => self.core.schedule_due(now(), service, planned, missed),
            // One of before the last reload is out of date; a new one is on its way.
            News::Outlook { .. } if word.edition != self.calendar.edition => {}
            News::Outlook { until, next } => {
                self.core.window(now(), service, until);
                self.core.next_scheduled(service, next);
            }
        }
    }

    /// Follows the new schedules, if anything about them changed.
    pub(crate) fn renew_calendar(
        &mut self,
        plan: &ReloadPlan,
        services: &BTreeMap<ServiceName, ServiceSpec>,
    ) {
        let concerns = |change: &ServiceChange| {
            let keys = &change.keys;
            keys.is_empty() || keys.iter().any(|key| key == "schedule")
        };
        if !plan.services.iter().any(concerns) {
            return;
        }
        if let Err(error) = self.calendar.renew(schedules(services), &self.hands) {
            let error = format!("the new schedules are not followed: {error}");
            self.keeping.record_failed(None, error);
        }
    }
}
