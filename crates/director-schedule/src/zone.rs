//! Time zones by name.

use jiff::tz::TimeZone;

/// A time zone with its rules.
#[derive(Clone, Debug)]
pub struct Zone(pub(crate) TimeZone);

impl Zone {
    /// The zone of this name of the IANA database, such as `Europe/Berlin`; none when there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The machine's own; UTC when it has none that can be read.
    #[must_use]
    pub fn system() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// All names there are, for a suggestion.
    #[must_use]
    pub fn names() -> Vec<String> {
        jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect()
    }
}
