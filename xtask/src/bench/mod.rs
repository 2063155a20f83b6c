//! `cargo xtask bench`: this build against bare loops in C and against supervisord, in one run.
//!
//! A figure of one machine says little; a ratio to the least that the system itself needs, taken in the same minute,
//! says much. The supervised programs note their own times (see `benches/README.md`), so that every supervisor is
//! measured by the same clock and by what a user would notice: when the new run's `main` begins.

mod fleet;
mod flood;
mod preflight;
mod probe;
mod programs;
mod respawn;
mod row;
mod stamps;
mod supervisor;
#[cfg(test)]
mod tests;
mod watch;
mod wine;

use std::path::PathBuf;

use anyhow::Result;

use crate::help::Usage;
use programs::Programs;
use row::Row;

type Bench = fn(&Programs, Size) -> Result<Vec<Row>>;

const BENCHES: &[(&str, Bench)] = &[
    ("respawn", respawn::run),
    ("fleet", fleet::run),
    ("flood", flood::run),
    ("preflight", preflight::run),
    ("watch", watch::run),
    ("wine", wine::run),
];

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    quick: bool,
}

impl Size {
    /// `full` repetitions, or `few` for `--quick`.
    fn pick<T>(self, full: T, few: T) -> T {
        if self.quick { few } else { full }
    }
}

/// `cargo xtask bench [--quick] [--director FILE] [--list] [NAME...]`
pub(crate) fn main(words: &[String]) -> Result<bool> {
    let mut size = Size { quick: false };
    let mut wanted: Vec<&str> = Vec::new();
    let mut director = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--quick" => size.quick = true,
            "--director" => {
                director = Some(PathBuf::from(
                    rest.next().ok_or_else(|| Usage::new("--director needs a file"))?,
                ));
            }
            "--list" => {
                BENCHES.iter().for_each(|(name, _)| println!("{name}"));
                return Ok(true);
            }
            name if BENCHES.iter().any(|(known, _)| *known == name) => wanted.push(name),
            other => return Err(Usage::unexpected(other)),
        }
    }
    let programs = Programs::build(director)?;
    let mut rows = Vec::new();
    let mut complete = true;
    for (name, bench) in BENCHES
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(name))
    {
        println!("{name} ...");
        match bench(&programs, size) {
            Ok(found) => rows.extend(found),
            Err(error) => {
                // The others' figures are worth having all the same.
                println!("{name}: FAILED: {error:#}");
                complete = false;
            }
        }
    }
    row::print(&rows);
    Ok(complete && rows.iter().all(Row::is_met))
}
