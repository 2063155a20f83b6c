//! The calendar: planned times and maintenance windows, told to the core when they come.
//!
//! One thread serves all services that have a schedule, and exists only while one has. It sleeps until the next planned time or
//! the next edge of a window by the wall clock, and wakes as well when the clock is set; then it looks at the clock and works out
//! from the calendar alone what has come. So a clock that jumps back brings no time a second time, and one that jumps forward
//! brings the times between at most once, as missed.

mod agenda;
mod calendar;
mod scheduler;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use director_core::spec::{ScheduleSpec, ServiceName};
use director_core::time::WallTime;

pub(crate) use calendar::{Calendar, schedules};

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
