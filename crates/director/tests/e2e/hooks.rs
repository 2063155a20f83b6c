//! Hooks: what each knows, what it holds up, and what a person is told when it fails.

use director_testkit::processes::{alive, wait_gone};
use director_testkit::{eventually, records, rogue};
use serde_json::Value;

use crate::common::{BOUND, Site, assert_says, of_kind, pid, quoted, run_number, text};

/// A hook that is rogue.
fn hook(name: &str, arguments: &[&str]) -> String {
    let program = rogue().display().to_string();
    let words = std::iter::once(program.as_str()).chain(arguments.iter().copied());
    let words: Vec<String> = words.map(quoted).collect();
    format!("hooks.{name} = [{}]\n", words.join(", "))
}

/// One that notes what it is told, then does what the arguments say, and ends well.
fn noting(site: &Site, name: &str, arguments: &[&str]) -> String {
    let note = site.path("note");
    hook(name, &[&["--note", &note], arguments, &["--exit", "0"]].concat())
}

/// What the hooks have noted so far, each with its variables.
fn notes(site: &Site) -> Vec<Value> {
    let note = std::fs::read_to_string(site.path("note")).unwrap_or_default();
    let parse = |line: &str| {
        let variables = line.split('|').filter_map(|pair| pair.split_once('='));
        variables
            .filter_map(|(name, value)| Some((name.strip_prefix("DIRECTOR_")?.to_lowercase(), value)))
            .map(|(name, value)| (name, Value::from(value)))
            .collect()
    };
    note.lines().map(parse).map(Value::Object).collect()
}

/// Waits for so many.
#[track_caller]
fn until_noted(site: &Site, count: usize) -> Vec<Value> {
    eventually(BOUND, &format!("{count} notes"), || {
        let notes = notes(site);
        if notes.len() >= count {
            Ok(notes)
        } else {
            Err(notes)
        }
    })
}

