//! Windows of time: each begins by a cron expression and lasts for a while.

use jiff::tz::TimeZone;

use crate::times::{TRIED_FROM_MS, Times};
use crate::zone::Zone;

/// Windows that touch each other are followed over so many of them. Where they go on and on, the end that is found is not the
/// last one; whoever asks again then finds the next.
const LINKS: usize = 64;
/// Windows that leave no gap for a year never end, as far as a service that waits for it can tell.
const LONGEST_MS: i64 = 365 * 86_400_000;
/// Nor do so many of them in a row; a week has a few more minutes.
const LONGEST_ROW: usize = 10_000;

/// One sort of window.
#[derive(Clone, Debug)]
pub struct Window {
    /// When it begins.
    pub begins: Times,
    /// How long it lasts, in milliseconds that really pass.
    pub lasts_ms: i64,
}

/// All windows of a service, in one zone.
#[derive(Clone, Debug, Default)]
pub struct Windows(pub Vec<Window>);

impl Windows {
    /// When the windows end that are open at an instant, with those that begin before they have ended; none when none is open.
    #[must_use]
    pub fn open_until(&self, zone: &Zone, at_ms: i64) -> Option<i64> {
        let mut until = at_ms;
        for _ in 0..LINKS {
            match self.link(zone, until) {
                Some(end) => until = end,
                None => break,
            }
        }
        (until > at_ms).then_some(until)
    }

    /// Whether the windows, once one has begun, go on for a year or for [`LONGEST_ROW`] of them without a gap. The answer
    /// is the same in every zone: an hour that a change of the clocks adds once a year is no gap that anyone means.
    #[must_use]
    pub fn never_end(&self) -> bool {
        let zone = Zone(TimeZone::UTC);
        self.0
            .iter()
            .filter_map(|window| window.begins.next(&zone, TRIED_FROM_MS))
            .any(|begin| self.goes_on(&zone, begin))
    }

    fn goes_on(&self, zone: &Zone, begin: i64) -> bool {
        let mut until = begin;
        for _ in 0..LONGEST_ROW {
            match self.link(zone, until) {
                Some(end) => until = end,
                None => return false,
            }
            if until.saturating_sub(begin) >= LONGEST_MS {
                return true;
            }
        }
        true
    }

    /// The latest end, after an instant, of the windows that have begun by then.
    fn link(&self, zone: &Zone, at_ms: i64) -> Option<i64> {
        let reaches = self.0.iter().filter_map(|window| {
            let begun = window.begins.latest(zone, at_ms)?;
            Some(begun.saturating_add(window.lasts_ms))
        });
        reaches.max().filter(|end| *end > at_ms)
    }

    /// When the next window begins after an instant.
    #[must_use]
    pub fn next_begin(&self, zone: &Zone, after_ms: i64) -> Option<i64> {
        self.0
            .iter()
            .filter_map(|window| window.begins.next(zone, after_ms))
            .min()
    }
}
