//! What only Windows has: console events by the helper, window messages, batch files, exit codes of 32 bits, nested jobs.
//!
//! The behaviour that both systems share is in `contract/`. What Wine cannot show is in `docs/windows-verification.md`.
#![cfg(windows)]
#![expect(clippy::unwrap_used, reason = "a test: a failure here is the finding")]

#[cfg(test)]
#[path = "contract/common.rs"]
mod common;

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::windows::process::CommandExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::{BOUND, Lab, again};
use director_sys::os_signals::{OsSignal, Watch};
use director_sys::program::{ResolveError, resolve};
use director_sys::reaper::ExitStatus;
use director_sys::tree::{Delivery, Rung, Target, console_helper_main, set_console_helper};
use director_sys::{identity, spawn};
use director_testkit::{eventually, processes, rogue};

/// The helper is one for the whole process: tests that set it take turns.
fn helper(program: std::path::PathBuf, args: &[&str]) -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    set_console_helper(program, args.iter().map(OsString::from).collect());
    turn
}

fn own_helper(test: &str) -> MutexGuard<'static, ()> {
    helper(std::env::current_exe().unwrap(), &["--ignored", "--exact", test])
}

#[test]
#[ignore = "not a test: the console helper of the other tests"]
fn console_helper() {
    let args: Vec<OsString> = std::env::args_os().collect();
    std::process::exit(console_helper_main(&args[args.len() - 2..]));
}

