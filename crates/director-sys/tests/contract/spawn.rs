//! Spawning: what the child is given, what it is not, and exact errors.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::common::Lab;
use director_sys::reaper::ExitStatus;
use director_sys::spawn::{Output, SpawnErrorKind, Stdin, spawn};

#[test]
fn arguments_environment_and_folder_arrive_exactly() {
    let lab = Lab::new("exact");
    let mut request = lab.request(&[
        "--env",
        "SYS_TEST_VALUE",
        "--env",
        "DIRECTOR_INVOCATION",
        "--cwd",
        "--args",
        "",
        "a b",
        "\"q\"",
        "\\",
    ]);
    request.env.push(("SYS_TEST_VALUE".into(), "ä=1".into()));
    request.env.push(("DIRECTOR_INVOCATION".into(), "stale".into()));
    request.cwd = lab.sandbox.path().canonicalize().unwrap();
    let (mark, folder) = (request.invocation.clone(), request.cwd.clone());
    lab.launch(1, request);
    lab.wait_text(1, "\\\n");
    let text = lab.text(1);
    let lines: Vec<&str> = text.lines().collect();
    let folder = folder.to_str().unwrap().trim_start_matches(r"\\?\").to_owned();
    assert_eq!(
        lines,
        ["ä=1", mark.as_str(), folder.as_str(), "", "a b", "\"q\"", "\\"]
    );
}

#[test]
fn only_three_descriptors_are_inherited() {
    let lab = Lab::new("descriptors");
    // Neighbours whose pipes must not leak into the next child, and a file of ours that is inheritable by mistake.
    lab.ready(2, &[]);
    let _leak = leaky_descriptor();
    lab.launch(1, lab.request(&["--fds", "--say", "listed"]));
    lab.wait_text(1, "listed\n");
    assert_eq!(lab.text(1), "listed\n");
}

/// A file that a library of ours opened without close-on-exec.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library opens nothing inheritable")]
fn leaky_descriptor() -> std::fs::File {
    use std::os::fd::AsRawFd;
    let file = std::fs::File::open("/dev/null").unwrap();
    // SAFETY: F_SETFD takes an integer; the descriptor is open.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) }, 0);
    file
}

#[cfg(windows)]
fn leaky_descriptor() -> Option<std::fs::File> {
    None
}

#[test]
fn exit_codes_come_back() {
    let lab = Lab::new("codes");
    let codes: &[(&str, i64)] = if cfg!(windows) {
        &[("0", 0), ("3", 3), ("0xC0000005", 0xC000_0005)]
    } else {
        &[("0", 0), ("1", 1), ("255", 255)]
    };
    for (token, (text, code)) in (1..).zip(codes) {
        lab.launch(token, lab.request(&["--fast-exit", text]));
        assert_eq!(lab.wait_end(token), ExitStatus::Code(*code));
    }
}

#[test]
fn a_crash_is_told_from_an_exit() {
    let lab = Lab::new("crash");
    lab.launch(1, lab.request(&["--segfault"]));
    match lab.wait_end(1) {
        ExitStatus::Signal { number: 11, .. } if !cfg!(windows) => {}
        ExitStatus::Code(0xC000_0005) if cfg!(windows) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_are_exact() {
    let lab = Lab::new("errors");
    let kind = |change: &dyn Fn(&mut director_sys::spawn::SpawnRequest)| {
        let mut request = lab.request(&["--exit", "0"]);
        change(&mut request);
        let error = spawn(request).unwrap_err();
        assert!(error.to_string().starts_with("cannot start `"), "{error}");
        error.kind
    };
    assert_eq!(
        kind(&|request| request.program = lab.sandbox.file("absent.exe")),
        SpawnErrorKind::NotFound
    );
    assert_eq!(
        kind(&|request| request.cwd = lab.sandbox.file("absent")),
        SpawnErrorKind::BadWorkingFolder
    );
    let plain = lab.sandbox.write("plain.exe", "this is no program");
    assert_eq!(
        kind(&|request| request.cwd = plain.clone()),
        SpawnErrorKind::BadWorkingFolder
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            kind(&|request| request.program = plain.clone()),
            SpawnErrorKind::PermissionDenied
        );
        std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o755)).unwrap();
        let script = lab.sandbox.write("script", "#!/absent/interpreter\n");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(
            kind(&|request| request.program = script.clone()),
            SpawnErrorKind::NotFound
        );
        let folder = lab.sandbox.path().to_path_buf();
        assert_eq!(
            kind(&|request| request.program = folder.clone()),
            SpawnErrorKind::NotExecutable
        );
    }
    assert_eq!(
        kind(&|request| request.program = plain.clone()),
        SpawnErrorKind::NotExecutable
    );
    assert_eq!(
        kind(&|request| request.program = PathBuf::from("relative")),
        SpawnErrorKind::Other
    );
    assert_eq!(
        kind(&|request| request.args = vec![OsString::from("a\0b")]),
        SpawnErrorKind::Other
    );
    assert_eq!(
        kind(&|request| request.env.push(("A=B".into(), "c".into()))),
        SpawnErrorKind::Other
    );
}

