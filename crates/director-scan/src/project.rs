//! Which kind of application a folder holds, and how it is started.
//!
//! Heuristics over text: the files of a folder are listed once, within bounds, and each kind of application looks for its own
//! marks. What comes out are candidates, the likeliest first, each with the place it was seen at. Nothing is run, and nothing
//! outside the folder is looked at: a program that is searched for on `PATH` is named by its bare name.

mod apps;
mod candidate;
mod database;
mod django;
mod dotnet;
mod files;
mod hints;
mod interpreter;
mod modules;
mod node;
mod plain;
mod route;
mod servers;
mod settings;
mod text;

use std::path::Path;

pub use candidate::{Candidate, Framework, Launch, Migration, Port, Route, Says, Seen, Word};

use files::Files;
use modules::Modules;

/// No folder has more candidates than a person wants to read.
const MOST: usize = 6;

/// The ways to run what `root` holds, the likeliest first. `windows` says for which system: it selects the servers that exist
/// there and where a virtual environment has its Python.
#[must_use]
pub fn detect(root: &Path, windows: bool) -> Vec<Candidate> {
    let files = Files::list(root);
    let modules = Modules::read(&files);
    let around = Around {
        files: &files,
        modules: &modules,
        hints: hints::read(&files),
        windows,
    };
    let mut found = django::find(&around);
    found.extend(apps::find(&around));
    found.extend(dotnet::find(&around));
    found.extend(node::find(&around));
    if found.is_empty() {
        found.extend(plain::find(&around));
    }
    // Stable: what was found first stays first among equals.
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.likelihood));
    found.truncate(MOST);
    found
}

/// What every kind looks at.
struct Around<'a> {
    files: &'a Files,
    modules: &'a Modules,
    hints: hints::Hints,
    windows: bool,
}
