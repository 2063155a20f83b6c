//! When is the next time? Cron expressions, time zones and windows, as pure calculation.
//!
//! This crate exists because three others need the answer and none may own it: the configuration validates what is written,
//! the daemon sleeps until it is due, and the core, which acts on it, knows neither a time zone nor a calendar. Nothing here
//! reads a clock: every question is asked about an instant, in milliseconds since the Unix epoch.
//!
//! **Daylight saving.** An expression whose seconds, minutes and hours are all fixed values names times of day, and each of
//! them comes once a day: one that the clock skips in spring comes at the end of the gap, one that it shows twice in autumn
//! comes at the first. An expression with `*` or a step in one of these fields names a rhythm, which goes on evenly: it comes
//! neither for minutes that do not exist nor stops for those that are shown twice. That is what cron has always done.

mod fields;
mod times;
mod windows;
mod zone;

pub use times::{CronFault, Times};
pub use windows::{Window, Windows};
pub use zone::Zone;
