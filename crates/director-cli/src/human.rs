//! Times, spans and sizes as people read them.

use std::cell::OnceCell;

use director_core::describe::duration;
use director_core::time::{Millis, WallTime};
use jiff::tz::TimeZone;

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

/// Turns wall times into text in one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// Now.
    pub(crate) now: WallTime,
    /// Found out only when a time is shown: it takes a walk through the whole time zone database.
    zone: OnceCell<TimeZone>,
}

impl Clock {
    /// Of this machine, now.
    pub(crate) fn system() -> Self {
        Self {
            now: WallTime(jiff::Timestamp::now().as_millisecond()),
            zone: OnceCell::new(),
        }
    }

    /// UTC at a fixed time, for tests.
    #[cfg(test)]
    pub(crate) fn fixed(now: i64) -> Self {
        Self {
            now: WallTime(now),
            zone: OnceCell::from(TimeZone::UTC),
        }
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        self.zone.get_or_init(TimeZone::system)
    }

    /// `22:04:05` today, else `2026-11-23 22:04:05`.
    pub(crate) fn at(&self, time: WallTime) -> String {
        let text = |form: &str, time: WallTime| {
            let stamp = jiff::Timestamp::from_millisecond(time.0).ok()?;
            Some(stamp.to_zoned(self.zone().clone()).strftime(form).to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_fit_a_column() {
        for (ms, expected) in [
            (0, "0ms"),
            (999, "999ms"),
            (59_999, "59s"),
            (65_000, "1m05s"),
            (3_599_000, "59m59s"),
            (3_660_000, "1h01m"),
            (86_400_000, "1d00h"),
        ] {
            assert_eq!(short_span(ms), expected);
        }
    }

    #[test]
    fn times_of_today_need_no_date() {
        let clock = Clock::fixed(1_795_473_000_000);
        assert_eq!(clock.at(WallTime(1_795_472_995_000)), "22:29:55");
        assert_eq!(clock.at(WallTime(1_795_386_600_000)), "2026-11-22 22:30:00");
        assert_eq!(clock.at_ago(WallTime(1_795_472_995_000)), "22:29:55 (5 s ago)");
        // The clock was set back meanwhile.
        assert_eq!(clock.ago_ms(WallTime(1_795_473_999_000)), 0);
        assert_eq!(clock.at(WallTime(i64::MAX)), "an impossible time");
    }

    #[test]
    fn commands_show_where_words_end() {
        let words = ["python", "my app.py", "", "-v"].map(str::to_owned);
        assert_eq!(command(&words), "python \"my app.py\" \"\" -v");
    }
}
