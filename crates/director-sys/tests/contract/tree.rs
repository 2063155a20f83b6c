//! Trees: containment from birth, the ladder's rungs, leftovers, the last rung, frozen trees, usage.

use std::io::ErrorKind;
use std::time::Duration;

use crate::common::{BOUND, LAST, Lab, POLITE, use_console_helper, wait_dead};
use director_sys::identity;
use director_sys::reaper::ExitStatus;
use director_sys::tree::{Delivery, Rung, Target};
use director_testkit::{eventually, processes, records};

#[test]
fn a_grandchild_is_contained_from_its_birth() {
    let lab = Lab::new("contained");
    let tree = lab.ready(1, &["--fork", "child", "--write-pid", &lab.path("pids")]);
    let pids = lab.wait_pids("pids", 2);
    let mut expected: Vec<u32> = pids.iter().map(|(_, pid)| *pid).collect();
    expected.sort_unstable();
    let mut members: Vec<u32> = tree.members().unwrap().iter().map(|id| id.pid).collect();
    members.sort_unstable();
    assert_eq!(members, expected);
    assert!(members.contains(&tree.main().pid));
    assert_eq!(tree.usage().unwrap().processes, 2);
    assert!(!tree.is_empty().unwrap());
    tree.kill_all().unwrap();
    lab.wait_end(1);
    assert!(tree.is_empty().unwrap());
    assert!(tree.members().unwrap().is_empty());
}

fn answers(rung: Rung, name: &str) {
    use_console_helper();
    let lab = Lab::new("rung");
    let tree = lab.ready(1, &[&format!("--on-{name}"), "exit 41"]);
    assert_eq!(tree.deliver(rung, Target::Group).unwrap(), Delivery::Delivered);
    assert_eq!(lab.wait_end(1), ExitStatus::Code(41), "{name}");
    assert_eq!(
        tree.deliver(rung, Target::Group).unwrap(),
        Delivery::NobodyThere,
        "{name}"
    );
}

#[test]
fn each_rung_of_this_system_arrives() {
    let rungs: &[(Rung, &str)] = if cfg!(windows) {
        &[(Rung::CtrlC, "ctrl-c")]
    } else {
        &[
            (Rung::Term, "term"),
            (Rung::Int, "int"),
            (Rung::Quit, "quit"),
            (Rung::Hup, "hup"),
            (Rung::Usr1, "usr1"),
            (Rung::Usr2, "usr2"),
        ]
    };
    for (rung, name) in rungs {
        answers(*rung, name);
    }
}

#[test]
fn a_rung_of_the_other_system_is_unsupported() {
    let lab = Lab::new("foreign-rung");
    let tree = lab.ready(1, &[]);
    let foreign: &[Rung] = if cfg!(windows) {
        &[
            Rung::Term,
            Rung::Int,
            Rung::Quit,
            Rung::Hup,
            Rung::Usr1,
            Rung::Usr2,
            Rung::Kill,
        ]
    } else {
        &[Rung::CtrlC, Rung::CtrlBreak, Rung::Close, Rung::Terminate]
    };
    for rung in foreign {
        let error = tree.deliver(*rung, Target::Group).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{rung:?}");
    }
    assert!(identity::is_alive(tree.main()).unwrap());
    tree.deliver(LAST, Target::Group).unwrap();
    lab.wait_end(1);
}

#[test]
fn who_ignores_every_rung_ends_by_the_last() {
    use_console_helper();
    let lab = Lab::new("stubborn");
    let record = lab.path("record");
    let tree = lab.ready(1, &["--ignore", "all", "--record", &record]);
    assert_eq!(
        tree.deliver(POLITE.0, Target::Group).unwrap(),
        Delivery::Delivered
    );
    eventually(BOUND, "the rung arrived", || {
        records::recorded(record.as_ref())
            .iter()
            .any(|line| line == &format!("rung {}", POLITE.1))
    });
    assert!(identity::is_alive(tree.main()).unwrap());
    assert_eq!(tree.deliver(LAST, Target::Group).unwrap(), Delivery::Delivered);
    let status = lab.wait_end(1);
    if cfg!(windows) {
        assert!(matches!(status, ExitStatus::Code(_)), "{status:?}");
    } else {
        assert_eq!(
            status,
            ExitStatus::Signal {
                number: 9,
                core_dumped: false
            }
        );
    }
    assert_eq!(tree.deliver(LAST, Target::Group).unwrap(), Delivery::NobodyThere);
}

