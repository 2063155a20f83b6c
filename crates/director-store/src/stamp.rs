//! Times as they appear in file names and log lines: UTC, to the millisecond.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Now, in Unix milliseconds by the system's clock.
#[must_use]
pub fn unix_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}

/// `2026-11-23T22:15:12.123Z`, for people and log lines (RFC 3339).
#[must_use]
pub fn rfc3339(unix_ms: i64) -> String {
    format(unix_ms, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// `2026-11-23T221512.123Z`: the same without the colons that Windows forbids in file names. Sorts by time.
#[must_use]
pub fn for_file_name(unix_ms: i64) -> String {
    format(unix_ms, "%Y-%m-%dT%H%M%S%.3fZ")
}

/// Reads what [`for_file_name`] wrote; none for anything else.
#[must_use]
pub fn from_file_name(text: &str) -> Option<i64> {
    let shape = text.len() == 22 && text.ends_with('Z') && text.is_ascii();
    if !shape {
        return None;
    }
    let (day, time) = text.split_once('T')?;
    if time.len() != 11 {
        return None;
    }
    let rfc = format!("{day}T{}:{}:{}", &time[..2], &time[2..4], &time[4..]);
    rfc.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

fn format(unix_ms: i64, shape: &str) -> String {
    // Out of range only when the clock says a year beyond 9999: any fixed time will do for such a machine.
    let timestamp = Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.strftime(shape).to_string()
}

#[cfg(test)]
mod tests;
