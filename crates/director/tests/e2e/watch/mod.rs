//! A change of files restarts the service: once, gracefully, and only when something changed.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use director_testkit::{eventually, rogue};

use crate::common::{BOUND, Site, assert_says, of_kind, quoted, run_number, text};

const QUICK: &str = "watch = { enabled = true, paths = [\"app\"], debounce = \"150ms\" }";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("cannot create the folder");
    fs::write(path, text).expect("cannot write the file");
}

/// A site with one watched service, up, whose first look at the files is over: a change was heard.
fn ready(site: &Site) -> u64 {
    let up = run_number(&site.until_running("web"));
    write(&site.sandbox.file("app/first.py"), "first");
    run_number(&site.until_run_after("web", up))
}

fn changes(site: &Site) -> usize {
    of_kind(&site.events("web"), "files-changed").len()
}

#[test]
fn a_changed_file_restarts_the_service_and_a_touched_one_does_not() {
    let validate = format!(
        "watch.validate = [{}, \"--exit\", \"0\"]",
        quoted(&rogue().display().to_string())
    );
    let lines =
        format!("watch.enabled = true\nwatch.paths = [\"app\"]\nwatch.debounce = \"150ms\"\n{validate}");
    let site = Site::new("watch-change").rogue("web", &["--say", "up"], &lines);
    write(&site.sandbox.file("app/main.py"), "one");
    let _director = site.start();
    let mut run = ready(&site);
    let heard = changes(&site);
    let main = site.sandbox.file("app/main.py");

    // What does not count, and what did not change, ...
    write(&site.sandbox.file("app/notes.txt"), "not watched");
    write(&site.sandbox.file("app/__pycache__/x.py"), "ignored");
    write(&site.sandbox.file("app/.git/hooks/x.py"), "ignored");
    let file = fs::File::options()
        .write(true)
        .open(&main)
        .expect("cannot open the file");
    file.set_modified(SystemTime::now() + Duration::from_secs(3))
        .expect("cannot touch the file");
    drop(file);
    // ... then what did: had the others counted, there would be more than one.
    write(&main, "two");
    run = run_number(&site.until_run_after("web", run));
    assert_eq!(changes(&site), heard + 1);

    // Saved the way editors do it: written beside it and renamed over it.
    write(&site.sandbox.file("app/main.py.new"), "three");
    fs::rename(site.sandbox.file("app/main.py.new"), &main).expect("cannot rename the file");
    run = run_number(&site.until_run_after("web", run));
    // In a folder that was not there.
    write(&site.sandbox.file("app/new/deep/page.html"), "page");
    run = run_number(&site.until_run_after("web", run));
    write(&site.sandbox.file("app/new/deep/page.html"), "another page");
    run = run_number(&site.until_run_after("web", run));
    fs::rename(site.sandbox.file("app/new"), site.sandbox.file("app/old")).expect("cannot rename the folder");
    run = run_number(&site.until_run_after("web", run));
    write(&site.sandbox.file("app/old/deep/page.html"), "a third page");
    run = run_number(&site.until_run_after("web", run));
    fs::remove_file(&main).expect("cannot remove the file");
    site.until_run_after("web", run);
    assert_says(&site.why("web"), &["main.py changed; the service is restarted"]);
    assert_eq!(site.status("web")["restart_count"], 0, "no crash");
}

#[test]
fn a_refused_change_leaves_the_run_alone_and_says_why() {
    let lines = format!(
        "watch.enabled = true\nwatch.paths = [\"app\"]\nwatch.debounce = \"150ms\"\n\
         watch.validate = [{}, \"--say\", \"line 3: no such thing\", \"--exit\", \"1\"]",
        quoted(&rogue().display().to_string())
    );
    let site = Site::new("watch-refused").rogue("web", &["--say", "up"], &lines);
    write(&site.sandbox.file("app/main.py"), "one");
    let _director = site.start();
    let up = run_number(&site.until_running("web"));
    write(&site.sandbox.file("app/main.py"), "two");
    let refused = site.until_event("web", "change-refused");
    assert_says(
        &refused.to_string(),
        &["main.py", "exit code 1", "line 3: no such thing"],
    );
    let now = site.status("web");
    assert_eq!((run_number(&now), now["phase"].as_str()), (up, Some("running")));
}

#[test]
fn a_program_that_writes_what_is_watched_does_not_restart_for_ever() {
    let site = Site::new("watch-loop");
    let counter = site.path("app/starts.py");
    write(&site.sandbox.file("app/main.py"), "one");
    let site = site.rogue("web", &["--counter", &counter], QUICK);
    let _director = site.start();
    let paused = site.until_event("web", "watch-paused");
    assert_says(&paused.to_string(), &["starts.py"]);
    let text = eventually(BOUND, "why names the file", || {
        let text = site.why("web");
        text.contains("feedback loop").then_some(text)
    });
    assert_says(&text, &["starts.py", "director restart"]);
    assert_eq!(
        site.status("web")["watch_paused"]
            .as_str()
            .map(|file| file.contains("starts.py")),
        Some(true)
    );
}

