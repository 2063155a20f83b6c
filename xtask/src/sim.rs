//! `cargo xtask sim`: the seeded simulation, in release because it runs millions of steps.

use std::process::Command;

use anyhow::{Context, Result};

use crate::help::Usage;
use crate::workspace;

/// `cargo xtask sim [--seeds N | --graphs N] [--seed S]`
pub(crate) fn main(words: &[String]) -> Result<bool> {
    let mut seeds = 1000;
    let mut what = "--seeds";
    let mut first = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut number = || {
            let value = rest.next().and_then(|text| text.parse::<u64>().ok());
            value.ok_or_else(|| Usage::new(format!("{word} needs a number")))
        };
        match word.as_str() {
            "--seeds" | "--graphs" => {
                seeds = number()?;
                what = if word == "--graphs" { "--graphs" } else { "--seeds" };
            }
            "--seed" => first = Some(number()?),
            other => return Err(Usage::unexpected(other)),
        }
    }
    let status = command(what, seeds, first)
        .status()
        .context("cannot start cargo")?;
    Ok(status.success())
}

/// The command that runs so many histories (`--seeds`) or fleets (`--graphs`), from `first` on or from the fixed beginning.
pub(crate) fn command(what: &str, seeds: u64, first: Option<u64>) -> Command {
    let mut command = Command::new(workspace::cargo());
    command.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "director-sim",
        "--bin",
        "director-sim",
    ]);
    command.args(workspace::locked()).current_dir(workspace::root());
    command.args(["--", what, &seeds.to_string()]);
    if let Some(first) = first {
        command.args(["--seed", &first.to_string()]);
    }
    command
}
