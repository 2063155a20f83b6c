//! `director sqlite status|wal|holders`.

use serde_json::Value;

use super::{Stranger, database, files, rows};
use crate::common::{Site, assert_says, text};

fn told(site: &Site, what: &str, path: &str) -> Value {
    let outcome = site.cli(&["sqlite", what, path, "--json"]);
    serde_json::from_str(&outcome.out).unwrap_or_else(|error| panic!("no JSON ({error}): {outcome:?}"))
}

#[test]
fn status_tells_the_state_and_changes_nothing() {
    let site = Site::new("sqlite-status");
    for (name, mode, shown) in [("a.db", "delete", "rollback"), ("b.db", "wal", "wal")] {
        let path = database(&site, name, mode).display().to_string();
        let before = files(site.sandbox.path());
        let status = told(&site, "status", &path);
        assert_eq!(text(&status, "journal_mode"), shown);
        assert_eq!(status["pages"], 2, "{status}");
        assert!(status["locked"].is_null(), "{status}");
        assert_says(
            &site.cli(&["sqlite", "status", &path]).exits(0).out,
            &[shown, "nobody"],
        );
        assert_eq!(files(site.sandbox.path()), before);
    }
    let missing = site.cli(&["sqlite", "status", "none.db"]).exits(1);
    assert_says(&missing.err, &["none.db"]);
}

#[test]
fn wal_is_set_once_and_refused_with_the_holders_while_somebody_has_it() {
    let site = Site::new("sqlite-wal");
    let path = database(&site, "app.db", "delete");
    let shown = path.display().to_string();
    let mut stranger = Stranger::locking(&site, &path, &[]);
    let before = files(site.sandbox.path());
    let refused = site.cli(&["sqlite", "wal", &shown]).exits(6);
    let who = format!("(pid {})", stranger.pid());
    assert_says(&refused.err, &["is not put into WAL mode", "held by rogue", &who]);
    assert_eq!(files(site.sandbox.path()), before);
    stranger.end();

    site.cli(&["sqlite", "wal", &shown]).exits(0);
    assert_eq!(text(&told(&site, "status", &shown), "journal_mode"), "wal");
    assert_says(&site.cli(&["sqlite", "wal", &shown]).exits(0).out, &["already"]);
    assert_eq!(rows(&path), [1, 2, 3]);
}

#[test]
fn holders_are_named() {
    let site = Site::new("sqlite-holders");
    let path = database(&site, "app.db", "wal");
    let shown = path.display().to_string();
    assert_says(
        &site.cli(&["sqlite", "holders", &shown]).exits(0).out,
        &["nobody has"],
    );
    let stranger = Stranger::locking(&site, &path, &[]);
    let found = told(&site, "holders", &shown);
    assert_eq!(found["holders"][0]["pid"], stranger.pid(), "{found}");
    let words = site.cli(&["sqlite", "holders", &shown]).exits(0).out;
    assert_says(&words, &["rogue", &stranger.pid().to_string(), "app.db open"]);
}

#[test]
fn a_service_s_database_is_put_into_wal_mode_before_its_first_start() {
    let site = Site::new("wal-first").rogue(
        "web",
        &[""; 0],
        "[service.web.database]\nsqlite = \"app.db\"\nwal = true",
    );
    let path = database(&site, "app.db", "delete");
    let _director = site.start();
    site.until_running("web");
    let status = told(&site, "status", &path.display().to_string());
    assert_eq!(text(&status, "journal_mode"), "wal");
    assert_eq!(rows(&path), [1, 2, 3]);
}