/// Each hook with its run, in their order.
fn order(notes: &[Value]) -> String {
    let one = |note: &Value| format!("{} {}", text(note, "hook"), text(note, "run"));
    notes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Ends with a code of its own when it is asked to, on both systems.
const OBEYS: &[&str] = &["--on-term", "exit 7", "--on-ctrl-c", "exit 7"];

#[test]
fn each_runs_in_its_place_and_knows_what_it_is_for() {
    let site = Site::new("hooks");
    let lines: String = ["pre_start", "post_start", "pre_stop", "post_exit"]
        .map(|name| noting(&site, name, &[]))
        .concat();
    let site = site.rogue(
        "web",
        OBEYS,
        &format!("env = {{ DIRECTOR_EXIT = \"mine\" }}\n{lines}"),
    );
    let director = site.start();
    let first = pid(&site.until_running("web")).expect("a process").to_string();
    until_noted(&site, 2);
    site.cli(&["restart", "web"]).exits(0);
    until_noted(&site, 6);
    site.cli(&["stop", "web"]).exits(0);
    let notes = notes(&site);
    assert_eq!(
        order(&notes),
        "pre_start 1, post_start 1, pre_stop 1, post_exit 1, pre_start 2, post_start 2, pre_stop 2, post_exit 2"
    );
    let told = |index: usize, key: &str| text(&notes[index], key).to_owned();
    for (index, reason, exit, of_process) in [
        (0, "the director started", "", ""),
        (1, "the director started", "", first.as_str()),
        (2, "operator-restart", "", first.as_str()),
        (3, "operator-restart", "7", ""),
        (4, "restarted by the operator", "", ""),
        (7, "operator", "7", ""),
    ] {
        assert_eq!(told(index, "service"), "web");
        assert_eq!(
            (told(index, "reason"), told(index, "exit"), told(index, "pid")),
            (reason.to_owned(), exit.to_owned(), of_process.to_owned()),
            "{}",
            notes[index]
        );
    }
    assert_says(
        &site.cli(&["events", "web"]).exits(0).out,
        &[
            "the hook pre_start succeeded after",
            "the hook post_exit succeeded after",
        ],
    );
    director.shut_down();
}

#[test]
fn a_crash_has_no_pre_stop_and_a_post_exit_before_the_next_run() {
    let site = Site::new("hooks-crash");
    let lines: String = ["pre_start", "pre_stop", "post_exit"]
        .map(|name| noting(&site, name, &[]))
        .concat();
    let policy = "restart = { backoff = [\"0s\"], max = 1 }";
    let site = site.rogue("web", &["--exit", "3"], &format!("{policy}\n{lines}"));
    let _director = site.start();
    site.until_phase("web", "failed");
    let notes = notes(&site);
    assert_eq!(
        order(&notes),
        "pre_start 1, post_exit 1, pre_start 2, post_exit 2"
    );
    assert_eq!(
        (text(&notes[1], "reason"), text(&notes[1], "exit")),
        ("main-exited", "3")
    );
    assert_eq!(
        text(&notes[2], "reason"),
        "it ended with exit code 3; restart 1 at once"
    );
}

#[test]
fn a_failing_pre_start_blocks_with_its_words_until_it_succeeds() {
    let site = Site::new("hooks-blocked");
    let needed = site.path("schema");
    let lines = hook("pre_start", &["--need", &needed, "--exit", "0"]);
    let site = site.rogue("web", &[""; 0], &lines);
    let _director = site.start();
    let blocked = site.until_phase("web", "blocked");
    assert_eq!(text(&blocked["blocker"], "code"), "hook-failed");
    assert!(blocked["run"].is_null(), "no run of it has begun: {blocked}");
    assert_says(
        &site.why("web"),
        &[
            "the hook pre_start failed",
            "exit code 95: there is no",
            "[hook-failed]",
            "looks again in",
        ],
    );
    let told = site.cli(&["start", "web"]).exits(6);
    assert_says(&told.err, &["web is blocked", "exit code 95"]);
    site.cli(&["status"]).exits(6);

    site.sandbox.write("schema", "");
    assert_says(
        &site.cli(&["start", "web"]).exits(0).out,
        &["web: running (run 1"],
    );
    let events = site.events("web");
    assert_eq!(of_kind(&events, "process-started").len(), 1);
    let failed = |event: &&&Value| event["error"].is_string();
    assert_eq!(of_kind(&events, "hook-ran").iter().filter(failed).count(), 2);
    assert_says(
        &site.sandbox.read("logs/director.log"),
        &["WARN", "the hook pre_start failed"],
    );
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let site = Site::new("hooks-missing").rogue("web", &[""; 0], "hooks.pre_start = [\"no-such-migration\"]");
    let _director = site.start();
    site.until_phase("web", "blocked");
    assert_says(&site.why("web"), &["`no-such-migration`: cannot start it"]);
}

#[test]
fn a_stop_during_pre_start_waits_for_it_and_nothing_is_started() {
    let site = Site::new("hooks-stop");
    let gate = site.path("gate");
    let lines = noting(&site, "pre_start", &["--wait-for", &gate]);
    let site = site.rogue("web", &[""; 0], &lines);
    let director = site.start();
    until_noted(&site, 1);
    let status = site.status("web");
    assert_eq!(
        (text(&status, "phase"), text(&status, "hook")),
        ("starting", "pre_start")
    );
    assert_says(
        text(&status, "next"),
        &["the hook pre_start is running, for at most"],
    );
    site.cli(&["stop", "web", "--no-wait"]).exits(0);
    let status = site.until_phase("web", "stopping");
    assert_eq!(text(&status, "goal"), "down");
    // What is asked for meanwhile is done when it has ended.
    site.cli(&["start", "web", "--no-wait"]).exits(0);
    site.cli(&["stop", "web", "--no-wait"]).exits(0);
    site.sandbox.write("gate", "");
    site.until_phase("web", "idle");
    director.shut_down();
    assert_eq!(notes(&site).len(), 1);
    assert!(of_kind(&site.events("web"), "process-started").is_empty());
}

#[test]
fn a_pre_stop_that_hangs_is_ended_and_the_stop_goes_on() {
    let site = Site::new("hooks-hang");
    let pids = site.path("pids");
    let lines = hook("pre_stop", &["--write-pid", &pids, "--ignore", "all"]);
    let site = site.rogue(
        "web",
        OBEYS,
        &format!("hooks.pre_stop_timeout = \"500ms\"\n{lines}"),
    );
    let _director = site.start();
    site.until_running("web");
    site.cli(&["stop", "web"]).exits(0);
    let events = site.events("web");
    let ran = of_kind(&events, "hook-ran");
    assert_says(
        text(ran[0], "error"),
        &["did not end within 500 ms and was killed"],
    );
    let seq = |kind: &str| of_kind(&events, kind)[0]["seq"].as_u64();
    assert!(seq("stop-began") < seq("hook-ran") && seq("hook-ran") < seq("rung-tried"));
    let hooks = records::pids(&site.sandbox.file("pids"));
    assert_eq!(hooks.len(), 1);
    wait_gone(&[hooks[0].1], BOUND);
}

#[test]
fn a_failing_post_start_changes_nothing() {
    let site = Site::new("hooks-post-start");
    let lines = hook("post_start", &["--complain", "no cache", "--exit", "1"]);
    let site = site.rogue("web", &[""; 0], &lines);
    let _director = site.start();
    let ran = site.until_event("web", "hook-ran");
    assert_says(text(&ran, "error"), &["ended with exit code 1: no cache"]);
    let web = site.until_running("web");
    assert_eq!((run_number(&web), &web["restart_count"]), (1, &0.into()));
}

#[test]
fn a_shutdown_waits_for_post_exit_and_one_at_once_runs_none() {
    for (arguments, noted) in [(&["shutdown"][..], 1), (&["shutdown", "--now"], 0)] {
        let site = Site::new("hooks-shutdown");
        let lines = noting(&site, "post_exit", &["--pause", "300"]);
        let site = site.rogue("web", OBEYS, &lines);
        let director = site.start();
        site.until_running("web");
        site.cli(arguments).exits(0);
        assert!(director.wait().success());
        let events = site.events("web");
        assert_eq!(of_kind(&events, "hook-ran").len(), noted, "{arguments:?}");
        assert_eq!(notes(&site).len(), noted, "{arguments:?}");
    }
}

#[test]
fn new_hooks_are_in_force_without_a_restart() {
    let site = Site::new("hooks-reload").rogue("web", &[""; 0], "");
    let _director = site.start();
    let before = run_number(&site.until_running("web"));
    let lines = noting(&site, "post_exit", &[]);
    let config = site.sandbox.read("director.toml");
    site.sandbox.write("director.toml", format!("{config}{lines}"));
    assert_says(&site.cli(&["reload"]).exits(0).out, &["hooks"]);
    assert_eq!(run_number(&site.until_running("web")), before);
    site.cli(&["stop", "web"]).exits(0);
    assert_eq!(order(&notes(&site)), "post_exit 1");
}

/// A hook with descendants that hear nothing and leave their session.
fn hook_with_family(site: &Site, name: &str) -> String {
    let pids = site.path("pids");
    let family = ["--fork", "session+ignore", "--fork", "pipe+session+ignore"];
    hook(
        name,
        &[&["--write-pid", &pids, "--ignore", "all"], &family[..]].concat(),
    )
}

/// The hook and its descendants, once all of them are there.
fn family(site: &Site) -> Vec<u32> {
    eventually(BOUND, "the family of the hook is there", || {
        let found = records::pids(&site.sandbox.file("pids"));
        if found.len() == 3 {
            Ok(found.into_iter().map(|(_, pid)| pid).collect())
        } else {
            Err(found)
        }
    })
}

#[test]
fn nothing_of_a_hook_outlives_an_orderly_end() {
    for (name, command) in [
        ("post_start", &["shutdown"][..]),
        ("pre_start", &["shutdown", "--now"]),
    ] {
        let site = Site::new("hooks-end");
        let lines = hook_with_family(&site, name);
        let site = site.rogue("web", OBEYS, &lines);
        let director = site.start();
        let family = family(&site);
        site.cli(command).exits(0);
        director.wait();
        let alive: Vec<&u32> = family.iter().filter(|pid| alive(**pid)).collect();
        assert!(alive.is_empty(), "{name}: {alive:?} of {family:?} live on");
    }
}

#[test]
fn what_a_killed_director_leaves_of_a_hook_is_ended_before_the_next_one_begins() {
    let site = Site::new("hooks-killed");
    let lines = hook_with_family(&site, "pre_start");
    let site = site.rogue("web", OBEYS, &lines);
    let director = site.start();
    let left = family(&site);
    director.kill();
    std::fs::remove_file(site.sandbox.file("pids")).expect("cannot remove the pids");
    let director = site.start();
    let next = family(&site);
    wait_gone(&left, BOUND);
    if cfg!(not(windows)) {
        let told = site.events("web");
        assert!(
            !of_kind(&told, "leftover-ended").is_empty(),
            "the journal says so"
        );
    }
    site.cli(&["shutdown", "--now"]).exits(0);
    director.wait();
    wait_gone(&next, BOUND);
}
