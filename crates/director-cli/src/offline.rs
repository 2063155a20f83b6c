//! What the disk knows when no director runs.

use director_core::command::Numbered;
use director_core::spec::ServiceName;
use director_core::time::WallTime;
use director_store::files::OnBad;
use director_store::journal::JournalReader;
use director_store::logs::{Query, Selection};
use director_store::operator::Operator;
use serde::Serialize;

use crate::locate::Place;

/// More of the last output is not read into memory.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
/// A longer line is cut in an explanation.
const MAX_LINE_CHARS: usize = 400;

/// The records of a director that does not run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Offline {
    /// Always false: what tells this shape from a report.
    pub(crate) running: bool,
    /// The configuration.
    pub(crate) config: String,
    /// When `director shutdown` was said, if that still keeps watchdogs from starting it.
    pub(crate) shut_down: Option<WallTime>,
    /// The services of the configuration.
    pub(crate) services: Vec<OfflineService>,
    /// The last entry of the journal.
    pub(crate) last_event: Option<Numbered>,
    /// Records that could not be read.
    pub(crate) warnings: Vec<String>,
}

/// What is known of one service.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OfflineService {
    /// Its name.
    pub(crate) name: ServiceName,
    /// Since when an operator's stop holds.
    pub(crate) stopped_by_operator: Option<WallTime>,
}

impl Offline {
    pub(crate) fn read(place: &Place) -> Self {
        let (operator, bad) = Operator::load(&place.data_dir, OnBad::Leave);
        let mut warnings: Vec<String> = bad.iter().map(ToString::to_string).collect();
        let boot = director_sys::identity::boot_id().ok();
        let shut_down = boot.as_deref().and_then(|boot| operator.shutdown_in_boot(boot));
        let known = place.spec.iter().flat_map(|spec| spec.services.keys());
        // Services that were stopped and then left the configuration are of no interest.
        let services = known.map(|name| OfflineService {
            name: name.clone(),
            stopped_by_operator: operator.stopped_since(name).map(WallTime),
        });
        let (mut events, event_warning) = events(place, None, 1);
        warnings.extend(event_warning);
        Self {
            running: false,
            config: place.config.display().to_string(),
            shut_down: shut_down.map(|marker| WallTime(marker.at_unix_ms)),
            services: services.collect(),
            last_event: events.pop(),
            warnings,
        }
    }
}

/// The latest journal entries on disk, oldest first, and what is wrong with the journal.
pub(crate) fn events(
    place: &Place,
    service: Option<&ServiceName>,
    limit: usize,
) -> (Vec<Numbered>, Option<String>) {
    let read = JournalReader::open(&place.data_dir, false).and_then(|reader| match reader {
        Some(reader) => reader.last(limit as u64, service),
        None => Ok(Vec::new()),
    });
    let entries = match read {
        Ok(entries) => entries,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let total = entries.len();
    let parsed = entries.iter().filter_map(|entry| {
        let seq = entry.seq;
        entry.parse().ok().map(|entry| Numbered { seq, entry })
    });
    let events: Vec<Numbered> = parsed.collect();
    let unknown = total - events.len();
    let warning = (unknown > 0)
        .then(|| format!("{unknown} journal entries were written by another version and are not shown"));
    (events, warning)
}

/// The last lines of a service's output since a time, control characters replaced. Nothing when they cannot be read: they
/// only illustrate.
pub(crate) fn last_output(
    place: &Place,
    service: &ServiceName,
    since: Option<WallTime>,
    lines: u64,
) -> Vec<String> {
    let query = Query {
        last_lines: Some(lines),
        since_unix_ms: since.map(|since| since.0),
        selection: Selection::ALL,
    };
    let mut bytes = Vec::new();
    let read = director_store::logs::read(&place.log_dir, service, &query, |chunk| {
        let room = MAX_OUTPUT_BYTES.saturating_sub(bytes.len());
        bytes.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
        Ok(())
    });
    if read.is_err() {
        return Vec::new();
    }
    let plain = |line: &str| -> String {
        let visible = line
            .chars()
            .map(|found| if found.is_control() { ' ' } else { found });
        crate::table::cut(visible.collect::<String>().trim_end(), Some(MAX_LINE_CHARS))
    };
    String::from_utf8_lossy(&bytes).lines().map(plain).collect()
}
