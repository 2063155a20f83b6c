//! What is recognised in folders of every kind, on both systems.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod django;
mod facts;
mod odd;
mod other;
mod targets;

use std::fs;

use director_scan::project::{Candidate, Launch, Says, detect};

/// Names and contents.
pub(crate) type Files = &'static [(&'static str, &'static str)];

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

pub(crate) fn found(files: &[(&str, &str)], windows: bool) -> Vec<Candidate> {
    detect(folder(files).path(), windows)
}

/// The likeliest one.
#[track_caller]
pub(crate) fn first(files: &[(&str, &str)], windows: bool) -> Candidate {
    let found = found(files, windows);
    found.into_iter().next().expect("nothing was recognised")
}

/// The command on one line.
pub(crate) fn command(candidate: &Candidate) -> String {
    let program = match &candidate.launch {
        Launch::File(file) => file.clone(),
        Launch::Search(names) => format!("({})", names.join("|")),
    };
    let port = candidate.port.as_ref().map_or(0, |port| port.number);
    let words = candidate.arguments.iter().map(|word| word.with(port));
    std::iter::once(program)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The health route and what it says.
pub(crate) fn health(candidate: &Candidate) -> String {
    let Some(route) = &candidate.health else {
        return "none".to_owned();
    };
    match &route.says {
        Says::Status => format!("{} status", route.path),
        Says::Other(values) => format!("{} {}", route.path, values.join("|")),
        Says::Nothing => format!("{} nothing", route.path),
    }
}
