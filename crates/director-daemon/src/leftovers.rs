//! What a killed director left behind: found by identity, ended, and told (guarantees 2 and 7).

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use director_core::journal::JournalEvent;
use director_core::recovery::{self, ProcessFacts, RecordFacts};
use director_core::spec::ServiceName;
use director_core::words::RunNumber;
use director_store::files::OnBad;
use director_store::runs::{self, Record, RunStore};
use director_sys::identity::{self, ProcessId};

/// In all, for everything that was left.
const LIMIT: Duration = Duration::from_millis(1_900);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// What to write into the journal.
    pub(crate) events: Vec<(Option<ServiceName>, JournalEvent)>,
    /// Processes that were killed and still exist.
    pub(crate) stubborn: HashMap<ServiceName, Vec<ProcessId>>,
    /// The highest number an earlier run had.
    pub(crate) last_runs: HashMap<ServiceName, RunNumber>,
    /// Whether an earlier director of this boot did not end in good order.
    pub(crate) after_crash: bool,
}

/// Ends what the records of `data_dir` lead to. Takes at most two seconds.
pub(crate) fn end_all(data_dir: &Path, boot_id: &str, store: &mut RunStore) -> Found {
    let mut found = Found::default();
    let loaded = match runs::load_all(data_dir, OnBad::KeepAside) {
        Ok(loaded) => loaded,
        Err(error) => {
            found.events.push((
                None,
                JournalEvent::RecordFailed {
                    error: error.to_string(),
                },
            ));
            return found;
        }
    };
    let mut records = Vec::new();
    for one in loaded {
        match one {
            Ok(record) => records.push(record),
            Err(bad) => found.events.push((
                None,
                JournalEvent::RecordFailed {
                    error: bad.to_string(),
                },
            )),
        }
    }
    for record in &records {
        if record.helper.is_none() {
            found
                .last_runs
                .insert(record.service.clone(), RunNumber(record.run));
        }
        found.after_crash |= record.is_of_boot(boot_id);
    }
    let until = Instant::now() + LIMIT;
    for record in records {
        let alive = end(&record, boot_id, until, &mut found.events);
        if alive.is_empty() {
            if let Err(error) = store.remove_record(&record) {
                found.events.push((
                    Some(record.service),
                    JournalEvent::RecordFailed {
                        error: error.to_string(),
                    },
                ));
            }
        } else {
            found.stubborn.entry(record.service).or_default().extend(alive);
        }
    }
    found
}

/// Kills what belongs to `record` until nothing of it is left or the time is up; returns what still lives.
fn end(
    record: &Record,
    boot_id: &str,
    until: Instant,
    events: &mut Vec<(Option<ServiceName>, JournalEvent)>,
) -> Vec<ProcessId> {
    let mut told: Vec<ProcessId> = Vec::new();
    loop {
        let alive = ours(record, boot_id);
        for id in &alive {
            // Killed again in each round: a process may have forked while the others were being ended.
            let killed = identity::kill(*id);
            if told.contains(id) {
                continue;
            }
            told.push(*id);
            let event = match killed {
                Ok(_) => JournalEvent::LeftoverEnded {
                    pid: id.pid,
                    start: id.start,
                },
                Err(error) => JournalEvent::RecordFailed {
                    error: format!("cannot end leftover pid {}: {error}", id.pid),
                },
            };
            events.push((Some(record.service.clone()), event));
        }
        if alive.is_empty() || Instant::now() >= until {
            return alive;
        }
        // No event tells of the end of a process that is not our child; this lasts two seconds at most, once per start.
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The live processes that are the record's, by the core's judgement.
fn ours(record: &Record, boot_id: &str) -> Vec<ProcessId> {
    let mut facts: Vec<ProcessFacts> = Vec::new();
    // Where environments cannot be searched (Windows) the tree has died with its director anyway.
    for id in identity::find_marked(&record.invocation).unwrap_or_default() {
        facts.push(ProcessFacts {
            pid: id.pid,
            start: id.start,
            mark: Some(record.invocation.clone()),
        });
    }
    if let Some(process) = record.process
        && let Ok(Some(id)) = identity::lookup(process.pid)
    {
        facts.push(ProcessFacts {
            pid: id.pid,
            start: id.start,
            mark: None,
        });
    }
    let judged = RecordFacts {
        invocation: record.invocation.clone(),
        boot_id: record.boot_id.clone(),
        process: record.process.map(|process| (process.pid, process.start)),
    };
    let mut ids: Vec<ProcessId> = recovery::leftovers(&judged, boot_id, &facts)
        .into_iter()
        .map(|(pid, start)| ProcessId { pid, start })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