/// Every way to leave the main process alone, stopped by the last rung while the main process lives.
#[test]
fn no_grandchild_outlives_the_last_rung() {
    for mode in [
        "child",
        "ignore",
        "session",
        "session+ignore",
        "daemonise",
        "pipe",
        "clear-env",
        "daemonise+clear-env",
    ] {
        let lab = Lab::new("last-rung");
        let tree = lab.ready(1, &["--fork", mode, "--write-pid", &lab.path("pids")]);
        let pids: Vec<u32> = lab.wait_pids("pids", 2).into_iter().map(|(_, pid)| pid).collect();
        assert_eq!(tree.members().unwrap().len(), 2, "{mode}");
        tree.record_descent().unwrap();
        tree.kill_all().unwrap();
        lab.wait_end(1);
        assert!(pids.iter().all(|pid| !processes::alive(*pid)), "{mode}");
    }
}

/// The same grandchildren after the main process has ended by itself.
#[test]
fn leftovers_are_found_and_ended() {
    for mode in ["ignore", "session+ignore", "daemonise+ignore", "clear-env+ignore"] {
        let lab = Lab::new("leftovers");
        let args = [
            "--fork",
            mode,
            "--write-pid",
            &lab.path("pids"),
            "--main-exits-first",
        ];
        let tree = lab.launch(1, lab.request(&args)).tree;
        let pids = lab.wait_pids("pids", 2);
        assert_eq!(lab.wait_exit(1), ExitStatus::Code(0), "{mode}");
        let (_, left) = pids.iter().find(|(role, _)| role != "main").unwrap();
        assert_eq!(
            tree.members()
                .unwrap()
                .iter()
                .map(|id| id.pid)
                .collect::<Vec<_>>(),
            [*left],
            "{mode}"
        );
        assert!(!tree.is_empty().unwrap());
        assert!(
            lab.events.recv_timeout(Duration::from_millis(50)).is_err(),
            "{mode}: reported empty too early"
        );
        tree.kill_all().unwrap();
        lab.wait_empty(1);
        assert!(!processes::alive(*left), "{mode}");
    }
}

#[test]
fn leftovers_get_the_polite_rung() {
    use_console_helper();
    let lab = Lab::new("polite-leftovers");
    let args = [
        "--fork",
        "child",
        "--write-pid",
        &lab.path("pids"),
        "--main-exits-first",
    ];
    let tree = lab.launch(1, lab.request(&args)).tree;
    lab.wait_pids("pids", 2);
    lab.wait_exit(1);
    assert_eq!(tree.deliver_to_leftovers().unwrap(), Delivery::Delivered);
    lab.wait_empty(1);
    assert_eq!(tree.deliver_to_leftovers().unwrap(), Delivery::NobodyThere);
}

/// Two services at once, so that an orphan without a mark cannot be attributed by there being only one.
#[test]
fn an_orphan_without_mark_or_session_is_known_by_recorded_descent() {
    let lab = Lab::new("descent");
    let other = lab.ready(2, &[]);
    let tree = lab.ready(
        1,
        &["--fork", "clear-env+ignore", "--write-pid", &lab.path("pids")],
    );
    let pids = lab.wait_pids("pids", 2);
    let (_, left) = pids.iter().find(|(role, _)| role != "main").unwrap();
    tree.record_descent().unwrap();
    identity::kill(tree.main()).unwrap();
    lab.wait_exit(1);
    assert_eq!(
        tree.members()
            .unwrap()
            .iter()
            .map(|id| id.pid)
            .collect::<Vec<_>>(),
        [*left]
    );
    assert_eq!(other.members().unwrap(), [other.main()]);
    tree.kill_all().unwrap();
    lab.wait_empty(1);
    assert!(!processes::alive(*left));
    assert!(identity::is_alive(other.main()).unwrap());
    other.kill_all().unwrap();
    lab.wait_end(2);
}

