//! `--since`: a span back from now, a day, or a time.

use director_core::time::WallTime;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;

/// Understands `10m`, `2h`, `today`, `yesterday`, RFC 3339, and local `2026-11-23`, `2026-11-23 22:00`, `22:00`.
///
/// # Errors
/// Says what is allowed.
pub(crate) fn parse(text: &str, clock: &Clock) -> Result<WallTime, Failure> {
    let text = text.trim();
    if let Ok(span) = director_config::parse_duration(text) {
        let span = i64::try_from(span).unwrap_or(i64::MAX);
        return Ok(WallTime(clock.now.0.saturating_sub(span)));
    }
    instant(text, clock)
        .map(|time| WallTime(time.as_millisecond()))
        .ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`--since {text}` is no time")).hint(
                "allowed: 10m, 2h, today, yesterday, 22:00, 2026-11-23, \"2026-11-23 22:00\", or RFC 3339",
            )
        })
}

fn instant(text: &str, clock: &Clock) -> Option<jiff::Timestamp> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time);
    }
    let zone = clock.zone().clone();
    let today = jiff::Timestamp::from_millisecond(clock.now.0)
        .ok()?
        .to_zoned(zone.clone())
        .date();
    let local = match text {
        "today" => today.to_datetime(jiff::civil::Time::midnight()),
        "yesterday" => today.yesterday().ok()?.to_datetime(jiff::civil::Time::midnight()),
        // Without the colon `10` would be ten o'clock.
        _ if text.contains(':') && !text.contains('-') => today.to_datetime(text.parse().ok()?),
        _ => text.parse::<jiff::civil::DateTime>().ok()?,
    };
    Some(local.to_zoned(zone).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Result<i64, Failure> {
        // 2026-11-23T22:30:00Z
        parse(text, &Clock::fixed(1_795_473_000_000)).map(|time| time.0)
    }

    #[test]
    fn every_allowed_form_is_understood() {
        for (text, expected) in [
            ("10m", 1_795_472_400_000),
            ("2h", 1_795_465_800_000),
            ("today", 1_795_392_000_000),
            ("yesterday", 1_795_305_600_000),
            ("22:00", 1_795_471_200_000),
            ("2026-11-23", 1_795_392_000_000),
            ("2026-11-23 22:00", 1_795_471_200_000),
            ("2026-11-23T22:00:00", 1_795_471_200_000),
            ("2026-11-23T23:00:00+01:00", 1_795_471_200_000),
        ] {
            assert_eq!(at(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_allowed() {
        for text in ["", "soon", "10", "2026-13-01", "25:00"] {
            let failure = at(text).expect_err(text);
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.hints[0].contains("allowed"), "{failure:?}");
        }
    }
}