#[test]
fn a_storm_of_changes_is_one_restart() {
    let lines = "watch = { enabled = true, paths = [\"app\"], debounce = \"1s\", longest = \"10m\" }";
    let site = Site::new("watch-storm").rogue("web", &["--say", "up"], lines);
    write(&site.sandbox.file("app/main.py"), "one");
    let director = site.start();
    let run = ready(&site);
    let heard = changes(&site);
    let before = crate::common::system::peak_memory_kib(director.pid());
    let storm = if director_testkit::under_wine() {
        2_000
    } else {
        50_000
    };
    for round in 0..storm {
        write(
            &site
                .sandbox
                .file(&format!("app/part{}/file{}.py", round % 7, round % 500)),
            &round.to_string(),
        );
    }
    site.until_run_after("web", run);
    // A further change, to know that the storm is over.
    let last = run_number(&site.until_running("web"));
    write(&site.sandbox.file("app/main.py"), "two");
    site.until_run_after("web", last);
    assert_eq!(changes(&site), heard + 2);
    if let (Some(before), Some(after)) = (before, crate::common::system::peak_memory_kib(director.pid())) {
        assert!(after < before + (8 << 10), "from {before} KiB to {after} KiB");
    }
}

#[test]
fn where_the_system_cannot_tell_files_are_looked_at() {
    let lines = "watch = { enabled = true, paths = [\"app\"], debounce = \"50ms\", poll = \"100ms\" }";
    let site = Site::new("watch-poll").rogue("web", &["--say", "up"], lines);
    write(&site.sandbox.file("app/main.py"), "one");
    let _director = site.start();
    let run = ready(&site);
    write(&site.sandbox.file("app/main.py"), "two, and longer");
    site.until_run_after("web", run);
}

#[test]
fn a_root_that_comes_goes_and_comes_again_is_watched_each_time() {
    let lines = "watch = { enabled = true, paths = [\"not/there/yet\", \"one.py\"], debounce = \"150ms\" }";
    let site = Site::new("watch-root").rogue("web", &["--say", "up"], lines);
    let _director = site.start();
    let mut run = run_number(&site.until_running("web"));
    for round in 0..5 {
        let file = site.sandbox.file(&format!("not/there/yet/x{round}.py"));
        // The folders and the file come at once, and what follows is heard as well.
        for change in ["first", "second"] {
            write(&file, &format!("{change} {round}"));
            run = run_number(&site.until_run_after("web", run));
        }
        fs::remove_dir_all(site.sandbox.file("not")).expect("cannot remove the folders");
        run = run_number(&site.until_run_after("web", run));
    }
    // Replaced as a whole, the way a deployment does it.
    write(&site.sandbox.file("not/there/yet/old.py"), "old");
    run = run_number(&site.until_run_after("web", run));
    write(&site.sandbox.file("fresh/there/yet/new.py"), "new");
    fs::rename(site.sandbox.file("not"), site.sandbox.file("gone")).expect("cannot move the old folder away");
    fs::rename(site.sandbox.file("fresh"), site.sandbox.file("not")).expect("cannot move the new folder in");
    run = run_number(&site.until_run_after("web", run));
    write(&site.sandbox.file("not/there/yet/new.py"), "newer");
    site.until_run_after("web", run);
    write(&site.sandbox.file("other.py"), "not watched");
    write(&site.sandbox.file("one.py"), "a root that is a file");
    eventually(BOUND, "the root that is a file is heard", || {
        files(&site).iter().any(|file| file.ends_with("one.py"))
    });
    assert!(!files(&site).iter().any(|file| file.ends_with("other.py")));
}

/// The files that changes were told of.
fn files(site: &Site) -> Vec<String> {
    let events = site.events("web");
    let changes = of_kind(&events, "files-changed");
    changes
        .iter()
        .map(|event| text(event, "file").to_owned())
        .collect()
}

#[test]
fn a_command_can_run_for_a_change_instead_of_a_restart() {
    let program = quoted(&rogue().display().to_string());
    let lines = format!(
        "watch = {{ enabled = true, paths = [\"app\"], debounce = \"100ms\", action = \"exec\", \
         exec = [{program}, \"--lock\", \"built.txt\", \"--exit\", \"0\"] }}"
    );
    let site = Site::new("watch-exec").rogue("web", &["--say", "up"], &lines);
    write(&site.sandbox.file("app/main.py"), "one");
    let _director = site.start();
    let before = run_number(&site.until_running("web"));
    write(&site.sandbox.file("app/main.py"), "two");
    site.until_event("web", "change-acted");
    assert!(site.sandbox.file("built.txt").exists(), "in the service's folder");
    assert_eq!((run_number(&site.status("web")), changes(&site)), (before, 0));
    assert_says(
        &site.cli(&["events", "web"]).exits(0).out,
        &["main.py changed; the command of watch.exec ran"],
    );
}
