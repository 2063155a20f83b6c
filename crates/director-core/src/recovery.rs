//! What a killed director left behind: whose is it, and what must end?
//!
//! Guarantees 2 and 7 rest on this judgement, so it is a pure function that the simulation can drive: a process is ours
//! only when it bears the invocation mark of the record, or is exactly the recorded process (pid *and* start time) of this
//! boot. Name and pid alone never suffice.

/// A run's record as an earlier director left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The invocation mark given to the run.
    pub invocation: String,
    /// The boot it was written in.
    pub boot_id: String,
    /// Pid and start time, when the record got so far.
    pub process: Option<(u32, u64)>,
}

/// A live process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessFacts {
    /// Its pid.
    pub pid: u32,
    /// Its start time.
    pub start: u64,
    /// The invocation mark in its environment, where it can be read.
    pub mark: Option<String>,
}

/// The processes of `alive` that belong to `record` and must end before a new run.
#[must_use]
pub fn leftovers(record: &RecordFacts, boot_id: &str, alive: &[ProcessFacts]) -> Vec<(u32, u64)> {
    if record.boot_id != boot_id {
        // Pids of another boot mean nothing.
        return Vec::new();
    }
    alive
        .iter()
        .filter(|process| {
            process.mark.as_deref() == Some(record.invocation.as_str())
                || record.process == Some((process.pid, process.start))
        })
        .map(|process| (process.pid, process.start))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> RecordFacts {
        RecordFacts {
            invocation: "aa".into(),
            boot_id: "b1".into(),
            process: Some((10, 500)),
        }
    }

    fn process(pid: u32, start: u64, mark: Option<&str>) -> ProcessFacts {
        ProcessFacts {
            pid,
            start,
            mark: mark.map(str::to_owned),
        }
    }

    #[test]
    fn only_identity_makes_a_process_ours() {
        let alive = [
            process(10, 500, None),       // recorded
            process(10, 501, None),       // same pid, reused
            process(11, 600, Some("aa")), // marked
            process(12, 700, Some("bb")), // another run's
            process(13, 500, None),       // same start time by chance
        ];
        assert_eq!(leftovers(&record(), "b1", &alive), [(10, 500), (11, 600)]);
    }

    #[test]
    fn a_record_of_another_boot_is_void() {
        assert!(leftovers(&record(), "b2", &[process(10, 500, Some("aa"))]).is_empty());
    }

    #[test]
    fn an_intent_without_identity_finds_by_mark_alone() {
        let intent = RecordFacts {
            process: None,
            ..record()
        };
        let alive = [process(10, 500, None), process(11, 600, Some("aa"))];
        assert_eq!(leftovers(&intent, "b1", &alive), [(11, 600)]);
    }
}
