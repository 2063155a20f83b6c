//! `director doctor`: nothing is wrong with what is well, and of a mess exactly what was planted is told.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use director_testkit::{eventually, rogue};
use serde_json::Value;

use crate::common::{BOUND, Site, assert_says, quoted, text};

/// A database without tables: one page, with its versions (1: rollback journal, 2: WAL).
fn database(version: u8) -> Vec<u8> {
    let mut page = vec![0_u8; 512];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    page[16..24].copy_from_slice(&[2, 0, version, version, 0, 64, 32, 32]);
    // The counter of changes, and what agrees with it; one page; schema format 4; UTF-8.
    for (at, value) in [(27, 1), (31, 1), (47, 4), (59, 1), (95, 1), (99, 1)] {
        page[at] = value;
    }
    // An empty leaf whose content begins at the end of the page.
    page[100] = 13;
    page[105] = 2;
    page
}

fn report(site: &Site, code: i32) -> Vec<Value> {
    let outcome = site.cli(&["doctor", "--json"]).exits(code);
    let report: Value = serde_json::from_str(&outcome.out).expect("JSON");
    report["items"].as_array().expect("items").clone()
}

/// The codes of a state.
fn codes(items: &[Value], states: &[&str]) -> BTreeSet<String> {
    let found = items.iter().filter(|item| states.contains(&text(item, "state")));
    found.map(|item| text(item, "code").to_owned()).collect()
}

#[track_caller]
fn line<'a>(items: &'a [Value], code: &str) -> &'a Value {
    let found = items.iter().find(|item| text(item, "code") == code);
    found.unwrap_or_else(|| panic!("{code} is not said in {items:#?}"))
}

const TROUBLE: &[&str] = &["error", "warning"];

/// A site with nothing wrong but what its place on this machine brings along.
fn well(name: &str) -> Site {
    let site = Site::new(name).rogue(
        "web",
        &["--port", "18004"],
        "port = 18004\nhealth = { http = \"http://127.0.0.1:18004/health\" }\nwatch = { enabled = true }\ndatabase = { sqlite = \"data/app.db\" }",
    );
    site.sandbox.write("app.py", "");
    site.sandbox.write("data/app.db", database(2));
    std::fs::create_dir_all(site.path("logs")).expect("the folder of the logs");
    site
}

#[test]
fn a_healthy_project_has_no_errors() {
    let site = well("doctor-well");
    let items = report(&site, 0);
    assert!(codes(&items, &["error"]).is_empty(), "{items:#?}");
    assert_eq!(text(line(&items, "SD023"), "state"), "ok", "{items:#?}");
    assert_eq!(text(line(&items, "SD025"), "state"), "ok", "{items:#?}");
    let shown = site.cli(&["doctor"]).exits(0).out;
    assert_says(
        &shown,
        &[
            "director and machine\n",
            "\nweb\n",
            "✓ ok       SD012",
            "0 errors, ",
        ],
    );
    // What looks leaves nothing behind.
    assert!(!std::path::Path::new(&site.path("data/app.db-wal")).exists());
}

#[test]
fn of_a_mess_exactly_what_was_planted_is_told() {
    let before = codes(&report(&well("doctor-before"), 0), TROUBLE);
    let site = Site::new("doctor-mess").rogue(
        "web",
        &["--port", "18004"],
        "port = 18005\nhealth = { http = \"http://localhost:18004/health\" }\nwatch = { enabled = true, patterns = [\"*\"], ignore = [] }\ndatabase = { sqlite = \"data/app.db\" }",
    );
    site.sandbox.write("app.log", "");
    site.sandbox.write("data/app.db", database(1));
    site.sandbox.write("logs", "");
    let site = site.service(
        "gone",
        &["no-such-program"],
        "watch = { enabled = true, paths = [\"src\"] }",
    );
    let items = report(&site, 1);
    let found: BTreeSet<String> = codes(&items, TROUBLE).difference(&before).cloned().collect();
    let planted = ["SD001", "SD012", "SD023", "SD030", "SD043", "SD050", "SD051"];
    assert_eq!(found, planted.map(str::to_owned).into(), "{items:#?}");
    assert_eq!(text(line(&items, "SD001"), "service"), "gone");
}

