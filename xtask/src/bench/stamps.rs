//! The times that the supervised programs note, and how they relate to our own clock.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// One noted moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) word: String,
    pub(super) nanoseconds: i64,
}

/// All complete lines of the file, in the order they were written; an absent file has none.
pub(super) fn read(path: &Path) -> Vec<Stamp> {
    parse(&std::fs::read_to_string(path).unwrap_or_default())
}

/// A last line without its end is still being written and is left out.
pub(super) fn parse(text: &str) -> Vec<Stamp> {
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    let stamp = |line: &str| {
        let mut words = line.split_whitespace();
        let (word, number) = (words.next()?, words.next()?);
        Some(Stamp {
            word: word.to_owned(),
            nanoseconds: number.parse().ok()?,
        })
    };
    complete.lines().filter_map(stamp).collect()
}

/// Milliseconds from each `end` to the `begin` that follows it.
pub(super) fn gaps_ms(stamps: &[Stamp]) -> Vec<f64> {
    let follows = |pair: &&[Stamp]| pair[0].word == "end" && pair[1].word == "begin";
    let gap = |pair: &[Stamp]| milliseconds(pair[1].nanoseconds - pair[0].nanoseconds);
    stamps.windows(2).filter(follows).map(gap).collect()
}

/// The latest `begin`, once there are `count` of them.
pub(super) fn last_of(stamps: &[Stamp], count: usize) -> Option<i64> {
    let begins: Vec<i64> = stamps
        .iter()
        .filter(|stamp| stamp.word == "begin")
        .map(|s| s.nanoseconds)
        .collect();
    if begins.len() < count {
        None
    } else {
        begins.into_iter().max()
    }
}

/// The moment with that word.
pub(super) fn moment(stamps: &[Stamp], word: &str) -> Result<i64> {
    let found = stamps.iter().find(|stamp| stamp.word == word);
    found
        .map(|stamp| stamp.nanoseconds)
        .with_context(|| format!("no `{word}` was noted"))
}

pub(super) fn milliseconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// Relates [`Instant`], whose value is hidden, to the clock of the stamps.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    instant: Instant,
    nanoseconds: i64,
}

impl Clock {
    /// Runs a program that notes a time; the tightest of several brackets counts, so that the error is well below
    /// half a millisecond.
    pub(super) fn calibrate(crasher: &Path, file: &Path) -> Result<Self> {
        let mut best: Option<(Duration, Self)> = None;
        for _ in 0..20 {
            let _ = std::fs::remove_file(file);
            let before = Instant::now();
            let _ = Command::new(crasher).arg(file).arg("0").status()?;
            let width = before.elapsed();
            let nanoseconds = moment(&read(file), "begin")?;
            if best.as_ref().is_none_or(|(narrowest, _)| width < *narrowest) {
                best = Some((
                    width,
                    Self {
                        instant: before + width / 2,
                        nanoseconds,
                    },
                ));
            }
        }
        best.map(|(_, clock)| clock).context("no calibration")
    }

    /// What a stamp would have said at that moment.
    pub(super) fn at(self, moment: Instant) -> i64 {
        match moment.checked_duration_since(self.instant) {
            Some(later) => self.nanoseconds + i64::try_from(later.as_nanos()).unwrap_or(i64::MAX),
            None => {
                let earlier = self.instant.duration_since(moment);
                self.nanoseconds - i64::try_from(earlier.as_nanos()).unwrap_or(i64::MAX)
            }
        }
    }
}

/// Asks again and again until there is an answer.
pub(super) fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("{what}: not within {} s", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lets what earlier steps wrote reach the disk, so that it does not slow the next one.
pub(super) fn settle_disk() {
    process::succeeds(&mut Command::new("sync"));
}
