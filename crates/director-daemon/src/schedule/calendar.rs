//! The calendar as the driver has it.

use std::collections::BTreeMap;
use std::io;

use director_core::reload::{ReloadPlan, ServiceChange};
use director_core::spec::{ServiceName, ServiceSpec};

use super::scheduler::Scheduler;
use super::{News, Schedules, Word};
use crate::driver::{Driver, now};
use crate::hands::Hands;

/// The thread, if there is one, and which schedules it follows.
pub(crate) struct Calendar {
    scheduler: Option<Scheduler>,
    edition: u64,
}

/// The schedules of all services that have one.
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
