//! The checks before a start, as one list: the daemon goes through it before each start, `director preflight` at any time.
//!
//! Cheap checks come first. A check that errs itself never keeps a service down. Who holds something is looked for only after a
//! check has found that something is held.

mod checks;
mod outcome;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use director_core::report::Holder;
use director_core::spec::ServiceSpec;

use crate::database::Task;
pub use outcome::{Checked, Outcome};

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Before an ordinary start: what forbids it, and no further than to the first such thing.
    Start,
    /// Before a start after several that were no use: everything, and a foreign process that has the database open forbids it.
    Thorough,
    /// Everything, while nobody is about to start anything: nothing is changed, not even on request.
    Preview,
}

/// A run of the service that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its number.
    pub run: u64,
    /// Its first process.
    pub pid: u32,
}

/// What only a short-lived helper process may do.
#[derive(Clone, Copy, Debug)]
pub enum Help<'a> {
    /// A task with the database, under the service's account.
    Database(Task, &'a Path),
    /// A search for who has files open, under our own account, which may see more.
    Holders(&'a [PathBuf]),
}

/// What is asked about, and by what means.
pub struct Asked<'a> {
    /// The service.
    pub spec: &'a ServiceSpec,
    /// Where its output will be written.
    pub log_dir: &'a Path,
    /// Set while it is up: what it holds itself is no obstruction.
    pub running: Option<Running>,
    /// Runs a helper and returns what it printed, or why there is nothing.
    pub helper: &'a dyn Fn(Help<'_>) -> Result<Vec<u8>, String>,
    /// What a process has to do with the director, as in "run 3 of web"; none for a foreign one.
    pub ours: &'a dyn Fn(&Holder) -> Option<String>,
}

/// Goes through the list. With [`Depth::Start`] it ends at the first finding.
#[must_use]
pub fn run(asked: &Asked<'_>, depth: Depth) -> Vec<Checked> {
    let mut made = Vec::new();
    for check in checks::LIST {
        if depth == Depth::Start && !check.forbids {
            continue;
        }
        let Some(outcome) = (check.make)(asked, depth) else {
            continue;
        };
        let outcome = match outcome {
            // The start itself fails on it, and says so in its own way.
            Outcome::Found { finding } if depth != Depth::Preview && !check.forbids => {
                Outcome::Warned { finding }
            }
            outcome => outcome,
        };
        let ends = depth == Depth::Start && matches!(outcome, Outcome::Found { .. });
        made.push(Checked {
            name: check.name,
            outcome,
        });
        if ends {
            break;
        }
    }
    made
}

/// Whether an ordinary start has anything to look at.
#[must_use]
pub fn is_needed(spec: &ServiceSpec) -> bool {
    spec.port.is_some() || spec.database.is_some()
}
