//! Who has a database open, when SQLite itself holds it: in each of its modes the right process is named.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use director_sys::file_holders::{self, LockKind};
use director_testkit::Sandbox;
use rusqlite::{Connection, ErrorCode};

const MODE: &str = "DIRECTOR_SQLITE_MODE";
const DATABASE: &str = "DIRECTOR_SQLITE_DATABASE";

/// How a connection holds a database: what it says to SQLite, what another connection is then refused, and the strongest lock.
struct Mode {
    name: &'static str,
    journal: &'static str,
    holds: &'static str,
    refused: &'static str,
    lock: LockKind,
}

const MODES: &[Mode] = &[
    Mode {
        name: "exclusive transaction",
        journal: "DELETE",
        holds: "BEGIN EXCLUSIVE; INSERT INTO note VALUES (1)",
        refused: "SELECT count(*) FROM note",
        lock: LockKind::Exclusive,
    },
    Mode {
        name: "immediate transaction",
        journal: "DELETE",
        holds: "BEGIN IMMEDIATE",
        refused: "BEGIN IMMEDIATE",
        lock: LockKind::Exclusive,
    },
    Mode {
        name: "reader",
        journal: "DELETE",
        holds: "BEGIN; SELECT count(*) FROM note",
        refused: "BEGIN EXCLUSIVE",
        lock: LockKind::Shared,
    },
    Mode {
        name: "writer of a write-ahead log",
        journal: "WAL",
        holds: "BEGIN IMMEDIATE; INSERT INTO note VALUES (1)",
        refused: "BEGIN IMMEDIATE",
        lock: LockKind::Exclusive,
    },
    Mode {
        name: "locking_mode of its own",
        journal: "DELETE",
        holds: "PRAGMA locking_mode = EXCLUSIVE; INSERT INTO note VALUES (1)",
        refused: "SELECT count(*) FROM note",
        lock: LockKind::Exclusive,
    },
];

/// Runs statements one after the other, and reads what they answer.
fn run(connection: &Connection, statements: &str) -> rusqlite::Result<()> {
    for statement in statements.split(';') {
        let mut prepared = connection.prepare(statement)?;
        let mut rows = prepared.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}

struct Holder(Child);

impl Holder {
    /// Returns when it holds the database.
    fn start(mode: &Mode, database: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite_holders::holds_a_database", "--nocapture"])
            .env(MODE, mode.name)
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let held = lines.any(|line| line.unwrap().contains("the database is held"));
        assert!(held, "{}: the holder ended before it held anything", mode.name);
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn whoever_holds_a_database_by_sqlite_is_named() {
    for mode in MODES {
        let sandbox = Sandbox::new("sqlite");
        let database = sandbox.file("app.db");
        let connection = Connection::open(&database).unwrap();
        run(
            &connection,
            &format!("PRAGMA journal_mode = {}; CREATE TABLE note (id)", mode.journal),
        )
        .unwrap();
        drop(connection);
        let other = Connection::open(sandbox.file("other.db")).unwrap();
        run(&other, "CREATE TABLE note (id)").unwrap();
        let files: Vec<PathBuf> = ["app.db", "app.db-wal", "app.db-shm"]
            .map(|name| sandbox.file(name))
            .into();
        assert_eq!(file_holders::find(&files).unwrap().holders, [], "nobody yet");

        let holder = Holder::start(mode, &database);
        let second = Connection::open(&database).unwrap();
        second.busy_timeout(std::time::Duration::ZERO).unwrap();
        let refused = run(&second, mode.refused).unwrap_err();
        let code = refused.sqlite_error_code();
        assert_eq!(code, Some(ErrorCode::DatabaseBusy), "{}: {refused}", mode.name);

        let search = file_holders::find(&files).unwrap();
        assert!(!search.holders.is_empty(), "{}", mode.name);
        for one in &search.holders {
            assert_eq!(one.process.id.pid, holder.0.id(), "{}: {search:?}", mode.name);
        }
        if cfg!(unix) {
            let strongest = search.holders.iter().filter_map(|one| one.lock).max();
            assert_eq!(strongest, Some(mode.lock), "{}: {search:?}", mode.name);
        }
    }
}

/// No test: the part of the test above that holds the database, until it is killed.
#[test]
fn holds_a_database() {
    let (Ok(name), Some(database)) = (std::env::var(MODE), std::env::var_os(DATABASE)) else {
        return;
    };
    let mode = MODES.iter().find(|mode| mode.name == name).unwrap();
    let connection = Connection::open(database).unwrap();
    run(&connection, mode.holds).unwrap();
    println!("the database is held");
    // Its maker keeps the other end of the pipe as long as it lives.
    let _ = std::io::stdin().lines().count();
    drop(connection);
}
