//! The view where there is no terminal: one line per journal entry, without any escape sequence.

use director_core::journal::JournalEntry;

use super::entries::{Entries, UtcOffset, clock};

/// Remembers what was printed.
#[derive(Debug, Default)]
pub struct PlainView {
    entries: Entries,
}

impl PlainView {
    /// Nothing printed yet; times are shown in `offset` from UTC.
    #[must_use]
    pub fn new(offset: UtcOffset) -> Self {
        let mut entries = Entries::default();
        entries.offset = offset;
        Self { entries }
    }

    /// The lines to print now, each with its line end. `journal` may overlap with earlier calls: each number is printed once.
    pub fn apply(&mut self, journal: &[(u64, JournalEntry)]) -> String {
        let mut text = String::new();
        // In pieces, because the store keeps only the latest.
        for entry in journal.chunks(1) {
            if self.entries.add(entry) == 0 {
                continue;
            }
            if let Some(shown) = self.entries.newest().next() {
                let time = clock(shown.wall, self.entries.offset);
                let service = if shown.service.is_empty() {
                    "director"
                } else {
                    &shown.service
                };
                text.push_str(&format!("{time} {service}: {}\n", shown.text));
            }
        }
        text
    }
}
