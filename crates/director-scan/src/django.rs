//! Database access that a Django project makes while it starts.
//!
//! Three things happen at a start: the settings are imported, then the modules of each application, then `ready()` of each
//! `AppConfig` is called. All of it is followed (see `run`), and each access to the database on the way is a finding.

mod entries;
mod patterns;
pub(crate) mod reason;
mod report;

use std::path::Path;
use std::thread;

pub use patterns::{FIRST_REQUEST, MANAGEMENT_COMMAND};
pub use report::{Access, Finding, Report, Rule, Severity, Step};

use crate::files;
use crate::place::{Skipped, slashed};
use crate::run::{Command, Interpreter, Sources};

/// Nested source is followed by recursion, bounded by the interpreter; this holds its deepest one with room to spare.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Scans the project below `root`, for any command that may start it.
pub fn scan(root: &Path) -> Report {
    scan_for(root, &[])
}

/// Scans the project below `root` as `command` starts it, which decides what tests of `sys.argv` answer. An empty one is unknown.
pub fn scan_for(root: &Path, command: &[String]) -> Report {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("scan".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || scan_here(root, command));
        let reason = match worker.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(report)) => return report,
            Ok(Err(_)) => "could not be scanned: the scan has a bug and ended early".to_owned(),
            Err(error) => format!("could not be scanned: no thread can be started: {error}"),
        };
        Report {
            skipped: vec![Skipped {
                file: root.to_owned(),
                reason,
            }],
            ..Report::default()
        }
    })
}

fn scan_here(root: &Path, command: &[String]) -> Report {
    let listing = files::list(root);
    let sources = Sources::new(root, &listing.python);
    let command = Command::new(command);
    let mut run = Interpreter::new(&sources, command.as_ref());
    let installed = entries::Installed::read(&listing.python, &sources, &mut run);
    for file in entries::modules(&listing.python) {
        run.run_file(file);
    }
    let mut configs = Vec::new();
    for class in entries::configs(&listing.python, &installed, &mut run) {
        configs.push(format!(
            "{}:{}",
            slashed(run.class_file(class)),
            run.class_name(class)
        ));
        run.run_ready(class);
    }
    let (findings, complete) = run.finish();
    let mut skipped = listing.skipped;
    skipped.extend(sources.skipped());
    skipped.sort();
    Report {
        findings,
        configs,
        skipped,
        files: listing.python.len(),
        complete: complete && listing.complete,
    }
}
