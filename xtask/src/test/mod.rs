//! `cargo xtask test`: every check and every test, stage by stage, with one table at the end.
//!
//! A stage never stops the others: a broken format must not hide a broken guarantee. Each stage writes its whole
//! output to `target/xtask/NAME.log`; what is printed is a line per stage and, of a failed one, the output.

mod counts;
mod licences;
mod linux;
mod report;
#[cfg(test)]
mod tests;
mod wine;

use anyhow::Result;

use crate::help::Usage;
use report::Report;

/// Which half runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Both,
    Linux,
    Windows,
}

struct Options {
    half: Half,
    /// Substrings of test names; empty means all.
    filters: Vec<String>,
}

/// `cargo xtask test [--linux-only | --windows-only] [FILTER...]`
pub(crate) fn main(words: &[String]) -> Result<bool> {
    let options = parse(words)?;
    let mut report = Report::new();
    if options.filters.is_empty() && options.half != Half::Windows {
        linux::checks(&mut report);
    } else {
        report.left_out("checks", "left out: only some tests were asked for");
    }
    if options.half == Half::Windows {
        report.left_out("linux", "left out by --windows-only");
    } else {
        linux::tests(&mut report, &options.filters);
    }
    if options.half == Half::Linux {
        report.left_out("windows", "left out by --linux-only");
    } else {
        wine::tests(&mut report, &options.filters);
    }
    Ok(report.finish())
}

fn parse(words: &[String]) -> Result<Options> {
    let mut options = Options {
        half: Half::Both,
        filters: Vec::new(),
    };
    for word in words {
        let half = match word.as_str() {
            "--linux-only" => Half::Linux,
            "--windows-only" => Half::Windows,
            option if option.starts_with('-') => return Err(Usage::unexpected(option)),
            filter => {
                options.filters.push(filter.to_owned());
                continue;
            }
        };
        if options.half != Half::Both && options.half != half {
            return Err(Usage::new("--linux-only and --windows-only exclude each other").into());
        }
        options.half = half;
    }
    Ok(options)
}
