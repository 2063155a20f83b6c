//! Every shape of rogue, stopped.

use director_testkit::processes::alive;
use director_testkit::{eventually, records};

use crate::common::system::POLITE;
use crate::common::{BOUND, Site, of_kind, run_number, text};

/// Name, arguments, and how many processes write down their pid.
type Shape = (&'static str, &'static [&'static str], usize);

/// What the first process itself may do about being asked to end.
const MAIN: &[Shape] = &[
    ("obedient", &[], 1),
    ("ignores-first", &["--ignore", "term,ctrl-c"], 1),
    ("ignores-second", &["--ignore", "int,ctrl-break"], 1),
    ("ignores-rest", &["--ignore", "hup,quit,usr1,usr2,close"], 1),
    ("ignores-all", &["--ignore", "all"], 1),
    (
        "takes-its-time",
        &["--on-term", "exit 0 after 200", "--on-ctrl-c", "exit 0 after 200"],
        1,
    ),
    (
        "takes-too-long",
        &[
            "--on-term",
            "exit 0 after 60000",
            "--on-ctrl-c",
            "exit 0 after 60000",
        ],
        1,
    ),
    ("suspended", &["--suspend-self"], 1),
];

/// What may stand beside it.
const FORKS: &[Shape] = &[
    ("child", &["--fork", "child"], 2),
    ("child-of-ignorant", &["--fork", "child", "--ignore", "all"], 2),
    ("ignorant-child", &["--fork", "ignore"], 2),
    ("session", &["--fork", "session"], 2),
    ("session-ignore", &["--fork", "session+ignore"], 2),
    ("daemonised", &["--fork", "daemonise"], 2),
    (
        "daemonised-session-ignore",
        &["--fork", "daemonise+session+ignore"],
        2,
    ),
    ("pipe", &["--fork", "pipe"], 2),
    ("pipe-session-ignore", &["--fork", "pipe+session+ignore"], 2),
    ("clear-env", &["--fork", "clear-env"], 2),
    ("clear-env-ignore", &["--fork", "clear-env+ignore"], 2),
    (
        "clear-env-daemonised-ignore",
        &["--fork", "clear-env+daemonise+ignore"],
        2,
    ),
    (
        "suspended-with-child",
        &["--fork", "session+ignore", "--suspend-self"],
        2,
    ),
    (
        "family",
        &[
            "--fork",
            "child",
            "--fork",
            "ignore",
            "--fork",
            "session+ignore",
            "--fork",
            "daemonise",
            "--fork",
            "pipe",
        ],
        6,
    ),
];

/// A site with a service per shape; each writes its pids into a file of its name.
fn site_of(name: &str, shapes: &[Shape], extra: &[&str], lines: &str) -> Site {
    let ladder = format!("stop.ladder = [\"{POLITE} 300ms\", \"kill\"]\n{lines}");
    let mut site = Site::new(name);
    for (shape, arguments, _) in shapes {
        let pids = site.path(shape);
        let arguments = [*arguments, extra, &["--write-pid", &pids]].concat();
        site = site.rogue(shape, &arguments, &ladder);
    }
    site
}

/// All processes, once every one has said that it is there.
fn processes(site: &Site, shapes: &[Shape]) -> Vec<(&'static str, String, u32)> {
    let of_shape = |(shape, _, count): &Shape| {
        let found = eventually(BOUND, &format!("{shape}: {count} processes"), || {
            let found = records::pids(&site.sandbox.file(shape));
            if found.len() >= *count {
                Ok(found)
            } else {
                Err(found)
            }
        });
        let name = *shape;
        found.into_iter().map(move |(role, pid)| (name, role, pid))
    };
    shapes.iter().flat_map(of_shape).collect()
}

fn left(processes: &[(&'static str, String, u32)]) -> Vec<String> {
    let left = processes.iter().filter(|(_, _, pid)| alive(*pid));
    left.map(|(shape, role, pid)| format!("{shape}: {role} {pid}"))
        .collect()
}

/// Starts all shapes, stops all, and looks at once.
fn stopped_shapes_leave_nothing(name: &str, shapes: &[Shape]) {
    let site = site_of(name, shapes, &[], "");
    let director = site.start();
    let all = processes(&site, shapes);
    let mains: Vec<_> = all
        .iter()
        .filter(|(_, role, _)| role == "main")
        .cloned()
        .collect();
    assert_eq!(left(&mains).len(), shapes.len(), "all live before the stop");
    for (shape, ..) in shapes {
        site.until_running(shape);
    }

    site.cli(&["stop"]).exits(0);
    assert_eq!(left(&all), [""; 0], "`stop` returned while processes lived");
    for (shape, ..) in shapes {
        let service = site.status(shape);
        assert_eq!(
            (text(&service, "phase"), run_number(&service)),
            ("idle", 1),
            "{service}"
        );
    }
    director.shut_down();
}

#[test]
fn nothing_is_left_after_a_stop_whatever_the_first_process_does() {
    stopped_shapes_leave_nothing("stop-main", MAIN);
}

#[test]
fn nothing_is_left_after_a_stop_whatever_stands_beside_it() {
    stopped_shapes_leave_nothing("stop-forks", FORKS);
}

#[test]
fn nothing_is_left_after_a_shutdown_at_once() {
    let shapes = [MAIN, FORKS].concat();
    let site = site_of("shutdown-now", &shapes, &[], "");
    let director = site.start();
    let all = processes(&site, &shapes);
    site.cli(&["shutdown", "--now"]).exits(0);
    director.wait();
    assert_eq!(left(&all), [""; 0]);
}

#[test]
fn what_outlives_the_first_process_is_ended_before_anything_else() {
    let site = site_of(
        "main-first",
        FORKS_ALIVE,
        &["--main-exits-first"],
        "restart.when = \"never\"",
    );
    let _director = site.start();
    let all = processes(&site, FORKS_ALIVE);
    for (shape, ..) in FORKS_ALIVE {
        site.until(shape, "is over", |service| {
            matches!(text(service, "phase"), "failed" | "completed")
        });
    }
    assert_eq!(left(&all), [""; 0]);
}

#[test]
fn a_program_that_daemonises_runs_until_its_tree_is_gone() {
    let site = site_of(
        "follow",
        FORKS_ALIVE,
        &["--main-exits-first"],
        "run.follow = \"tree\"",
    );
    let _director = site.start();
    let all = processes(&site, FORKS_ALIVE);
    for (shape, ..) in FORKS_ALIVE {
        site.until_phase(shape, "running");
    }
    let grandchildren: Vec<_> = all
        .iter()
        .filter(|(_, role, _)| role != "main")
        .cloned()
        .collect();
    assert_eq!(
        left(&grandchildren).len(),
        grandchildren.len(),
        "they are the service now"
    );
    site.cli(&["stop"]).exits(0);
    assert_eq!(left(&all), [""; 0]);
}

/// Grandchildren that live on after the first process has ended.
const FORKS_ALIVE: &[Shape] = &[
    ("child", &["--fork", "child"], 2),
    ("ignorant-child", &["--fork", "ignore"], 2),
    ("session-ignore", &["--fork", "session+ignore"], 2),
    ("daemonised", &["--fork", "daemonise"], 2),
    ("pipe", &["--fork", "pipe"], 2),
    ("clear-env-ignore", &["--fork", "clear-env+ignore"], 2),
];

#[test]
fn a_new_run_waits_until_the_old_tree_is_empty() {
    let site = Site::new("old-tree");
    let (pids, counter) = (site.path("pids"), site.path("counter"));
    let site = site.rogue(
        "web",
        &[
            "--fork",
            "session+ignore",
            "--exit",
            "1",
            "--after",
            "100",
            "--write-pid",
            &pids,
            "--counter",
            &counter,
        ],
        "restart.backoff = [\"0s\", \"1m\"]",
    );
    let _director = site.start();
    site.until("web", "a second run", |web| {
        run_number(web) == 2 && web["run"]["pid"].is_u64()
    });
    let old = records::pids(&site.sandbox.file("pids"))[..2].to_vec();
    assert!(
        !alive(old[0].1) && !alive(old[1].1),
        "run 2 began while run 1 had processes: {old:?}"
    );
    let events = site.events("web");
    let place = |kind: &str, from: usize| {
        let found = events
            .iter()
            .skip(from)
            .position(|event| text(event, "event") == kind);
        from + found.unwrap_or_else(|| panic!("no {kind} after {from}: {events:?}"))
    };
    let killed = place("tree-killed", place("process-exited", 0));
    place("process-started", killed);
    assert_eq!(of_kind(&events[..killed], "process-started").len(), 1);
    let duplicates = records::starts(&site.sandbox.file("counter"))
        .into_iter()
        .filter(|start| start.duplicate);
    assert_eq!(duplicates.count(), 0);
}

#[test]
fn a_suspended_tree_goes_to_the_last_rung_at_once_and_it_is_said() {
    // With these graces a stop that tried them would not end within the bound.
    let site = Site::new("frozen").rogue("web", &["--suspend-self"], "stop.grace = \"10m\"");
    let _director = site.start();
    let run = site.until_running("web");
    let pid = crate::common::pid(&run).expect("a pid");
    crate::common::system::until_suspended(pid);
    site.cli(&["stop", "web"]).exits(0);
    assert!(!alive(pid));
    site.until_event("web", "tree-frozen");
    let why = site.cli(&["events", "web"]).exits(0).out;
    crate::common::assert_says(&why, &["suspended", "ended by force"]);
}
