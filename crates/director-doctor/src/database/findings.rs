//! What a check of a database means for a start, in words for a person.

use std::path::Path;

use director_core::report::{Finding, Holder};
use director_core::spec::DatabaseSpec;
use director_sys::identity;

use super::check::BUSY;
use super::task::{Answer, State};
use crate::holders::{self, Found};
use crate::steps;

/// The finding that a helper's output means; `who` looks for the holders when there is a lock, which takes time.
#[must_use]
pub fn finding(spec: &DatabaseSpec, output: &[u8], who: impl FnOnce() -> Found) -> Option<Finding> {
    match serde_json::from_slice::<Answer>(output) {
        Ok(answer) => match answer.state {
            State::Usable => None,
            State::Locked { pid } => Some(locked(&spec.sqlite, pid, who())),
            State::Unusable { error } => Some(unusable(&spec.sqlite, &error)),
        },
        Err(_) => {
            let said: String = String::from_utf8_lossy(output).chars().take(200).collect();
            Some(unusable(
                &spec.sqlite,
                &format!("the check said something unexpected: {said}"),
            ))
        }
    }
}

/// The finding when the helper gave no answer.
#[must_use]
pub fn unanswered(spec: &DatabaseSpec, error: &str) -> Finding {
    unusable(&spec.sqlite, &format!("the check gave no answer: {error}"))
}

const AVOID: [&str; 2] = [
    "deleting or renaming the -wal, -shm or -journal file: that loses committed data",
    "trying another port: the database stays locked",
];

fn locked(file: &Path, pid: Option<u32>, mut found: Found) -> Finding {
    // Whom the lock itself names is the one, whoever else has the file open.
    if let Some(pid) = pid {
        if found.holders.iter().any(|holder| holder.pid == pid) {
            found.holders.retain(|holder| holder.pid == pid);
        } else if let Ok(Some(info)) = identity::describe(pid) {
            found.holders = vec![holders::of(&info, Some(file))];
        }
    } else if !found.lockers.is_empty() {
        found.holders.retain(|holder| found.lockers.contains(&holder.pid));
    }
    let by = match found.holders.as_slice() {
        [] => "another process".to_owned(),
        [one] => holders::brief(one),
        [first, rest @ ..] => format!("one of {} and {} more", holders::brief(first), rest.len()),
    };
    let file = file.display();
    let mut evidence = vec![format!(
        "a write lock on {file} was refused for {} ms",
        BUSY.as_millis()
    )];
    evidence.extend(found.partial);
    Finding {
        code: "database-locked".to_owned(),
        summary: format!("the database {file} is locked by {by}"),
        evidence,
        remedy: remedy(&found.holders, "the lock is gone"),
        avoid: AVOID.map(str::to_owned).into(),
        holders: found.holders,
    }
}

fn remedy(holders: &[Holder], thing: &str) -> Vec<String> {
    if holders.is_empty() {
        steps::for_nobody(thing)
    } else {
        steps::for_holders(holders, thing)
    }
}

/// The finding that foreign processes have the database open, although no lock of theirs was met.
#[must_use]
pub fn held(file: &Path, foreign: Vec<Holder>, partial: Vec<String>) -> Option<Finding> {
    let first = foreign.first()?;
    let more = match foreign.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (file, who) = (file.display(), holders::brief(first));
    let mut evidence =
        vec!["run after run never became healthy, and this is not a process of the director".to_owned()];
    evidence.extend(partial);
    let mut remedy = remedy(&foreign, "nobody else has the database open");
    remedy.push(
        "if that process has nothing to do with it, `director start` starts the service all the same"
            .to_owned(),
    );
    Some(Finding {
        code: "database-held".to_owned(),
        summary: format!("{who}{more} has the database {file} open, and the service never became healthy"),
        evidence,
        remedy,
        avoid: AVOID.map(str::to_owned).into(),
        holders: foreign,
    })
}

fn unusable(file: &Path, error: &str) -> Finding {
    let file = file.display();
    Finding {
        code: "database-unusable".to_owned(),
        summary: format!("the database {file} cannot be used: {error}"),
        evidence: vec![error.to_owned()],
        remedy: vec![
            "check that the file is a SQLite database and that the service's account may write it and its folder"
                .to_owned(),
            "restore a backup if the file is damaged; keep the damaged one with its -wal file".to_owned(),
        ],
        avoid: vec!["deleting the -wal, -shm or -journal file: that loses committed data".to_owned()],
        holders: Vec::new(),
    }
}
