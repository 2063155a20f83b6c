//! Durations and sizes as people write them.

use director_core::time::Millis;

/// No duration is longer than ten years of 365 days.
pub(crate) const MAX_DURATION_MS: Millis = 3650 * 86_400_000;

/// Units of time, longest first, in milliseconds.
const TIME_UNITS: [(&str, Millis); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Units of size in bytes; the first of equal value that divides evenly is the one shown.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationFault {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// A minus sign.
    #[error("it is negative")]
    Negative,
    /// A decimal point.
    #[error("it has a fraction")]
    Fraction,
    /// A number must stand here.
    #[error("`{0}` is no number")]
    BadNumber(String),
    /// A number without a unit.
    #[error("the number {0} has no unit")]
    MissingUnit(String),
    /// No such unit.
    #[error("`{0}` is no unit of time")]
    UnknownUnit(String),
    /// A unit after an equal or shorter one, as in `30s1m`.
    #[error("the unit `{0}` must stand before a shorter one, and once")]
    Order(String),
    /// More than ten years.
    #[error("it is longer than ten years")]
    TooLong,
}

/// Parses `500ms`, `30s`, `15m`, `2h`, `1d`, `1m30s`: whole numbers with units, the longest first.
///
/// # Errors
/// The first [`DurationFault`] found.
pub fn parse_duration(text: &str) -> Result<Millis, DurationFault> {
    if text.is_empty() {
        return Err(DurationFault::Empty);
    }
    if text.starts_with('-') {
        return Err(DurationFault::Negative);
    }
    let (mut rest, mut total, mut shorter_than) = (text, 0_u64, Millis::MAX);
    while !rest.is_empty() {
        let (number, after) = split_at_first(rest, |found| !found.is_ascii_digit());
        if after.starts_with('.') && !number.is_empty() {
            return Err(DurationFault::Fraction);
        }
        let (unit, after) = split_at_first(after, |found| found.is_ascii_digit());
        if number.is_empty() {
            return Err(DurationFault::BadNumber(unit.to_owned()));
        }
        if unit.is_empty() {
            return Err(DurationFault::MissingUnit(number.to_owned()));
        }
        let Some((_, factor)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(DurationFault::UnknownUnit(unit.trim().to_owned()));
        };
        if *factor >= shorter_than {
            return Err(DurationFault::Order(unit.to_owned()));
        }
        shorter_than = *factor;
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|value| value.checked_mul(*factor));
        total = part
            .and_then(|part| total.checked_add(part))
            .ok_or(DurationFault::TooLong)?;
        rest = after;
    }
    if total > MAX_DURATION_MS {
        Err(DurationFault::TooLong)
    } else {
        Ok(total)
    }
}

/// The shortest text that [`parse_duration`] reads back as this value: `90_000` is `1m30s`.
#[must_use]
pub fn duration_text(ms: Millis) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let (mut rest, mut text) = (ms, String::new());
    for (unit, factor) in TIME_UNITS {
        if rest >= factor {
            text.push_str(&format!("{}{unit}", rest / factor));
            rest %= factor;
        }
    }
    text
}

/// Why a text is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeFault {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// A whole number must begin it.
    #[error("it does not begin with a whole number")]
    BadNumber,
    /// A number without a unit.
    #[error("the number {0} has no unit")]
    MissingUnit(String),
    /// No such unit.
    #[error("`{0}` is no unit of size")]
    UnknownUnit(String),
    /// More than 64 bits hold.
    #[error("it is too large")]
    TooLarge,
}

/// Parses `10MB` (ten million bytes), `10MiB` (10 × 1024 × 1024), `512KiB`, `2GB`, `100B`; letter case does not matter.
///
/// # Errors
/// The first [`SizeFault`] found.
pub fn parse_size(text: &str) -> Result<u64, SizeFault> {
    if text.is_empty() {
        return Err(SizeFault::Empty);
    }
    let (number, unit) = split_at_first(text, |found| !found.is_ascii_digit());
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    if number.is_empty() || unit.starts_with('.') {
        return Err(SizeFault::BadNumber);
    }
    if unit.is_empty() {
        return Err(SizeFault::MissingUnit(number.to_owned()));
    }
    let Some((_, factor)) = SIZE_UNITS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))
    else {
        return Err(SizeFault::UnknownUnit(unit.to_owned()));
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|value| value.checked_mul(*factor))
        .ok_or(SizeFault::TooLarge)
}

/// The shortest text that [`parse_size`] reads back as this value: `10_485_760` is `10MiB`.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let fits = SIZE_UNITS
        .iter()
        .find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    match fits {
        Some((unit, factor)) => format!("{}{unit}", bytes / factor),
        None => format!("{bytes}B"),
    }
}

fn split_at_first(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}
