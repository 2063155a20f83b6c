//! The reaper: every end is reported once, in order, and no status is ever lost.

use std::collections::HashMap;

use crate::common::{BOUND, Lab};
use director_sys::identity;
use director_sys::reaper::{ExitStatus, ReaperEvent};
use director_sys::spawn::spawn;
use director_testkit::eventually;

#[test]
fn who_ended_before_being_watched_is_reported() {
    let lab = Lab::new("late");
    let spawned = spawn(lab.request(&["--fast-exit", "9"])).unwrap();
    crate::common::wait_dead(spawned.tree.main());
    lab.reaper.watch(1, &spawned.tree).unwrap();
    assert_eq!(lab.wait_end(1), ExitStatus::Code(9));
}

#[test]
fn a_grandchild_that_keeps_the_pipe_does_not_hold_up_the_end() {
    let lab = Lab::new("pipe");
    let args = [
        "--fork",
        "pipe",
        "--write-pid",
        &lab.path("pids"),
        "--main-exits-first",
    ];
    let tree = lab.launch(1, lab.request(&args)).tree;
    lab.wait_pids("pids", 2);
    assert_eq!(lab.wait_exit(1), ExitStatus::Code(0));
    tree.kill_all().unwrap();
    lab.wait_empty(1);
}

#[test]
fn many_at_once_are_each_reported_once_and_in_order() {
    const COUNT: u64 = 60;
    let lab = Lab::new("many");
    let mut trees = Vec::new();
    for token in 1..=COUNT {
        trees.push(
            lab.launch(token, lab.request(&["--fast-exit", &(token % 100).to_string()]))
                .tree,
        );
    }
    let mut seen: HashMap<u64, Vec<ReaperEvent>> = HashMap::new();
    for _ in 0..2 * COUNT {
        let event = lab.events.recv_timeout(BOUND).unwrap();
        let (ReaperEvent::Exited { token, .. } | ReaperEvent::TreeEmptied { token }) = event;
        seen.entry(token).or_default().push(event);
    }
    for token in 1..=COUNT {
        let status = ExitStatus::Code(i64::try_from(token % 100).unwrap());
        assert_eq!(
            seen[&token],
            [
                ReaperEvent::Exited { token, status },
                ReaperEvent::TreeEmptied { token }
            ]
        );
    }
    assert!(lab.events.try_recv().is_err());
}

#[test]
fn a_forgotten_run_is_silent_and_leaves_no_zombie() {
    let lab = Lab::new("forgotten");
    let tree = lab.ready(1, &[]);
    lab.reaper.forget(1);
    lab.reaper.forget(77);
    tree.kill_all().unwrap();
    eventually(BOUND, "reaped", || {
        identity::describe(tree.main().pid)
            .unwrap()
            .is_none_or(|info| info.id != tree.main())
    });
    let other = lab.ready(2, &[]);
    other.kill_all().unwrap();
    lab.wait_end(2);
}

#[test]
fn a_token_is_watched_once() {
    let lab = Lab::new("twice");
    let tree = lab.ready(1, &[]);
    let error = lab.reaper.watch(1, &tree).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    tree.kill_all().unwrap();
    lab.wait_end(1);
    // The token is free again, and the end of a finished run is reported to whoever asks later.
    lab.reaper.watch(1, &tree).unwrap();
    lab.wait_end(1);
}

#[test]
fn starts_and_ends_at_the_same_time_lose_no_status() {
    let lab = Lab::new("churn");
    let orphans = [
        "--fork",
        "daemonise",
        "--main-exits-first",
        "--exit",
        "7",
        "--lifetime",
        "1",
    ];
    for token in 1..=20 {
        let args: &[&str] = if token % 4 == 0 {
            &orphans
        } else {
            &["--fast-exit", "7"]
        };
        lab.launch(token, lab.request(args));
    }
    let mut ended = 0;
    let mut emptied = 0;
    while emptied < 20 {
        match lab.events.recv_timeout(BOUND).unwrap() {
            ReaperEvent::Exited { status, .. } => {
                assert_eq!(status, ExitStatus::Code(7));
                ended += 1;
            }
            ReaperEvent::TreeEmptied { .. } => emptied += 1,
        }
    }
    assert_eq!(ended, 20);
}

/// Helpers of our own are in our session: the reaper must leave them to whoever waits for them.
#[test]
fn a_helper_of_our_own_is_not_reaped() {
    let lab = Lab::new("helper");
    let mut helper = std::process::Command::new(director_testkit::rogue())
        .args(["--fast-exit", "4"])
        .spawn()
        .unwrap();
    let tree = lab.ready(1, &[]);
    tree.kill_all().unwrap();
    lab.wait_end(1);
    assert_eq!(helper.wait().unwrap().code(), Some(4));
}