/// The same without having been recorded: the main process crashed, and nobody had a reason to look before.
#[test]
fn an_orphan_that_shed_its_environment_and_session_is_still_known() {
    let lab = Lab::new("shed");
    let other = lab.ready(2, &[]);
    let request = lab.request(&[
        "--fork",
        "daemonise+clear-env+ignore",
        "--write-pid",
        &lab.path("pids"),
        "--main-exits-first",
    ]);
    let mark = request.invocation.clone();
    let tree = lab.launch(1, request).tree;
    let pids = lab.wait_pids("pids", 2);
    let (_, left) = pids.iter().find(|(role, _)| role != "main").unwrap();
    lab.wait_exit(1);
    assert_eq!(
        tree.members()
            .unwrap()
            .iter()
            .map(|id| id.pid)
            .collect::<Vec<_>>(),
        [*left]
    );
    if !cfg!(windows) {
        // What the next director would do, had we been killed.
        assert_eq!(identity::find_marked(&mark).unwrap(), tree.members().unwrap());
    }
    tree.kill_all().unwrap();
    lab.wait_empty(1);
    assert!(!processes::alive(*left));
    other.kill_all().unwrap();
    lab.wait_end(2);
}

#[test]
fn the_main_alone_can_be_told() {
    let lab = Lab::new("main-only");
    let args = [
        "--fork",
        "child",
        "--write-pid",
        &lab.path("pids"),
        "--on-term",
        "exit 5",
    ];
    let tree = lab.ready(1, &args);
    let pids = lab.wait_pids("pids", 2);
    let (_, child) = pids.iter().find(|(role, _)| role != "main").unwrap();
    if cfg!(windows) {
        assert_eq!(
            tree.deliver(Rung::CtrlC, Target::Main).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
    } else {
        assert_eq!(
            tree.deliver(Rung::Term, Target::Main).unwrap(),
            Delivery::Delivered
        );
        assert_eq!(lab.wait_exit(1), ExitStatus::Code(5));
        assert!(processes::alive(*child));
    }
    tree.kill_all().unwrap();
    eventually(BOUND, "nobody left", || tree.is_empty().unwrap());
}

#[test]
fn a_frozen_tree_is_recognised_and_still_killed() {
    let lab = Lab::new("frozen");
    let running = lab.ready(2, &[]);
    assert!(!running.is_frozen().unwrap());
    running.kill_all().unwrap();
    lab.wait_end(2);
    assert!(!running.is_frozen().unwrap(), "an empty tree is not frozen");
    let tree = lab.ready(1, &["--suspend-self"]);
    eventually(BOUND, "frozen", || tree.is_frozen().unwrap());
    assert!(identity::describe(tree.main().pid).unwrap().unwrap().frozen);
    assert_eq!(tree.members().unwrap(), [tree.main()]);
    tree.deliver(LAST, Target::Group).unwrap();
    lab.wait_end(1);
}

#[test]
fn usage_grows_with_the_memory_eaten() {
    let lab = Lab::new("usage");
    let tree = lab.ready(1, &["--eat", "64"]);
    let usage = tree.usage().unwrap();
    assert_eq!(usage.processes, 1);
    assert!(usage.memory_bytes > 60 << 20, "{usage:?}");
    assert!(usage.memory_bytes < 1 << 30, "{usage:?}");
    tree.kill_all().unwrap();
    lab.wait_end(1);
    assert_eq!(tree.usage().unwrap().processes, 0);
}

/// Guarantee 2: what a director started dies with it.
#[test]
fn a_service_dies_with_the_process_that_started_it() {
    if std::env::var("SYS_TEST_ROLE").is_ok_and(|role| role == "spawner") {
        let lab = Lab::new("orphaned");
        let tree = lab.ready(1, &["--ignore", "all"]);
        println!("\nservice {}", tree.main().pid);
        loop {
            std::thread::park();
        }
    }
    let mut spawner =
        crate::common::again("tree::a_service_dies_with_the_process_that_started_it", "spawner")
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
    let mut reader = std::io::BufReader::new(spawner.stdout.take().unwrap());
    let service = loop {
        let mut line = String::new();
        assert!(
            std::io::BufRead::read_line(&mut reader, &mut line).unwrap() > 0,
            "no service was started"
        );
        if let Some(pid) = line.trim().strip_prefix("service ") {
            break crate::common::id_of(pid.parse().unwrap());
        }
    };
    spawner.kill().unwrap();
    spawner.wait().unwrap();
    wait_dead(service);
}
