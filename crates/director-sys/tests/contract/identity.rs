//! Identity: a pid alone is nobody; lookup, kill, description, marks.

use std::io::ErrorKind;
use std::time::Duration;

use crate::common::Lab;
use director_sys::identity::{self, Killed, ProcessId};

#[test]
fn a_process_is_its_pid_and_its_start() {
    let lab = Lab::new("identity");
    let tree = lab.ready(1, &[]);
    let id = tree.main();
    assert_eq!(identity::lookup(id.pid).unwrap(), Some(id));
    assert!(identity::is_alive(id).unwrap());
    let reused = ProcessId {
        start: id.start - 1,
        ..id
    };
    assert!(!identity::is_alive(reused).unwrap());
    assert_eq!(identity::kill(reused).unwrap(), Killed::AlreadyGone);
    assert!(identity::is_alive(id).unwrap(), "the wrong process was killed");
    let long = Duration::from_secs(60);
    assert!(identity::wait_end(reused, long).unwrap());
    assert!(!identity::wait_end(id, Duration::from_millis(1)).unwrap());
    assert_eq!(identity::kill(id).unwrap(), Killed::Done);
    assert!(identity::wait_end(id, long).unwrap());
    lab.wait_end(1);
    assert!(identity::wait_end(id, long).unwrap());
    assert_eq!(
        identity::lookup(id.pid).unwrap().filter(|found| *found == id),
        None
    );
    assert_eq!(identity::kill(id).unwrap(), Killed::AlreadyGone);
}

#[test]
fn starts_are_monotone() {
    let lab = Lab::new("monotone");
    let first = lab.ready(1, &[]).main();
    let second = lab.ready(2, &[]).main();
    assert!(identity::current().unwrap().start <= first.start);
    assert!(first.start <= second.start);
}

#[test]
fn a_description_names_program_user_and_start() {
    let lab = Lab::new("describe");
    let before = director_sys::clock::unix_ms();
    let tree = lab.ready(1, &[]);
    let info = identity::describe(tree.main().pid).unwrap().unwrap();
    assert_eq!(info.id, tree.main());
    assert!(info.name.starts_with("rogue"), "{info:?}");
    assert!(info.exe.as_ref().unwrap().to_string_lossy().contains("rogue"));
    assert_eq!(
        info.user.as_deref(),
        Some(director_sys::accounts::current_user_name().unwrap().as_str())
    );
    let started = info.started_unix_ms.unwrap();
    assert!(
        (before - 2000..=director_sys::clock::unix_ms() + 2000).contains(&started),
        "{before} {info:?}"
    );
    assert!(!info.frozen && !info.exiting);
    assert_eq!(identity::describe(0x7fff_fff0).unwrap(), None);
}

#[test]
fn a_zombie_is_described_as_exiting_but_not_alive() {
    let lab = Lab::new("zombie");
    let spawned = director_sys::spawn::spawn(lab.request(&["--fast-exit", "0"])).unwrap();
    let id = spawned.tree.main();
    crate::common::wait_dead(id);
    if !cfg!(windows) {
        assert!(identity::describe(id.pid).unwrap().unwrap().exiting);
    }
    lab.reaper.watch(1, &spawned.tree).unwrap();
    lab.wait_end(1);
}

#[test]
fn a_run_is_found_by_its_mark() {
    let lab = Lab::new("marked");
    let request = lab.request(&[
        "--fork",
        "session",
        "--write-pid",
        &lab.path("pids"),
        "--say",
        "ready",
    ]);
    let mark = request.invocation.clone();
    let tree = lab.launch(1, request).tree;
    let mut pids: Vec<u32> = lab.wait_pids("pids", 2).into_iter().map(|(_, pid)| pid).collect();
    pids.sort_unstable();
    match identity::find_marked(&mark) {
        Ok(found) => {
            assert_eq!(found.iter().map(|id| id.pid).collect::<Vec<_>>(), pids);
            assert!(
                identity::find_marked(&mark[1..]).unwrap().is_empty(),
                "a part of a mark is no mark"
            );
        }
        Err(error) => assert!(cfg!(windows) && error.kind() == ErrorKind::Unsupported, "{error}"),
    }
    tree.kill_all().unwrap();
    lab.wait_end(1);
}

#[test]
fn the_boot_has_one_name() {
    let boot = identity::boot_id().unwrap();
    assert!(!boot.is_empty());
    assert_eq!(boot, identity::boot_id().unwrap());
}

#[test]
fn invocation_ids_differ() {
    let (one, two) = (
        identity::new_invocation_id().unwrap(),
        identity::new_invocation_id().unwrap(),
    );
    assert_ne!(one, two);
    assert!(
        one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{one}"
    );
}