#[test]
fn input_arrives_and_closing_ends_it() {
    let lab = Lab::new("input");
    let mut request = lab.request(&["--stdin-quit", "--say", "ready"]);
    request.stdin = Stdin::Pipe;
    let mut stdin = lab.launch(1, request).stdin.unwrap();
    lab.wait_text(1, "ready");
    stdin
        .write_all_bounded(b"quit\n", Duration::from_secs(5))
        .unwrap();
    assert_eq!(lab.wait_end(1), ExitStatus::Code(0));
    let mut request = lab.request(&["--stdin-quit"]);
    request.stdin = Stdin::Pipe;
    lab.launch(2, request).stdin.unwrap().close();
    assert_eq!(lab.wait_end(2), ExitStatus::Code(0));
}

#[test]
fn writing_to_who_does_not_read_is_bounded() {
    let lab = Lab::new("unread");
    let mut request = lab.request(&["--say", "ready"]);
    request.stdin = Stdin::Pipe;
    let mut spawned = lab.launch(1, request);
    lab.wait_text(1, "ready");
    let stdin = spawned.stdin.as_mut().unwrap();
    let error = stdin
        .write_all_bounded(&vec![0; 4 << 20], Duration::from_millis(100))
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    spawned.tree.kill_all().unwrap();
    lab.wait_end(1);
    let error = stdin.write_all_bounded(b"x", Duration::from_secs(1)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn nothing_captured_means_no_pipes() {
    let lab = Lab::new("no-pipes");
    let mut request = lab.request(&["--say", "lost", "--exit", "0"]);
    request.output = Output::Null;
    let spawned = spawn(request).unwrap();
    assert!(spawned.stdout.is_none() && spawned.stderr.is_none() && spawned.stdin.is_none());
    lab.reaper.watch(1, &spawned.tree).unwrap();
    assert_eq!(lab.wait_end(1), ExitStatus::Code(0));
}

#[cfg(unix)]
mod linux {
    use super::*;

    fn status_field(pid: u32, name: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    }

    #[test]
    fn the_child_has_default_signals_and_a_session_of_its_own() {
        let lab = Lab::new("signals");
        // A shell-less program that installs nothing: Rust's start-up ignores SIGPIPE, so rogue cannot show it.
        let mut request = lab.request(&[]);
        request.program = "/bin/sleep".into();
        request.args = vec!["60".into()];
        let tree = lab.launch(1, request).tree;
        let pid = tree.main().pid;
        for field in ["SigBlk:", "SigIgn:", "SigCgt:", "SigPnd:"] {
            assert_eq!(status_field(pid, field), "0000000000000000", "{field}");
        }
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_ascii_whitespace()
            .collect();
        assert_eq!(
            [fields[2], fields[3]],
            [pid.to_string(), pid.to_string()],
            "group and session"
        );
        assert_eq!(fields[4], "0", "no controlling terminal");
        tree.kill_all().unwrap();
        lab.wait_end(1);
    }

    #[test]
    fn the_limit_on_open_files_is_ours_alone() {
        let lab = Lab::new("limits");
        let mut request = lab.request(&[]);
        request.program = "/bin/sh".into();
        request.args = vec!["-c".into(), "ulimit -n; ulimit -Hn".into()];
        request.open_files = Some(123);
        lab.launch(1, request);
        lab.wait_end(1);
        lab.wait_closed(2);
        let text = lab.text(1);
        assert_eq!(text.lines().next(), Some("123"), "{text}");
        assert_ne!(text.lines().nth(1), Some("123"), "the hard limit stays");
    }

    #[test]
    fn another_account_is_taken_completely() {
        if !director_sys::accounts::is_elevated() {
            println!("skipped: only root may become another user");
            return;
        }
        let lab = Lab::new("account");
        let mut request = lab.request(&[]);
        request.program = "/bin/sh".into();
        request.args = vec![
            "-c".into(),
            "id -u; id -g; id -G; cat /proc/self/status | grep ^CapEff".into(),
        ];
        request.cwd = "/".into();
        let account = director_sys::accounts::resolve("nobody").unwrap();
        request.user = Some(account.clone());
        let tree = lab.launch(1, request).tree;
        assert_eq!(lab.wait_end(1), ExitStatus::Code(0));
        lab.wait_closed(2);
        let text = lab.text(1);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], account.uid.to_string());
        assert_eq!(lines[1], account.gid.to_string());
        assert_eq!(
            lines[2],
            account.gid.to_string(),
            "no supplementary group is left"
        );
        assert!(lines[3].ends_with("0000000000000000"), "{text}");
        drop(tree);
    }

    #[test]
    fn an_account_that_may_not_enter_the_folder_says_so() {
        if !director_sys::accounts::is_elevated() {
            println!("skipped: only root may become another user");
            return;
        }
        let lab = Lab::new("folder");
        let private = lab.sandbox.file("private");
        director_sys::fs_guard::create_private_dir(&private).unwrap();
        let mut request = lab.request(&[]);
        request.program = "/bin/true".into();
        request.cwd = private;
        request.user = Some(director_sys::accounts::resolve("nobody").unwrap());
        assert_eq!(spawn(request).unwrap_err().kind, SpawnErrorKind::BadWorkingFolder);
    }

    /// A failed start must leave neither a zombie nor a descriptor behind.
    #[test]
    fn failed_starts_leave_nothing() {
        let lab = Lab::new("failed");
        let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let attempt = || {
            let mut request = lab.request(&[]);
            request.program = "/absent".into();
            assert!(spawn(request).is_err());
        };
        attempt();
        let before = count();
        (0..200).for_each(|_| attempt());
        // Other tests of this process open and close descriptors meanwhile; what leaks stays.
        director_testkit::eventually(crate::common::BOUND, "no descriptor leaks", || {
            count() < before + 150
        });
    }
}