#[test]
fn fix_puts_the_database_into_wal_mode_and_creates_the_logs() {
    let site = well("doctor-fix");
    site.sandbox.write("data/app.db", database(1));
    std::fs::remove_dir(site.path("logs")).expect("removed");
    let shown = site.cli(&["doctor", "--fix"]).exits(0).out;
    assert_says(&shown, &["mended: created ", "mended: put ", "into WAL mode"]);
    let bytes = std::fs::read(site.path("data/app.db")).expect("the database");
    assert_eq!((bytes[18], bytes[19]), (2, 2));
    assert_eq!(text(line(&report(&site, 0), "SD023"), "state"), "ok");
}

/// Ends with the test.
struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn who_keeps_the_database_is_named_and_blocks() {
    let site = well("doctor-held");
    let (database, ready) = (site.path("data/app.db"), site.path("ready"));
    let holder = Command::new(rogue())
        .args(["--sqlite-lock", &database, "--write-pid", &ready])
        .stdout(Stdio::null())
        .spawn()
        .expect("rogue");
    let holder = Holder(holder);
    let items = eventually(BOUND, "the lock is seen", || {
        let outcome = site.cli(&["doctor", "--json"]);
        let report: Value = serde_json::from_str(&outcome.out).map_err(|error| error.to_string())?;
        let items = report["items"].as_array().cloned().unwrap_or_default();
        if outcome.code == 6 {
            Ok(items)
        } else {
            Err(outcome.out)
        }
    });
    let held = line(&items, "SD025");
    assert_eq!(
        (text(held, "state"), &held["blocks"]),
        ("error", &Value::Bool(true)),
        "{held:#}"
    );
    assert!(held.to_string().contains(&holder.0.id().to_string()), "{held:#}");
    let shown = site.cli(&["doctor"]).exits(6).out;
    assert_says(
        &shown,
        &[
            "ACTION REQUIRED: the database",
            "avoid: deleting or renaming the -wal",
        ],
    );
    let refused = site.cli(&["doctor", "--fix"]).exits(6).out;
    assert!(!refused.contains("mended: put"), "{refused}");
}

#[test]
fn a_director_that_runs_with_another_file_is_told() {
    let site = Site::new("doctor-running").rogue("web", &["--say", "here"], "");
    let _director = site.start();
    site.until_running("web");
    let items = report(&site, 0);
    assert_eq!(text(line(&items, "SD080"), "state"), "ok", "{items:#?}");
    let file = std::fs::read_to_string(site.config()).expect("the configuration");
    let program = quoted(&rogue().display().to_string());
    let more = format!("{file}\n[service.later]\ncommand = [{program}]\n");
    site.sandbox.write("director.toml", more);
    let items = report(&site, 0);
    let told = line(&items, "SD080");
    assert_eq!(text(told, "state"), "warning", "{told:#}");
    assert!(
        told.to_string().contains("`later` is new in the file"),
        "{told:#}"
    );
}

/// Modes are those of Linux; access lists are tested where they are read (director-sys).
#[cfg(unix)]
#[test]
fn open_files_are_told_and_our_own_folder_is_closed() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let site = well("doctor-open");
    site.sandbox.write(".env", "KEY=1");
    std::fs::create_dir_all(site.path(".director")).expect("the data folder");
    let set = |name: &str, mode: u32| {
        std::fs::set_permissions(site.path(name), Permissions::from_mode(mode)).expect("the mode");
    };
    let mode = |name: &str| {
        let found = std::fs::metadata(site.path(name)).expect("a file");
        found.permissions().mode() & 0o777
    };
    for (name, closed, open) in [
        ("director.toml", 0o600, 0o666),
        (".env", 0o600, 0o644),
        (".director", 0o700, 0o755),
    ] {
        set(name, closed);
        let before = report_of_any_exit(&site);
        set(name, open);
        let after = report_of_any_exit(&site);
        let new: Vec<String> = codes(&after, TROUBLE)
            .difference(&codes(&before, TROUBLE))
            .cloned()
            .collect();
        let wanted = match name {
            "director.toml" => "SD064",
            ".env" => "SD066",
            _ => "SD067",
        };
        assert_eq!(new, [wanted], "{name}: {after:#?}");
        if name == "director.toml" {
            set(name, closed);
        }
    }
    let shown = site.cli(&["doctor", "--fix"]).out;
    assert_says(&shown, &["mended: made ", ".director private"]);
    // Ours is closed; the application's file is left to its owner.
    assert_eq!((mode(".director"), mode(".env")), (0o700, 0o644), "{shown}");
}

#[cfg(unix)]
fn report_of_any_exit(site: &Site) -> Vec<Value> {
    let outcome = site.cli(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&outcome.out).expect("JSON");
    report["items"].as_array().expect("items").clone()
}
