//! What becomes of the processes of a director that was killed (guarantee 2).

use std::time::{Duration, Instant};

use director_testkit::processes::{alive, wait_gone};
use director_testkit::{eventually, records};

use crate::common::{BOUND, Director, Site, of_kind, run_number};

/// "At once", on a machine that does other things too.
const AT_ONCE: Duration = Duration::from_secs(1);

fn family(name: &str) -> (Site, Vec<&'static str>) {
    let site = Site::new(name);
    let pids = site.path("pids");
    let forks = [
        "child",
        "ignore",
        "session",
        "session+ignore",
        "daemonise",
        "pipe+session+ignore",
    ];
    let mut arguments = vec!["--ignore", "all", "--write-pid", &pids];
    arguments.extend(forks.iter().flat_map(|fork| ["--fork", fork]));
    let site = site.rogue("web", &arguments, "");
    (site, forks.into())
}

fn pids_of(site: &Site, count: usize) -> Vec<(String, u32)> {
    eventually(BOUND, "the family is there", || {
        let found = records::pids(&site.sandbox.file("pids"));
        if found.len() == count {
            Ok(found)
        } else {
            Err(found)
        }
    })
}

#[test]
fn the_processes_of_a_killed_director_end() {
    let (site, forks) = family("killed-director");
    let director = site.start();
    let first = site.until_running("web");
    let family = pids_of(&site, forks.len() + 1);
    let all: Vec<u32> = family.iter().map(|(_, pid)| *pid).collect();
    director.kill();

    if cfg!(windows) {
        wait_gone(&all, AT_ONCE);
    } else {
        let main: Vec<u32> = family
            .iter()
            .filter(|(role, _)| role == "main")
            .map(|(_, pid)| *pid)
            .collect();
        wait_gone(&main, AT_ONCE);
        let survivors = all.iter().filter(|pid| alive(**pid)).count();
        assert!(
            survivors > 0,
            "then this shows nothing: no grandchild outlived the kill"
        );
    }

    std::fs::remove_file(site.sandbox.file("pids")).expect("cannot remove the pids");
    let began = Instant::now();
    let _director = Director::launch(&site, site.command(&["run"]));
    wait_gone(&all, Duration::from_secs(2).saturating_sub(began.elapsed()));
    let second = site.until_run_after("web", run_number(&first));
    assert_eq!(run_number(&second), 2, "run numbers go on");
    let events = site.events("web");
    if cfg!(unix) {
        let ended: Vec<u64> = of_kind(&events, "leftover-ended")
            .iter()
            .filter_map(|event| event["pid"].as_u64())
            .collect();
        assert!(
            !ended.is_empty()
                && ended
                    .iter()
                    .all(|pid| all.iter().any(|own| u64::from(*own) == *pid)),
            "{ended:?} of {all:?}"
        );
    }
}

#[test]
fn a_shut_down_director_leaves_nothing_to_clear_away() {
    let (site, forks) = family("clean-end");
    let director = site.start();
    site.until_running("web");
    let all: Vec<u32> = pids_of(&site, forks.len() + 1)
        .iter()
        .map(|(_, pid)| *pid)
        .collect();
    site.cli(&["shutdown", "--now"]).exits(0);
    director.wait();
    assert!(!all.iter().any(|pid| alive(*pid)));
    let _director = Director::start(&site, site.command(&["run", "--force"]));
    site.until_running("web");
    assert!(of_kind(&site.events("web"), "leftover-ended").is_empty());
}
