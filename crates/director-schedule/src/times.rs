//! The times that a cron expression names.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::fields::{plain, wrong_field};
use crate::zone::Zone;

/// No clock has ever been set back by more at once.
const LONGEST_FOLD: SignedDuration = SignedDuration::from_hours(3);
/// Whether an expression comes at all, and windows ever end, is tried from here on: it holds for every year, so any start will do.
pub(crate) const TRIED_FROM_MS: i64 = 1_700_000_000_000;

/// Why a text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronFault {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It can be read and names no time, such as the 30th of February.
    #[error("no such time ever comes")]
    Never,
}

/// A cron expression: minute, hour, day of month, month, day of week, and optionally the second before them.
#[derive(Clone, Debug)]
pub struct Times {
    cron: Cron,
    /// Whether it names times of day, and not a rhythm.
    fixed: bool,
}

impl Times {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`CronFault`].
    pub fn parse(text: &str) -> Result<Self, CronFault> {
        let parser = CronParser::builder()
            .seconds(Seconds::Optional)
            .year(Year::Disallowed)
            .build();
        if let Some(wrong) = wrong_field(&parser, text) {
            return Err(CronFault::Unreadable(wrong));
        }
        let cron = parser
            .parse(text)
            .map_err(|error| CronFault::Unreadable(plain(&error.to_string())))?;
        let read = cron.as_str();
        let fields: Vec<&str> = read.split_whitespace().collect();
        // The last three are about days.
        let clock = &fields[..fields.len().saturating_sub(3)];
        let fixed = !clock.iter().any(|field| field.contains(['*', '/']));
        let times = Self { cron, fixed };
        match times.next(&Zone(TimeZone::UTC), TRIED_FROM_MS) {
            Some(_) => Ok(times),
            None => Err(CronFault::Never),
        }
    }

    /// The first time after an instant.
    #[must_use]
    pub fn next(&self, zone: &Zone, after_ms: i64) -> Option<i64> {
        let after = second_of(zone, after_ms)?;
        if !self.fixed {
            let found = self.cron.find_next_occurrence(&after, false).ok()?;
            return Some(found.timestamp().as_millisecond());
        }
        // What a time of day means as an instant never runs backwards, so the first one that is late enough is the next.
        let mut day_time = after.datetime();
        loop {
            day_time = self.cron.find_next_occurrence(&day_time, false).ok()?;
            let found = instant(&zone.0, day_time)?;
            if found > after.timestamp() {
                return Some(found.as_millisecond());
            }
        }
    }

    /// The latest time at or before an instant.
    #[must_use]
    pub fn latest(&self, zone: &Zone, at_ms: i64) -> Option<i64> {
        let at = second_of(zone, at_ms)?;
        if !self.fixed {
            let found = self.cron.find_previous_occurrence(&at, true).ok()?;
            return Some(found.timestamp().as_millisecond());
        }
        // In the second half of an hour that is shown twice, later times of day have been already.
        let mut day_time = at.datetime().checked_add(LONGEST_FOLD).ok()?;
        let mut inclusive = true;
        loop {
            day_time = self.cron.find_previous_occurrence(&day_time, inclusive).ok()?;
            inclusive = false;
            let found = instant(&zone.0, day_time)?;
            if found <= at.timestamp() {
                return Some(found.as_millisecond());
            }
        }
    }
}

/// The instant's whole second in its zone: an expression knows nothing finer.
fn second_of(zone: &Zone, ms: i64) -> Option<Zoned> {
    let stamp = Timestamp::from_second(ms.div_euclid(1_000)).ok()?;
    Some(stamp.to_zoned(zone.0.clone()))
}

/// When a time of day comes that is to come once: at the end of a gap, and first of two.
fn instant(zone: &TimeZone, day_time: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(day_time);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        // By the offset that holds after the gap, the time lies before it.
        AmbiguousOffset::Gap { .. } => {
            let before = ambiguous.earlier().ok()?;
            zone.following(before).next().map(|end| end.timestamp())
        }
    }
}
