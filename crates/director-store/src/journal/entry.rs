//! One entry with its number.

use director_core::journal::JournalEntry;

/// An entry of the journal, as it is kept and handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number: grows by one, never used again. A gap means that the journal was not usable at a start.
    pub seq: u64,
    /// When, in Unix milliseconds.
    pub wall_ms: i64,
    /// Whose; none for the director itself.
    pub service: Option<String>,
    /// Which run.
    pub run: Option<u64>,
    /// What kind of event, such as `phase-changed`.
    pub kind: String,
    /// The whole [`JournalEntry`] as JSON: text, because another version of the director may have written it.
    pub json: String,
}

/// The one field of the JSON that is kept in a column of its own.
#[derive(serde::Deserialize)]
struct Kind<'a> {
    event: &'a str,
}

impl Entry {
    /// The entry without its number.
    pub(crate) fn new(entry: &JournalEntry) -> Self {
        let json = serde_json::to_string(entry).unwrap_or_default();
        let kind = serde_json::from_str(&json)
            .map_or("unknown", |Kind { event }| event)
            .to_owned();
        Self {
            seq: 0,
            wall_ms: entry.wall.0,
            service: entry.service.as_ref().map(|name| name.as_str().to_owned()),
            run: entry.run.map(|run| run.0),
            kind,
            json,
        }
    }

    /// The entry as the core made it.
    ///
    /// # Errors
    /// Another version wrote it, in a way that this one does not know.
    pub fn parse(&self) -> Result<JournalEntry, serde_json::Error> {
        serde_json::from_str(&self.json)
    }

    /// The JSON with the number as its first field: one line of `events --json`.
    #[must_use]
    pub fn numbered_json(&self) -> String {
        match self.json.strip_prefix('{') {
            Some(rest) if rest.trim_start() != "}" => format!("{{\"seq\":{},{rest}", self.seq),
            _ => format!("{{\"seq\":{}}}", self.seq),
        }
    }
}
