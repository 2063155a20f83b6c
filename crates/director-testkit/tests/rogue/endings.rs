use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Running, command, output};

#[test]
fn exit_codes() {
    for code in [0, 1, 42, 255] {
        assert_eq!(output(["--exit", &code.to_string()]).status.code(), Some(code));
        assert_eq!(output([format!("--exit={code}")]).status.code(), Some(code));
    }
    let fast = std::process::Command::new(env!("CARGO_BIN_EXE_rogue"))
        .args(["--fast-exit", "9"])
        .status();
    assert_eq!(fast.unwrap().code(), Some(9));
}

#[cfg(windows)]
#[test]
fn wide_exit_codes() {
    let code = output(["--exit", "0xC000013A"]).status.code();
    assert_eq!(code.map(i32::cast_unsigned), Some(0xC000_013A));
}

#[test]
fn exit_after_a_time() {
    let start = Instant::now();
    assert_eq!(output(["--after", "300", "--exit", "5"]).status.code(), Some(5));
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn wrong_command_lines_are_refused() {
    let wrong: [&[&str]; 9] = [
        &["--nonsense"],
        &["nonsense"],
        &["--exit"],
        &["--exit", "x"],
        &["--exit", "1", "--abort"],
        &["--fork", "spoon"],
        &["--ignore", "term,fire"],
        &["--on-term", "leave 3"],
        &["--status", "200"],
    ];
    for arguments in wrong {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stderr.starts_with(b"rogue: "), "{arguments:?}");
    }
}

#[test]
fn help_names_the_flags() {
    let output = output(["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        ["--ignore", "--fork", "--health-file", "--sqlite-lock"]
            .iter()
            .all(|flag| text.contains(flag))
    );
}

#[test]
fn lifetime_bounds_everything() {
    assert_eq!(output(["--lifetime", "1"]).status.code(), Some(124));
}

/// Also a write that blocks because nobody reads: the main thread cannot keep the bound then.
#[test]
fn lifetime_bounds_a_blocked_write() {
    let mut blocked = command(["--lifetime", "1", "--flood", "forever"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let held = blocked.stdout.take();
    let mut running = Running { child: blocked };
    assert!(!running.ended().success());
    drop(held);
}

#[cfg(unix)]
#[test]
fn crashes() {
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(output(["--abort"]).status.signal(), Some(libc::SIGABRT));
    assert_eq!(output(["--segfault"]).status.signal(), Some(libc::SIGSEGV));
}

#[cfg(windows)]
#[test]
fn crashes() {
    let segfault = output(["--segfault"]).status.code().map(i32::cast_unsigned);
    assert_eq!(segfault, Some(0xC000_0005));
    let abort = output(["--abort"]).status.code().map(i32::cast_unsigned);
    assert!(abort.is_some_and(|code| code >= 0xC000_0000), "{abort:x?}");
}

#[test]
fn stdin_quit_by_word_and_by_end() {
    for text in [&b"other\nquit\n"[..], b""] {
        let mut command = command(["--stdin-quit"]);
        let mut running = Running::start_command({
            command.stdin(Stdio::piped());
            command
        });
        assert!(running.is_alive());
        let mut stdin = running.child.stdin.take().unwrap();
        stdin.write_all(text).unwrap();
        let kept = (!text.is_empty()).then_some(stdin);
        assert_eq!(running.ended().code(), Some(0));
        drop(kept);
    }
}

#[cfg(unix)]
#[test]
fn suspend_self() {
    use crate::BOUND;
    use director_testkit::{eventually, processes};
    let mut running = Running::start(["--suspend-self"]);
    let pid = running.pid();
    eventually(BOUND, "rogue is stopped", || processes::stopped(pid));
    assert!(running.is_alive());
}

/// The port accepts by the system's own hand, but nobody answers.
#[cfg(windows)]
#[test]
fn suspend_self() {
    use crate::BOUND;
    use director_testkit::{eventually, free_port};
    use std::io::Read;
    let port = free_port();
    let mut running = Running::start(["--suspend-self", "--port", &port.to_string()]);
    eventually(BOUND, "rogue answers no more", || {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        stream.read(&mut [0]).is_err()
    });
    assert!(running.is_alive());
}
