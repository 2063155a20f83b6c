//! Windows of time: each begins by a cron expression and lasts for a while.

use crate::times::Times;
use crate::zone::Zone;

/// Windows that touch each other are followed over so many of them. Where they go on and on, the end that is found is not the
/// last one; whoever asks again then finds the next.
const LINKS: usize = 64;

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
            let reaches = self.0.iter().filter_map(|window| {
                let begun = window.begins.latest(zone, until)?;
                Some(begun.saturating_add(window.lasts_ms))
            });
            match reaches.max() {
                Some(end) if end > until => until = end,
                _ => break,
            }
        }
        (until > at_ms).then_some(until)
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