#[test]
#[ignore = "not a test: a console helper that hangs"]
fn hanging_helper() {
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
#[ignore = "not a test: a console helper that fails"]
fn failing_helper() {
    std::process::exit(5);
}

#[test]
fn the_helper_refuses_what_it_does_not_understand() {
    for args in [
        &[][..],
        &["c"],
        &["x", "c"],
        &["1", "term"],
        &["", "break"],
        &["1,x", "close"],
    ] {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        assert_eq!(console_helper_main(&args), 2, "{args:?}");
    }
}

#[test]
fn a_window_is_asked_to_close() {
    let attempt = std::process::Command::new(rogue())
        .args(["--window", "--exit", "0"])
        .output()
        .unwrap();
    if director_testkit::under_wine() && !attempt.status.success() {
        eprintln!(
            "skipped: this Wine has no display driver (set HKCU\\Software\\Wine\\Drivers, Graphics=null, in its prefix)"
        );
        return;
    }
    let _turn = own_helper("console_helper");
    let lab = Lab::new("close");
    let tree = lab.ready(1, &["--window", "--on-close", "exit 7"]);
    assert_eq!(
        tree.deliver(Rung::Close, Target::Group).unwrap(),
        Delivery::Delivered
    );
    assert_eq!(lab.wait_end(1), ExitStatus::Code(7));
}

#[test]
fn without_a_window_there_is_nobody_to_ask() {
    let _turn = own_helper("console_helper");
    let lab = Lab::new("no-window");
    let tree = lab.ready(1, &[]);
    assert_eq!(
        tree.deliver(Rung::Close, Target::Group).unwrap(),
        Delivery::NobodyThere
    );
    assert!(!tree.is_empty().unwrap());
}

#[test]
fn a_console_event_reaches_this_run_only() {
    let _turn = own_helper("console_helper");
    let lab = Lab::new("one-console");
    let bystander = lab.ready(1, &["--on-ctrl-c", "exit 3"]);
    let tree = lab.ready(2, &["--on-ctrl-c", "exit 4", "--fork", "child"]);
    assert_eq!(
        tree.deliver(Rung::CtrlC, Target::Group).unwrap(),
        Delivery::Delivered
    );
    assert_eq!(lab.wait_exit(2), ExitStatus::Code(4));
    assert!(identity::is_alive(bystander.main()).unwrap());
}

#[test]
fn ctrl_break_reaches_who_ignores_ctrl_c() {
    let _turn = own_helper("console_helper");
    let lab = Lab::new("break");
    let tree = lab.ready(1, &["--ignore", "ctrl-c", "--on-ctrl-break", "exit 42"]);
    tree.deliver(Rung::CtrlC, Target::Group).unwrap();
    let delivery = tree.deliver(Rung::CtrlBreak, Target::Group);
    if director_testkit::under_wine() {
        eprintln!("only the way to the last rung was checked: Wine calls no handler for Ctrl-Break");
        tree.deliver(Rung::Terminate, Target::Group).unwrap();
        lab.wait_end(1);
    } else {
        assert_eq!(delivery.unwrap(), Delivery::Delivered);
        assert_eq!(lab.wait_end(1), ExitStatus::Code(42));
    }
}

#[test]
fn a_helper_that_hangs_is_given_up() {
    let _turn = own_helper("hanging_helper");
    let lab = Lab::new("slow-helper");
    let tree = lab.ready(1, &[]);
    let begun = Instant::now();
    assert_eq!(
        tree.deliver(Rung::CtrlC, Target::Group).unwrap_err().kind(),
        ErrorKind::TimedOut
    );
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn a_helper_that_fails_is_an_error_at_once() {
    let lab = Lab::new("bad-helper");
    let tree = lab.ready(1, &[]);
    let turn = helper(lab.sandbox.file("absent.exe"), &[]);
    assert_eq!(
        tree.deliver(Rung::CtrlC, Target::Group).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    drop(turn);
    let _turn = own_helper("failing_helper");
    let error = tree.deliver(Rung::CtrlC, Target::Group).unwrap_err();
    assert!(error.to_string().contains("code 5"), "{error}");
}

#[test]
fn console_events_cannot_be_narrowed() {
    let lab = Lab::new("narrow");
    let tree = lab.ready(1, &[]);
    for rung in [Rung::CtrlC, Rung::CtrlBreak] {
        assert_eq!(
            tree.deliver(rung, Target::Main).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
    }
}

/// A director that was started with Ctrl-C switched off (a new process group is) must not hand that on.
#[test]
fn a_child_hears_ctrl_c_though_the_director_was_started_deaf() {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    let role = std::env::var("SYS_TEST_ROLE");
    if !role.is_ok_and(|role| role == "deaf") {
        let mut command = again(
            "a_child_hears_ctrl_c_though_the_director_was_started_deaf",
            "deaf",
        );
        let output = command.creation_flags(CREATE_NEW_PROCESS_GROUP).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        return;
    }
    let _turn = own_helper("console_helper");
    let lab = Lab::new("deaf");
    let tree = lab.ready(1, &["--on-ctrl-c", "exit 9"]);
    tree.deliver(Rung::CtrlC, Target::Group).unwrap();
    assert_eq!(lab.wait_end(1), ExitStatus::Code(9));
}

/// The director is a console program itself; here another director plays the person at its keyboard.
#[test]
fn ctrl_c_is_reported_to_the_director() {
    if std::env::var("SYS_TEST_ROLE").is_ok_and(|role| role == "watcher") {
        let (sender, received) = std::sync::mpsc::channel();
        let _watch = Watch::start(move |signal| sender.send(signal).unwrap()).unwrap();
        println!("watching");
        for _ in 0..2 {
            assert_eq!(received.recv_timeout(BOUND).unwrap(), OsSignal::Interrupt);
            println!("interrupted");
        }
        std::process::exit(33);
    }
    let _turn = own_helper("console_helper");
    let lab = Lab::new("watcher");
    let mut request = lab.request(&["ctrl_c_is_reported_to_the_director", "--exact", "--nocapture"]);
    request.program = std::env::current_exe().unwrap();
    request.env.push(("SYS_TEST_ROLE".into(), "watcher".into()));
    let tree = lab.launch(1, request).tree;
    lab.wait_text(1, "watching");
    assert_eq!(
        tree.deliver(Rung::CtrlC, Target::Group).unwrap(),
        Delivery::Delivered
    );
    lab.wait_text(1, "interrupted");
    assert_eq!(
        tree.deliver(Rung::CtrlC, Target::Group).unwrap(),
        Delivery::Delivered
    );
    assert_eq!(lab.wait_end(1), ExitStatus::Code(33));
}

#[test]
fn exit_codes_are_32_bits_and_259_is_one_of_them() {
    let lab = Lab::new("codes");
    for (token, code) in [(1, 259_u32), (2, 0xC000_0409), (3, u32::MAX), (4, 0)] {
        lab.launch(token, lab.request(&["--exit", &code.to_string()]));
        assert_eq!(lab.wait_end(token), ExitStatus::Code(code.into()));
    }
}

/// A director under Task Scheduler or in a container is in a job already.
#[test]
fn a_director_in_a_job_has_jobs_of_its_own() {
    if std::env::var("SYS_TEST_ROLE").is_ok_and(|role| role == "inner") {
        let lab = Lab::new("inner");
        let tree = lab.ready(1, &[]);
        println!("inner {}", tree.main().pid);
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let lab = Lab::new("outer");
    let mut request = lab.request(&[
        "a_director_in_a_job_has_jobs_of_its_own",
        "--exact",
        "--nocapture",
    ]);
    request.program = std::env::current_exe().unwrap();
    request.env.push(("SYS_TEST_ROLE".into(), "inner".into()));
    let tree = lab.launch(1, request).tree;
    let inner: u32 = eventually(BOUND, "the inner pid", || {
        let text = lab.text(1);
        let pid = text
            .lines()
            .find_map(|line| line.split("inner ").nth(1).map(str::to_owned));
        pid.and_then(|pid| pid.trim().parse().ok()).ok_or(text)
    });
    assert!(tree.members().unwrap().iter().any(|member| member.pid == inner));
    // Only the inner director: its own job must end with it, without help from ours.
    tree.deliver(Rung::Terminate, Target::Main).unwrap();
    processes::wait_gone(&[inner], BOUND);
}

#[test]
fn the_last_handle_of_a_tree_takes_everything_with_it() {
    let lab = Lab::new("last-handle");
    let tree = lab.ready(1, &["--fork", "ignore", "--write-pid", &lab.path("pids")]);
    let pids: Vec<u32> = lab.wait_pids("pids", 2).into_iter().map(|(_, pid)| pid).collect();
    drop(tree);
    assert!(
        pids.iter().all(|pid| processes::alive(*pid)),
        "the reaper still holds the tree"
    );
    lab.reaper.forget(1);
    processes::wait_gone(&pids, BOUND);
    assert!(lab.events.try_recv().is_err(), "forgotten");
}

/// Awkward arguments, from the program's view.
const AWKWARD: [&str; 16] = [
    "plain",
    "",
    "two words",
    "a&whoami",
    "\"&whoami&\"",
    "%PATH%",
    "100%",
    "a^b",
    "a|b",
    "<in>",
    "(x)",
    "!y!",
    r"C:\dir\",
    r"end\\",
    "say \"hi\"",
    "ä=b,c;d",
];

#[test]
fn arguments_arrive_exactly() {
    let lab = Lab::new("arguments");
    let mut args = vec!["--args"];
    args.extend(AWKWARD);
    lab.launch(1, lab.request(&args));
    check_arguments(&lab, 1);
}

#[test]
fn arguments_arrive_exactly_through_a_batch_file() {
    let lab = Lab::new("batch");
    let text = format!("@\"{}\" --args %*\r\n@exit /b 0\r\n", rogue().display());
    let mut request = lab.request(&AWKWARD);
    request.program = lab.sandbox.write("my tool.cmd", text);
    lab.launch(1, request);
    check_arguments(&lab, 1);
}

fn check_arguments(lab: &Lab, token: u64) {
    let expected: Vec<String> = AWKWARD.iter().map(|arg| arg.to_string()).collect();
    let shown = eventually(BOUND, "all arguments", || {
        let text = lab.text(token);
        let lines: Vec<String> = text.lines().map(plain).collect();
        if lines.len() >= AWKWARD.len() {
            Ok(lines)
        } else {
            Err(text)
        }
    });
    assert_eq!(shown, expected);
}

/// Rogue writes what is not printable in hexadecimal digits.
fn plain(line: &str) -> String {
    let Some(digits) = line.strip_prefix("hex:") else {
        return line.to_owned();
    };
    let bytes = (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_missing_batch_file_is_found_out_before_the_start() {
    let lab = Lab::new("no-batch");
    let mut request = lab.request(&[]);
    request.program = lab.sandbox.file("absent.cmd");
    assert_eq!(
        spawn::spawn(request).unwrap_err().kind,
        spawn::SpawnErrorKind::NotFound
    );
    let mut request = lab.request(&["a\nb"]);
    request.program = lab.sandbox.write("x.cmd", "@rem\r\n");
    assert_eq!(
        spawn::spawn(request).unwrap_err().source.kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn names_are_resolved_by_extension_and_shims_looked_through() {
    let lab = Lab::new("resolve");
    let folder = lab.sandbox.path();
    let path = std::env::join_paths([folder]).unwrap();
    let find = |name: &str| {
        resolve(
            OsStr::new(name),
            folder,
            Some(&path),
            Some(OsStr::new(".EXE;.CMD;.PY")),
        )
    };
    std::fs::copy(rogue(), lab.sandbox.file("node.exe")).unwrap();
    lab.sandbox.write("cli.js", "");
    lab.sandbox.write("script.py", "");
    lab.sandbox.write("batch.cmd", "@echo off\r\ncd ..\r\n");
    lab.sandbox
        .write("shim.cmd", "@\"%~dp0\\node.exe\" \"%~dp0\\cli.js\" %*\r\n");
    lab.sandbox.write("shim", "#!/bin/sh\n");

    assert_eq!(find("node").unwrap().program, lab.sandbox.file("node.exe"));
    assert_eq!(find("NODE.EXE").unwrap().leading_args, Vec::<OsString>::new());
    let batch = find("batch").unwrap().program;
    assert!(
        batch
            .to_string_lossy()
            .eq_ignore_ascii_case(&lab.path("batch.cmd")),
        "{batch:?}"
    );
    let shim = find("shim").unwrap();
    assert_eq!(shim.program, lab.sandbox.file("node.exe"));
    assert_eq!(shim.leading_args, [lab.sandbox.file("cli.js").into_os_string()]);
    assert_eq!(find(r".\shim").unwrap(), shim, "a path is looked through as well");

    for (name, reason) in [
        ("script", "name the interpreter"),
        ("script.py", "name the interpreter"),
        ("cli.js", "name the interpreter"),
        ("batch.cmd.", "another file"),
        ("batch.cmd ", "another file"),
        ("C:node.exe", "current folder of a drive"),
    ] {
        match find(name) {
            Err(ResolveError::NotExecutable { reason: given, .. }) => {
                assert!(given.contains(reason), "{name}: {given}")
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    for name in ["absent", "", "node.exe:stream"] {
        assert!(find(name).is_err(), "{name}");
    }
}

/// Nobody can take the endpoint's name beside us or before us without being noticed.
#[test]
fn the_endpoint_is_taken_once() {
    use director_sys::ipc::{Endpoint, Listener};
    let sandbox = director_testkit::Sandbox::new("taken");
    let endpoint = Endpoint::for_data_dir(sandbox.path()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let first = Listener::bind(&endpoint).unwrap();
    if director_testkit::under_wine() {
        eprintln!("only binding again was checked: Wine lets a second server take a pipe's name");
    } else {
        assert_eq!(
            Listener::bind(&endpoint).unwrap_err().kind(),
            ErrorKind::AddrInUse
        );
    }
    drop(first);
    Listener::bind(&endpoint).unwrap();
}
