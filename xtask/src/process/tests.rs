use std::process::Command;
use std::time::{Duration, Instant};

use super::{capture, descendants};

/// A shell with that script; only where there is one.
#[cfg(unix)]
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[cfg(unix)]
#[test]
fn both_streams_are_kept_and_the_exit_code_is_told() {
    let outcome = capture(shell("echo out; echo err >&2; exit 3"), Duration::from_secs(60)).unwrap();
    let mut lines: Vec<&str> = outcome.output.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["err", "out"]);
    assert!(!outcome.success);
    assert!(outcome.note.unwrap().contains("exit status: 3"));
}

#[cfg(unix)]
#[test]
fn a_grandchild_that_keeps_the_pipe_does_not_hold_us_up() {
    let began = Instant::now();
    let outcome = capture(shell("sleep 20 & echo done"), Duration::from_secs(60)).unwrap();
    assert!(outcome.success);
    assert_eq!(outcome.output, "done\n");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[cfg(unix)]
#[test]
fn what_outlasts_its_limit_is_killed() {
    let began = Instant::now();
    let outcome = capture(shell("echo begun; sleep 60; echo never"), Duration::from_secs(1)).unwrap();
    assert!(!outcome.success);
    assert_eq!(outcome.output, "begun\n");
    assert!(outcome.note.unwrap().contains("killed"));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn descendants_are_found_through_generations_and_strangers_are_not() {
    let table = "    1     0\n   10     1\n   11    10\n  111    11\n   12     1\n  100    12\n";
    assert_eq!(descendants(table, "10"), ["10", "11", "111"]);
    assert_eq!(descendants(table, "99"), ["99"]);
}
