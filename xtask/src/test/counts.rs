//! Reading how many tests passed from what cargo's test runners print.

use std::fmt;

/// How many tests, or checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

impl Counts {
    /// One check.
    pub(super) fn of_check(success: bool) -> Self {
        Self {
            passed: u64::from(success),
            failed: u64::from(!success),
            skipped: 0,
        }
    }

    pub(super) fn is_one_check(self) -> bool {
        self.passed + self.failed + self.skipped == 1
    }

    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Sums all summary lines of `cargo test` and `cargo nextest` in `output`.
    pub(super) fn read(output: &str) -> Self {
        let mut total = Self::default();
        for line in output.lines() {
            let line = without_colour(line);
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("test result:") {
                total.add(libtest(rest));
            } else if let Some((_, rest)) = line
                .strip_prefix("Summary [")
                .and_then(|rest| rest.split_once(']'))
            {
                total.add(nextest(rest));
            }
        }
        total
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// ` ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s`
fn libtest(text: &str) -> Counts {
    let mut counts = Counts::default();
    for part in text.split(['.', ';']) {
        match number_and_word(part) {
            Some((count, "passed")) => counts.passed += count,
            Some((count, "failed")) => counts.failed += count,
            // What a filter left out was not asked for and is not counted.
            Some((count, "ignored")) => counts.skipped += count,
            _ => {}
        }
    }
    counts
}

/// ` 13/20 tests run: 11 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 2 skipped`
fn nextest(text: &str) -> Counts {
    let mut counts = Counts::default();
    let Some((_, results)) = text.split_once(':') else {
        return counts;
    };
    let mut depth = 0_u32;
    let outside: String = results
        .chars()
        .filter(|c| {
            depth = if *c == '(' { depth + 1 } else { depth };
            let keep = depth == 0;
            depth = if *c == ')' { depth.saturating_sub(1) } else { depth };
            keep
        })
        .collect();
    for part in outside.split(',') {
        match number_and_word(part) {
            Some((count, "passed")) => counts.passed += count,
            Some((count, "skipped")) => counts.skipped += count,
            // failed, timed out, exec failed
            Some((count, _)) => counts.failed += count,
            None => {}
        }
    }
    counts
}

fn number_and_word(part: &str) -> Option<(u64, &str)> {
    let (number, word) = part.trim().split_once(' ')?;
    Some((number.parse().ok()?, word.trim()))
}

fn without_colour(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            out.push(c);
        }
    }
    out
}
