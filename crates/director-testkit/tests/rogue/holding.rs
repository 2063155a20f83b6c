use std::fs::{File, OpenOptions, TryLockError};
use std::process::Stdio;

use director_testkit::{Sandbox, eventually, records};

use crate::{BOUND, Running, command};

#[test]
fn lock_is_held_while_it_lives() {
    let sandbox = Sandbox::new("holding");
    let path = sandbox.write("lock", "kept");
    let mut first = command(["--lock"]);
    first.arg(&path);
    let running = Running::start_command(first);
    let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    assert!(matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
    let second = command(["--exit", "0", "--lock"])
        .arg(&path)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(second.code(), Some(97));
    drop(running);
    eventually(BOUND, "the lock is free", || file.try_lock());
    drop(file);
    assert_eq!(sandbox.read("lock"), "kept");
}

#[test]
fn sqlite_lock_excludes_another() {
    let sandbox = Sandbox::new("holding");
    let path = sandbox.file("app.db");
    let again = || {
        command(["--exit", "0", "--sqlite-lock"])
            .arg(&path)
            .stderr(Stdio::null())
            .status()
            .unwrap()
    };
    let mut first = command(["--sqlite-lock"]);
    first.arg(&path);
    let running = Running::start_command(first);
    assert_eq!(again().code(), Some(97));
    drop(running);
    eventually(BOUND, "the ranges are free", || again().code() == Some(0));
}

/// The kernel's own list of locks: exactly the bytes that SQLite documents.
#[cfg(unix)]
#[test]
fn sqlite_lock_has_the_documented_bytes() {
    let sandbox = Sandbox::new("holding");
    let mut holder = command(["--sqlite-lock"]);
    holder.arg(sandbox.file("app.db"));
    let running = Running::start_command(holder);
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let pid = running.pid().to_string();
    let ours = locks
        .lines()
        .find(|line| line.split_whitespace().any(|word| word == pid))
        .unwrap();
    let words: Vec<&str> = ours.split_whitespace().collect();
    assert_eq!(words[1..4], ["POSIX", "ADVISORY", "WRITE"]);
    assert_eq!(words[6..8], ["1073741824", "1073742335"]);
}

#[test]
fn counter_sees_a_second_copy() {
    let sandbox = Sandbox::new("holding");
    let path = sandbox.file("count");
    let start = || {
        let mut counted = command(["--counter"]);
        counted.arg(&path);
        Running::start_command(counted)
    };
    let first = start();
    let second = start();
    let seen = records::starts(&path);
    let pids: Vec<u32> = seen.iter().map(|start| start.pid).collect();
    assert_eq!(pids, [first.pid(), second.pid()]);
    assert_eq!([seen[0].duplicate, seen[1].duplicate], [false, true]);
    assert!(seen[0].unix_ms > 1_600_000_000_000 && seen[1].unix_ms >= seen[0].unix_ms);
    drop((first, second));
    let lock = File::open(sandbox.file("count.lock")).unwrap();
    eventually(BOUND, "the counter's lock is free", || lock.try_lock());
    // Not unlock(): under Wine it fails although the lock is gone.
    drop(lock);
    let third = start();
    let last = records::starts(&path).pop().unwrap();
    assert_eq!((last.pid, last.duplicate), (third.pid(), false));
}

#[cfg(unix)]
#[test]
fn eaten_memory_is_resident_and_grows() {
    let resident_mb = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    let once = Running::start(["--eat", "40"]);
    assert!((40..60).contains(&resident_mb(once.pid())));
    let growing = Running::start(["--eat", "20", "--per-second"]);
    eventually(BOUND, "memory grows", || {
        let now = resident_mb(growing.pid());
        if now >= 60 { Ok(()) } else { Err(now) }
    });
}

#[test]
fn failed_set_up_has_its_own_code() {
    let nowhere = Sandbox::new("holding").file("missing/lock");
    let status = command(["--lock"])
        .arg(&nowhere)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(96));
}
