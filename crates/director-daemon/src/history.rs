//! The journal for whoever asks: the latest entries from memory, older ones and those of earlier directors from disk.

use std::path::Path;
use std::sync::Arc;

use director_core::command::Numbered;
use director_core::spec::ServiceName;
use director_store::journal::{Entry, JournalReader};

/// What is asked for: entries with a number above `after`, at most the latest `limit` of them.
pub(crate) struct Wanted {
    pub(crate) after: u64,
    pub(crate) service: Option<ServiceName>,
    pub(crate) limit: usize,
}

impl Wanted {
    /// Whether `memory`, all entries in memory, cannot answer alone.
    pub(crate) fn reaches_beyond(&self, memory: &[Arc<Entry>]) -> bool {
        first_seq(memory) > self.after.saturating_add(1) && self.matching(memory).count() < self.limit
    }

    /// The answer, oldest first; a journal that cannot be read leaves what is in memory. Blocks for the disk when `data_dir` is
    /// given.
    pub(crate) fn answer(&self, memory: &[Arc<Entry>], data_dir: Option<&Path>) -> Vec<Numbered> {
        let first = first_seq(memory);
        let older = data_dir
            .and_then(|data_dir| self.read(data_dir))
            .unwrap_or_default();
        let older = older
            .iter()
            .filter(|entry| entry.seq > self.after && entry.seq < first);
        let mut found: Vec<Numbered> = older
            .chain(self.matching(memory))
            .filter_map(|kept| {
                Some(Numbered {
                    seq: kept.seq,
                    entry: kept.parse().ok()?,
                })
            })
            .collect();
        found.drain(..found.len().saturating_sub(self.limit));
        found
    }

    fn matching<'e>(&'e self, memory: &'e [Arc<Entry>]) -> impl Iterator<Item = &'e Entry> {
        let wanted = self.service.as_ref().map(ServiceName::as_str);
        memory.iter().map(AsRef::as_ref).filter(move |entry| {
            entry.seq > self.after && (wanted.is_none() || entry.service.as_deref() == wanted)
        })
    }

    fn read(&self, data_dir: &Path) -> Option<Vec<Entry>> {
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        let journal = JournalReader::open(data_dir, true).ok()??;
        journal.last(limit, self.service.as_ref()).ok()
    }
}

fn first_seq(memory: &[Arc<Entry>]) -> u64 {
    memory.first().map_or(u64::MAX, |entry| entry.seq)
}
