//! The `sqlite` probe: a locked database is told as locked, and nothing of it is ever changed.

use std::path::{Path, PathBuf};

use director_testkit::eventually;
use rusqlite::Connection;

use crate::common::{BOUND, Site, assert_says, text};

const PROBE: &str = "[[service.web.probe]]\nname = \"db\"\nrole = \"readiness\"\nsqlite = \"app.db\"\ntable = \"users\"\n\
     interval = \"100ms\"\nretry_interval = \"100ms\"\nstart_interval = \"100ms\"\nstart_grace = \"0s\"\nmax_failures = 1\n";

fn database(site: &Site, mode: &str) -> PathBuf {
    let file = site.sandbox.file("app.db");
    let db = Connection::open(&file).expect("cannot create the database");
    db.query_row(&format!("PRAGMA journal_mode={mode}"), [], |_| Ok(()))
        .expect("cannot set the mode");
    db.execute_batch("CREATE TABLE users(name); INSERT INTO users VALUES ('ada');")
        .expect("cannot fill the database");
    file
}

/// The database and its `-wal`, byte for byte.
fn bytes(file: &Path) -> [Option<Vec<u8>>; 2] {
    [file.to_owned(), file.with_file_name("app.db-wal")].map(|file| std::fs::read(file).ok())
}

/// Waits until so many more probes have ended.
fn some_probes(site: &Site) {
    let at = || site.status("web")["probes"][0]["at"].as_i64();
    for _ in 0..3 {
        let before = at();
        eventually(BOUND, "another probe", || (at() != before).then_some(()));
    }
}

#[test]
fn a_lock_is_told_as_one_and_readiness_follows_it() {
    let site = Site::new("sqlite-probe").rogue("web", &[] as &[&str], PROBE);
    let file = database(&site, "delete");
    let app = Connection::open(&file).expect("cannot open the database");
    let _director = site.start();
    site.until("web", "is healthy", |found| text(found, "health") == "healthy");
    // Looked at while no lock is held: on Linux closing a file gives up the locks that this process holds on it.
    let before = bytes(&file);
    app.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    site.until("web", "is unhealthy", |found| {
        text(found, "health") == "unhealthy"
    });
    assert_says(
        &site.why("web"),
        &["app.db is locked", "readiness restarts nothing"],
    );
    app.execute_batch("ROLLBACK").expect("the end of the lock");
    assert!(bytes(&file) == before, "the probe changed something");
    site.until("web", "is healthy again", |found| {
        text(found, "health") == "healthy"
    });
}

#[test]
fn in_wal_mode_nothing_is_created_and_nothing_is_checkpointed() {
    let site = Site::new("sqlite-probe-wal").rogue("web", &[] as &[&str], PROBE);
    let file = database(&site, "wal");
    let _director = site.start();
    site.until("web", "is healthy", |found| text(found, "health") == "healthy");
    some_probes(&site);
    let [_, wal] = bytes(&file);
    assert!(wal.is_none(), "nobody has it open, so nobody may create a -wal");
    let app = Connection::open(&file).expect("cannot open the database");
    app.execute_batch("INSERT INTO users VALUES ('bob')")
        .expect("a row");
    let before = bytes(&file);
    assert!(before[1].as_ref().is_some_and(|wal| !wal.is_empty()));
    some_probes(&site);
    assert!(bytes(&file) == before, "the probe changed something");
    let shown = site.status("web");
    assert_eq!(text(&shown["answer"], "database"), "readable", "{shown}");
}
