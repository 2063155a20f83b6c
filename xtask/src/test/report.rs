//! Running stages and telling about them.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::counts::Counts;
use crate::{process, workspace};

/// Nothing in this repository needs longer on two slow cores; a hang must not hold a build server for hours.
const LIMIT: Duration = Duration::from_secs(40 * 60);

struct Stage {
    name: String,
    result: String,
    elapsed: Duration,
    counts: Counts,
}

/// The stages so far.
pub(super) struct Report {
    stages: Vec<Stage>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { stages: Vec::new() }
    }

    /// A stage that was not asked for; it stands in the table so that nobody takes the rest for the whole.
    pub(super) fn left_out(&mut self, name: &str, why: &str) {
        println!("{name}: {why}");
        let (name, result) = (name.to_owned(), why.to_owned());
        self.stages.push(Stage {
            name,
            result,
            elapsed: Duration::ZERO,
            counts: Counts::default(),
        });
    }

    /// A check: one program whose exit code decides, counted as one.
    pub(super) fn check(&mut self, name: &str, command: Command) -> bool {
        self.stage(name, || {
            let outcome = process::capture(command, LIMIT)?;
            Ok((Counts::of_check(outcome.success), outcome.output, outcome.note))
        })
    }

    /// A check that is done here, counted as one; an error is its finding, `Ok` is a remark for the table.
    pub(super) fn own_check(&mut self, name: &str, work: impl FnOnce() -> Result<String>) -> bool {
        self.stage(name, || {
            let remark = work()?;
            Ok((Counts::of_check(true), remark, None))
        })
    }

    /// A test runner, whose own counts are read from its output. Without a filter it must find tests.
    pub(super) fn runner(&mut self, name: &str, command: Command, filtered: bool) -> bool {
        self.stage(name, || {
            let outcome = process::capture(command, LIMIT)?;
            let (mut counts, mut note) = (Counts::read(&outcome.output), outcome.note);
            if note.is_none() && !filtered && counts == Counts::default() {
                note = Some("no test was found; a stage without tests proves nothing".to_owned());
            }
            if note.is_some() && counts.failed == 0 {
                // It did not compile, or a test program died: that is at least one failure.
                counts.failed = 1;
            }
            Ok((counts, outcome.output, note))
        })
    }

    fn stage(&mut self, name: &str, work: impl FnOnce() -> Result<(Counts, String, Option<String>)>) -> bool {
        println!("{name} ...");
        let started = Instant::now();
        let (counts, output, note) = match work() {
            Ok(done) => done,
            Err(error) => (Counts::of_check(false), String::new(), Some(format!("{error:#}"))),
        };
        let elapsed = started.elapsed();
        let failed = note.is_some() || counts.failed > 0;
        let log = workspace::target("xtask").join(format!("{}.log", name.replace(' ', "-")));
        let kept = log
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&log, &output));
        if let Err(error) = kept {
            eprintln!("cannot keep the output in {}: {error}", log.display());
        }
        if failed {
            println!("{}", without_passing(&output).trim_end());
            println!(
                "{name}: FAILED: {}",
                note.as_deref().unwrap_or("failing tests, see above")
            );
        } else if counts.is_one_check() {
            println!("{name}: ok ({:.0} s){}", elapsed.as_secs_f64(), remark(&output));
        } else {
            println!("{name}: ok, {counts} ({:.0} s)", elapsed.as_secs_f64());
        }
        let result = if failed { "FAILED" } else { "ok" };
        self.stages.push(Stage {
            name: name.to_owned(),
            result: result.to_owned(),
            elapsed,
            counts,
        });
        !failed
    }

    /// Prints the table and the last line; `true` when no stage failed.
    pub(super) fn finish(self) -> bool {
        let mut total = Counts::default();
        println!(
            "\n{:<28} {:>7}  {:>20}  result",
            "stage", "minutes", "passed/failed/skipped"
        );
        for stage in &self.stages {
            total.add(stage.counts);
            let Counts {
                passed,
                failed,
                skipped,
            } = stage.counts;
            let (minutes, counts) = (
                stage.elapsed.as_secs_f64() / 60.0,
                format!("{passed}/{failed}/{skipped}"),
            );
            println!(
                "{:<28} {minutes:>7.1}  {counts:>21}  {}",
                stage.name, stage.result
            );
        }
        let good = total.failed == 0 && self.stages.iter().all(|stage| stage.result != "FAILED");
        println!("\n{total}");
        good
    }
}

/// The output without the thousands of lines that only say that a test passed.
pub(super) fn without_passing(output: &str) -> String {
    let is_noise = |line: &&str| {
        let line = line.trim();
        let passed = line.starts_with("test ") && (line.ends_with("... ok") || line.ends_with(" ... ok"));
        passed || line.starts_with("Compiling ") || line.starts_with("PASS [")
    };
    output
        .lines()
        .filter(|line| !is_noise(line))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A check's last line when it is short enough to be one.
fn remark(output: &str) -> String {
    match output.trim().lines().last() {
        Some(line) if line.len() < 120 && output.trim().lines().count() == 1 => format!(": {line}"),
        _ => String::new(),
    }
}
