//! What services write: kept exactly, bounded, readable, and never in anybody's way.

mod bytes;
mod floods;
#[cfg(unix)]
mod full_disk;
mod reading;

use std::path::PathBuf;

use director_testkit::flood;

use crate::common::Site;

/// So that a run that has ended by itself is over.
const ONCE: &str = "restart.when = \"on-failure\"";

/// What is in the current file of a service.
fn current(site: &Site, service: &str) -> Vec<u8> {
    let path = site.sandbox.file(&format!("logs/{service}/current.log"));
    std::fs::read(path).unwrap_or_default()
}

/// The files of a service whose name ends so, oldest first.
fn files(site: &Site, service: &str, end: &str) -> Vec<PathBuf> {
    let folder = site.sandbox.file(&format!("logs/{service}"));
    let entries = std::fs::read_dir(folder).expect("the folder of logs");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    // `current` comes after all dates.
    found.sort();
    found
}

fn size(path: &PathBuf) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

/// Asserts that these are exactly the numbered lines from 0 on.
#[track_caller]
fn assert_whole(bytes: &[u8], lines: u64) {
    let report = flood::check(bytes, LINE).expect("reading memory");
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.lines, lines);
}

/// Bytes of a line of the floods.
const LINE: usize = 120;

/// How many lines a flood of so many bytes has: whole lines until at least so many are out.
const fn lines_of(bytes: u64) -> u64 {
    bytes.div_ceil(LINE as u64)
}
