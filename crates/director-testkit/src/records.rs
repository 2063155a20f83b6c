//! The small files that rogue writes, read back.

use std::fs;
use std::path::Path;

/// `(role, pid)` of each line of a `--write-pid` file; empty while it does not exist. A line that is
/// still being written is left out.
#[must_use]
pub fn pids(path: &Path) -> Vec<(String, u32)> {
    let parse = |line: &str| {
        let (role, pid) = line.rsplit_once(' ')?;
        Some((role.to_owned(), pid.parse().ok()?))
    };
    whole_lines(path).iter().filter_map(|line| parse(line)).collect()
}

/// The lines of a `--record` file: `rung NAME`, `request METHOD PATH`.
#[must_use]
pub fn recorded(path: &Path) -> Vec<String> {
    whole_lines(path)
}

/// One line of a `--counter` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Who started.
    pub pid: u32,
    /// When, by the wall clock.
    pub unix_ms: i64,
    /// Another one that counts in the same file was alive.
    pub duplicate: bool,
}

/// All starts in a `--counter` file.
#[must_use]
pub fn starts(path: &Path) -> Vec<Start> {
    let parse = |line: &str| {
        let mut words = line.split(' ');
        let duplicate = match words.next()? {
            "start" => false,
            "DUPLICATE" => true,
            _ => return None,
        };
        Some(Start {
            pid: words.next()?.parse().ok()?,
            unix_ms: words.next()?.parse().ok()?,
            duplicate,
        })
    };
    whole_lines(path).iter().filter_map(|line| parse(line)).collect()
}

fn whole_lines(path: &Path) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.split_inclusive('\n')
        .filter_map(|line| Some(line.strip_suffix('\n')?.to_owned()))
        .collect()
}
