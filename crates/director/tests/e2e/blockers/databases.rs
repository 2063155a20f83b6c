//! A database that somebody else holds blocks a start, names its holder, and is waited out.

use std::time::{Duration, Instant};

use serde_json::Value;

#[cfg(unix)]
use super::files;
use super::{Stranger, database, rows};
use crate::common::{Site, assert_says, of_kind, text};

/// The command that a person is told, with the pid.
fn command_to_end(pid: u32) -> String {
    if cfg!(windows) {
        format!("taskkill /F /PID {pid}")
    } else {
        format!("kill {pid}")
    }
}

fn site(name: &str) -> Site {
    let lines = "autostart = false\n[service.web.database]\nsqlite = \"app.db\"";
    Site::new(name).rogue("web", &[""; 0], lines)
}

fn holder(status: &Value) -> &Value {
    &status["blocker"]["holders"][0]
}

#[test]
fn a_locked_database_blocks_names_its_holder_and_is_waited_out() {
    let site = site("locked");
    let path = database(&site, "app.db", "delete");
    let before = std::fs::read(&path).expect("the database");
    let mut stranger = Stranger::locking(&site, &path, &[]);
    let pid = stranger.pid();
    let _director = site.start();

    let blocked = site.cli(&["start", "web"]).exits(6);
    let who = format!("pid {pid}");
    let command = command_to_end(pid);
    assert_says(
        &blocked.err,
        &[
            "ACTION REQUIRED",
            "is locked by rogue",
            &who,
            "alive",
            "running since",
            &command,
            "denied",
            "avoid: deleting or renaming the -wal",
            "avoid: trying another port",
        ],
    );
    let status = site.status("web");
    assert_eq!(text(&status["blocker"], "code"), "database-locked");
    assert_eq!(holder(&status)["pid"], pid);
    assert!(text(holder(&status), "file").ends_with("app.db"), "{status}");
    assert!(holder(&status)["since"].is_i64(), "{status}");
    assert_says(&site.cli(&["status"]).exits(6).out, &["ACTION REQUIRED", &who]);
    assert_says(&site.why("web"), &["ACTION REQUIRED", "held by rogue", &command]);
    let log = site.sandbox.read("logs/director.log");
    assert_says(&log, &["ACTION REQUIRED", &who, "app.db open"]);
    assert!(of_kind(&site.events("web"), "process-started").is_empty());
    stranger.assert_alive();

    let ended = Instant::now();
    stranger.end();
    site.until_running("web");
    // Sooner than the next of the looks that come every ten seconds could be counted on.
    assert!(ended.elapsed() < Duration::from_secs(8), "{:?}", ended.elapsed());
    assert_eq!(of_kind(&site.events("web"), "unblocked").len(), 1);
    assert_eq!(std::fs::read(&path).expect("the database"), before);
    assert_eq!(rows(&path), [1, 2, 3]);
}

#[test]
fn a_suspended_holder_is_said_to_be_suspended() {
    let site = site("suspended");
    let path = database(&site, "app.db", "delete");
    let stranger = Stranger::locking(&site, &path, &["--suspend-self"]);
    crate::common::system::until_suspended(stranger.pid());
    let _director = site.start();
    let blocked = site.cli(&["start", "web"]).exits(6);
    assert_says(&blocked.err, &["suspended", "it may finish and let go"]);
    assert_eq!(text(holder(&site.status("web")), "state"), "suspended");
}

#[cfg(unix)]
#[test]
fn a_holder_of_another_user_is_named_with_its_user() {
    let Some(user) = director_testkit::rights::Unprivileged::new() else {
        return;
    };
    use std::os::unix::fs::PermissionsExt;
    let site = site("other-user");
    site.sandbox.open_to_all();
    let path = database(&site, "app.db", "delete");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("cannot change the mode");
    let mut command = user.command(&director_testkit::rogue());
    command.arg("--sqlite-lock").arg(&path);
    let stranger = Stranger::of(command);
    stranger.until_locked(&site, &path.display().to_string());
    let _director = site.start();
    let blocked = site.cli(&["start", "web"]).exits(6);
    let status = site.status("web");
    assert_eq!(holder(&status)["pid"], stranger.pid());
    let name = text(holder(&status), "user").to_owned();
    assert_ne!(name, "root", "{status}");
    assert_says(
        &blocked.err,
        &[&format!("user {name}"), &format!("it runs as {name}: `sudo kill")],
    );
}

/// A process that has the file open and holds no lock of SQLite's: `flock` is none.
#[cfg(unix)]
#[test]
fn a_foreign_process_that_has_the_database_open_blocks_after_three_fruitless_runs() {
    let lines = "[service.web.restart]\nbackoff = [\"0s\"]\n[service.web.database]\nsqlite = \"app.db\"";
    let site = Site::new("fruitless").rogue("web", &["--exit", "1"], lines);
    let path = database(&site, "app.db", "delete");
    let before = files(path.parent().expect("a folder"));
    let mut stranger = Stranger::start(&["--lock", &path.display().to_string()]);
    let _director = site.start();
    site.until_phase("web", "blocked");
    let status = site.status("web");
    assert_eq!(text(&status["blocker"], "code"), "database-held");
    assert_eq!(holder(&status)["pid"], stranger.pid());
    let events = site.events("web");
    assert_eq!(of_kind(&events, "process-started").len(), 3);
    assert_eq!(of_kind(&events, "examined")[0]["runs"], 3);
    assert_says(&site.why("web"), &["never became healthy", "director start"]);
    stranger.assert_alive();
    assert_eq!(std::fs::read(&path).ok().as_ref(), before.get(&path));

    stranger.end();
    site.until("web", "tries again", |web| crate::common::run_number(web) > 3);
}
