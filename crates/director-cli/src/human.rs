//! Times, spans and sizes as people read them.

use director_core::describe::duration;
use director_core::time::{Millis, WallTime};

/// A span for a column: `850ms`, `12s`, `4m05s`, `3h12m`, `5d02h`.
pub(crate) fn short_span(ms: Millis) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms}ms"),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{:02}h", seconds / 86400, seconds % 86400 / 3600),
    }
}

/// `512 B`, `1.5 KiB`, `38.2 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// Turns wall times into text in one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// Now.
    pub(crate) now: WallTime,
    zone: jiff::tz::TimeZone,
}

impl Clock {
    /// Of this machine, now.
    pub(crate) fn system() -> Self {
        Self {
            now: WallTime(jiff::Timestamp::now().as_millisecond()),
            zone: jiff::tz::TimeZone::system(),
        }
    }

    /// UTC at a fixed time, for tests.
    #[cfg(test)]
    pub(crate) fn fixed(now: i64) -> Self {
        Self {
            now: WallTime(now),
            zone: jiff::tz::TimeZone::UTC,
        }
    }

    pub(crate) fn zone(&self) -> &jiff::tz::TimeZone {
        &self.zone
    }

    /// `22:04:05` today, else `2026-11-23 22:04:05`.
    pub(crate) fn at(&self, time: WallTime) -> String {
        let text = |form: &str, time: WallTime| {
            let stamp = jiff::Timestamp::from_millisecond(time.0).ok()?;
            Some(stamp.to_zoned(self.zone.clone()).strftime(form).to_string())
        };
        let day = "%Y-%m-%d";
        let form = if text(day, time) == text(day, self.now) {
            "%H:%M:%S"
        } else {
            "%Y-%m-%d %H:%M:%S"
        };
        text(form, time).unwrap_or_else(|| "an impossible time".to_owned())
    }

    /// How long ago, in milliseconds; zero for the future (clocks are set back).
    pub(crate) fn ago_ms(&self, time: WallTime) -> Millis {
        u64::try_from(self.now.0.saturating_sub(time.0)).unwrap_or(0)
    }

    /// `22:04:05 (3 min 2 s ago)`.
    pub(crate) fn at_ago(&self, time: WallTime) -> String {
        format!("{} ({} ago)", self.at(time), duration(self.ago_ms(time)))
    }
}

/// A command line for reading, with quotes where a word would fall apart.
pub(crate) fn command(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        if word.is_empty() || word.contains(|found: char| found.is_whitespace() || found == '"') {
            format!("{word:?}")
        } else {
            word.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
