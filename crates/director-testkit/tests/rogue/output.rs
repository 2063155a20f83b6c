use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use director_testkit::{Sandbox, flood};

use crate::{Running, command, output, said};

#[test]
fn texts_in_the_order_given() {
    let output = output([
        "--exit",
        "0",
        "--say",
        "one",
        "--complain",
        "two",
        "--partial",
        "three",
        "--say",
        "four",
    ]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "one\nthreefour\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "two\n");
}

#[test]
fn notes_what_it_was_told_and_needs_what_is_there() {
    let sandbox = Sandbox::new("rogue-notes");
    let [note, gate] = ["note", "gate"].map(|name| sandbox.file(name).display().to_string());
    let outcome = command(["--note", &note, "--need", &gate, "--exit", "0"])
        .env("DIRECTOR_HOOK", "pre_start")
        .env("DIRECTOR_EXIT", "3")
        .output()
        .unwrap();
    assert_eq!(outcome.status.code(), Some(95));
    assert!(String::from_utf8_lossy(&outcome.stderr).contains("there is no"));
    assert!(
        sandbox
            .read("note")
            .contains("DIRECTOR_EXIT=3|DIRECTOR_HOOK=pre_start")
    );
    let mut running = Running {
        child: command(["--wait-for", &gate, "--exit", "0"]).spawn().unwrap(),
    };
    assert!(running.is_alive());
    sandbox.write("gate", "");
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn partial_line_leaves_at_once() {
    let mut running = Running::start(["--say", "x"]);
    assert!(running.is_alive());
    drop(running);
    let mut child = command(["--partial", "unfinished"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = [0; 10];
    child.stdout.as_mut().unwrap().read_exact(&mut text).unwrap();
    assert_eq!(&text, b"unfinished");
    let mut running = Running { child };
    assert!(running.is_alive());
}

#[test]
fn flood_is_whole_on_each_stream() {
    for (to, out, err) in [
        ("stdout", true, false),
        ("stderr", false, true),
        ("both", true, true),
    ] {
        let output = output(["--exit", "0", "--flood", "1m", "--line", "64", "--flood-to", to]);
        for (bytes, expected) in [(&output.stdout, out), (&output.stderr, err)] {
            let report = flood::check(bytes.as_slice(), 64).unwrap();
            assert!(report.is_clean(), "{to}: {report:?}");
            assert_eq!(report.lines, if expected { (1 << 20) / 64 } else { 0 }, "{to}");
        }
    }
}

#[test]
fn no_newline_for_long() {
    let output = output(["--exit", "0", "--no-newline", "3m"]);
    assert!(output.stdout.len() >= 3 << 20 && output.stdout.len() < (3 << 20) + 20);
    assert!(!output.stdout.contains(&b'\n'));
    assert!(output.stdout.starts_with(b"000000000000 000000000001 "));
}

#[test]
fn binary_has_every_byte() {
    let output = output(["--exit", "0", "--binary"]);
    let mut expected: Vec<u8> = (0..=255).collect();
    expected.push(b'\n');
    assert_eq!(output.stdout, expected);
}

#[test]
fn closed_output_has_its_own_code() {
    let mut child = command(["--flood", "forever"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(Running { child }.ended().code(), Some(99));
}

#[test]
fn pause_and_tick() {
    let start = Instant::now();
    let text = said(["--tick", "50", "--pause", "400", "--say", "last"]);
    assert!(start.elapsed() >= Duration::from_millis(400));
    assert!(
        text.starts_with("tick 0\ntick 1\n") && text.contains("last\n"),
        "{text}"
    );
}

#[test]
fn environment_and_folder() {
    let sandbox = Sandbox::new("output");
    let mut command = command(["--exit", "0", "--env", "ROGUE_A", "--env", "ROGUE_NONE", "--cwd"]);
    let output = command
        .env("ROGUE_A", "ä value")
        .current_dir(sandbox.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["ä value", "(unset)"]);
    assert_eq!(
        std::fs::canonicalize(lines[2]).unwrap(),
        std::fs::canonicalize(sandbox.path()).unwrap()
    );
}

#[test]
fn arguments_exactly() {
    let tricky = [
        "",
        " ",
        "a b",
        "--exit",
        "\"",
        "\\\\\"x\\",
        "%PATH%",
        "ä",
        "tab\there",
        "hex:41",
    ];
    let text = said(["--args"].iter().chain(&tricky));
    let lines: Vec<&str> = text.split('\n').collect();
    assert_eq!(lines[..8], tricky[..8]);
    assert_eq!(lines[8..], ["hex:7461620968657265", "hex:6865783a3431", ""]);
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let output = command(["--exit", "0", "--args"])
        .arg(std::ffi::OsStr::from_bytes(b"a\xff"))
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"hex:61ff\n");
}

/// What the tests themselves were started with goes on to every child of theirs, so the lists are compared.
#[cfg(unix)]
#[test]
fn inherited_descriptor_is_seen_and_own_ones_are_not() {
    let sandbox = Sandbox::new("output");
    let path = sandbox.write("held", "");
    let list = |script: &str| {
        let mut shell = std::process::Command::new("/bin/sh");
        let rogue = env!("CARGO_BIN_EXE_rogue");
        let output = shell
            .args(["-c", script, "sh"])
            .arg(&path)
            .arg(rogue)
            .arg(sandbox.file("lock"))
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let without = list("exec \"$2\" --exit 0 --fds");
    // The lock file and the listening socket are open as well, but rogue's own.
    assert_eq!(
        list("exec \"$2\" --exit 0 --lock \"$3\" --port 0 --fds | grep -v ^port"),
        without
    );
    let mut with = list("exec 7< \"$1\"; exec \"$2\" --exit 0 --fds");
    with.retain(|line| !without.contains(line));
    assert_eq!(with, [format!("7 {}", path.display())]);
}

#[cfg(windows)]
#[test]
fn inherited_handle_is_seen() {
    use std::os::windows::io::AsRawHandle;
    use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
    let sandbox = Sandbox::new("output");
    let file = std::fs::File::create(sandbox.file("held")).unwrap();
    // SAFETY: the handle is open.
    let set = unsafe { SetHandleInformation(file.as_raw_handle(), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) };
    assert_ne!(set, 0);
    let expected = format!("{:#x} disk\n", file.as_raw_handle() as usize);
    let output = output(["--exit", "0", "--fds"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains(&expected));
}

#[test]
fn tick_goes_on() {
    let mut child = command(["--tick", "10"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .take(5);
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["tick 0", "tick 1", "tick 2", "tick 3", "tick 4"]
    );
    drop(Running { child });
}
