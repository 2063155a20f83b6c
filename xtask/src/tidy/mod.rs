//! `cargo xtask tidy`: the rules of the source tree that no compiler checks.
//!
//! Text rules work on a copy of each file in which comments and literals are blanked, so that a word in a
//! sentence or in a test's sample is no finding.

mod code;
mod exceptions;
mod functions;
mod graph;
mod rules;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::help::Usage;
use crate::metadata::Graph;
use crate::{process, workspace};
use exceptions::Exceptions;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// As an exception names it.
    rule: &'static str,
    /// Relative to the workspace root, with `/`.
    path: String,
    /// What inside the file, where an exception must say so: a function's name. Else empty.
    item: String,
    text: String,
}

/// `cargo xtask tidy`
pub(crate) fn main(words: &[String]) -> Result<bool> {
    if let Some(word) = words.first() {
        return Err(Usage::unexpected(word));
    }
    println!("{}", check()?);
    Ok(true)
}

/// The same for `cargo xtask test`: an error lists every finding, `Ok` is a remark.
pub(crate) fn check() -> Result<String> {
    let root = workspace::root();
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    let paths = tracked_files(&root)?;
    for path in &paths {
        // A file of the index may be deleted in the tree, and a binary file has no text to check.
        let Ok(text) = fs::read_to_string(root.join(path)) else {
            continue;
        };
        rules::check_file(path, &text, &mut findings, &mut notes);
    }
    graph::check(&Graph::load()?, &mut findings);
    let exceptions = Exceptions::load(&root)?;
    let (remaining, stale) = exceptions.apply(findings);
    for note in notes {
        println!("note: {note}");
    }
    let mut lines: Vec<String> = remaining
        .iter()
        .map(|finding| format!("{}: {} [{}]", finding.path, finding.text, finding.rule))
        .collect();
    lines.extend(
        stale
            .iter()
            .map(|entry| format!("xtask/tidy-exceptions.toml: no longer needed: {entry}")),
    );
    if !lines.is_empty() {
        bail!("{} findings\n{}", lines.len(), lines.join("\n"));
    }
    Ok(format!("tidy: {} files, nothing found", paths.len()))
}

/// Files that git tracks or would track, so that a new file is checked before it is added.
fn tracked_files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root);
    let text = process::stdout_of(&mut git)?;
    Ok(text
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect())
}
