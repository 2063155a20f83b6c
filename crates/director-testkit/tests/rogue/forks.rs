use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use director_testkit::processes::{self, wait_gone};
use director_testkit::{Sandbox, eventually, records};

#[cfg(unix)]
use crate::Running;
use crate::{BOUND, command};

/// All pids of a `--write-pid` file; killed on drop.
struct Family(Vec<(String, u32)>);

impl Family {
    fn read(sandbox: &Sandbox) -> Self {
        Self(records::pids(&sandbox.file("pids")))
    }

    fn pid(&self, role: &str) -> u32 {
        self.0
            .iter()
            .find(|(known, _)| known == role)
            .expect("no such role")
            .1
    }

    fn roles(&self) -> Vec<&str> {
        self.0.iter().map(|(role, _)| role.as_str()).collect()
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.0.iter().for_each(|(_, pid)| processes::kill(*pid));
    }
}

const MODES: [&str; 7] = [
    "child",
    "ignore",
    "session",
    "daemonise",
    "pipe",
    "clear-env",
    "session+ignore",
];

#[test]
fn every_mode_starts_and_outlives_the_main() {
    let sandbox = Sandbox::new("forks");
    let pids = sandbox.file("pids");
    let mut all = command(["--main-exits-first", "--write-pid"]);
    all.arg(&pids).stdout(Stdio::null()).stderr(Stdio::null());
    all.args(MODES.iter().flat_map(|mode| ["--fork", mode]));
    assert_eq!(all.status().unwrap().code(), Some(0));
    let family = Family::read(&sandbox);
    assert_eq!(family.roles()[0], "main");
    assert_eq!(family.roles()[1..], MODES);
    assert!(!processes::alive(family.pid("main")));
    let rest: Vec<u32> = MODES.iter().map(|mode| family.pid(mode)).collect();
    assert!(rest.iter().all(|pid| processes::alive(*pid)));
    rest.iter().for_each(|pid| processes::kill(*pid));
    wait_gone(&rest, BOUND);
}

#[test]
fn main_exits_first_with_the_given_code() {
    let sandbox = Sandbox::new("forks");
    let mut both = command([
        "--main-exits-first",
        "--exit",
        "4",
        "--fork",
        "child",
        "--write-pid",
    ]);
    let status = both.arg(sandbox.file("pids")).stdout(Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(4));
    assert!(processes::alive(Family::read(&sandbox).pid("child")));
}

/// A reader of the main's output sees its end only when the grandchild that keeps it is gone.
#[test]
fn only_pipe_keeps_the_output_open() {
    for (mode, keeps) in [
        ("child", false),
        ("session", false),
        ("daemonise", false),
        ("pipe", true),
    ] {
        let sandbox = Sandbox::new("forks");
        let mut command = command(["--main-exits-first", "--fork", mode, "--write-pid"]);
        command
            .arg(sandbox.file("pids"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        assert!(child.wait().unwrap().success());
        let family = Family::read(&sandbox);
        let reader = std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()).unwrap());
        if keeps {
            assert!(!reader.is_finished() && processes::alive(family.pid(mode)));
            processes::kill(family.pid(mode));
        }
        eventually(BOUND, "the output ends", || reader.is_finished());
        assert!(keeps || processes::alive(family.pid(mode)), "{mode} must live on");
        reader.join().unwrap();
    }
}

/// A file can be told from an inherited one at its deletion on Windows, and at its contents everywhere.
#[test]
fn grandchildren_say_nothing() {
    let sandbox = Sandbox::new("forks");
    let path = sandbox.file("out");
    let mut command = command([
        "--main-exits-first",
        "--fork",
        "child",
        "--fork",
        "pipe",
        "--write-pid",
    ]);
    command
        .arg(sandbox.file("pids"))
        .stdout(File::create(&path).unwrap());
    assert!(command.status().unwrap().success());
    drop(Family::read(&sandbox));
    assert_eq!(sandbox.read("out"), "");
}

#[cfg(unix)]
#[test]
fn sessions_parents_and_environments_are_as_named() {
    let sandbox = Sandbox::new("forks");
    let mut command = command(["--write-pid"]);
    command.arg(sandbox.file("pids")).env("ROGUE_MARK", "seen");
    command.args(MODES.iter().flat_map(|mode| ["--fork", mode]));
    let running = Running::start_command(command);
    let family = Family::read(&sandbox);
    let main_session = stat_field(running.pid(), 6);
    for mode in MODES {
        let pid = family.pid(mode);
        let own_session = ["session", "daemonise", "clear-env", "session+ignore"].contains(&mode);
        assert_eq!(stat_field(pid, 6) != main_session, own_session, "{mode}: session");
        assert_eq!(
            stat_field(pid, 4) == running.pid(),
            mode != "daemonise",
            "{mode}: parent"
        );
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        let marked = environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == b"ROGUE_MARK=seen");
        assert_eq!(marked, mode != "clear-env", "{mode}: environment");
        assert_eq!(environment.is_empty(), mode == "clear-env", "{mode}: environment");
    }
}

/// Field of /proc/PID/stat, counted from 1 as in its manual page.
#[cfg(unix)]
fn stat_field(pid: u32, field: usize) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    after_name.split(' ').nth(field - 3).unwrap().parse().unwrap()
}

#[cfg(unix)]
#[test]
fn only_ignore_survives_a_polite_signal() {
    let sandbox = Sandbox::new("forks");
    // The main ignores as well: a grandchild must not inherit that.
    let mut command = command([
        "--ignore",
        "all",
        "--fork",
        "child",
        "--fork",
        "ignore",
        "--write-pid",
    ]);
    command.arg(sandbox.file("pids"));
    let mut running = Running::start_command(command);
    let family = Family::read(&sandbox);
    for role in ["main", "ignore", "child"] {
        let pid = family.pid(role).cast_signed();
        // SAFETY: the pid is a process of this test.
        let sent = unsafe { libc::kill(pid, libc::SIGTERM) };
        assert_eq!(sent, 0);
    }
    wait_gone(&[family.pid("child")], BOUND);
    assert!(running.is_alive() && processes::alive(family.pid("ignore")));
}
