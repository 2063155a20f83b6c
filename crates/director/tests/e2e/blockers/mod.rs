//! What blocks a start: databases that somebody else holds, how that is told, and that no look at them harms them.

mod databases;
mod harmless;
mod preflight;
mod sqlite;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use director_testkit::{eventually, rogue};
use rusqlite::Connection;

use crate::common::{BOUND, Site};

/// A database with three rows in the site's folder.
pub(crate) fn database(site: &Site, name: &str, mode: &str) -> PathBuf {
    let path = site.sandbox.file(name);
    let db = Connection::open(&path).expect("cannot make a database");
    db.query_row(&format!("PRAGMA journal_mode={mode}"), [], |_| Ok(()))
        .expect("cannot set the journal mode");
    db.execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3);")
        .expect("cannot fill the database");
    path
}

pub(crate) fn rows(path: &Path) -> Vec<i64> {
    let db = Connection::open(path).expect("cannot open the database");
    let mut query = db.prepare("SELECT x FROM t ORDER BY x").expect("a query");
    let rows = query.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// Every file below a folder but `-shm`, which SQLite rebuilds from the others.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("cannot list a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.to_string_lossy().ends_with("-shm") {
            // What is locked on Windows cannot be read whole: its size says as much.
            let bytes = fs::read(&path).unwrap_or_default();
            found.insert(path, bytes);
        }
    }
    found
}

/// A foreign program that holds something.
pub(crate) struct Stranger(Child);

impl Stranger {
    /// Rogue with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(rogue());
        command.args(arguments);
        Self::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().expect("cannot start a foreign program"))
    }

    /// Rogue with an exclusive lock of SQLite's on a file, once that is in force.
    pub(crate) fn locking(site: &Site, file: &Path, more: &[&str]) -> Self {
        let file = file.display().to_string();
        let mut arguments = vec!["--sqlite-lock", &*file];
        arguments.extend(more);
        let stranger = Self::start(&arguments);
        stranger.until_locked(site, &file);
        stranger
    }

    pub(crate) fn until_locked(&self, site: &Site, file: &str) {
        eventually(BOUND, "the database is locked", || {
            let told = site.cli(&["sqlite", "status", file, "--json"]);
            let status: serde_json::Value = serde_json::from_str(&told.out).ok()?;
            (status["locked"]["kind"] == "exclusive").then_some(())
        });
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    #[track_caller]
    pub(crate) fn assert_alive(&mut self) {
        let ended = self.0.try_wait().expect("cannot look at the stranger");
        assert!(ended.is_none(), "a foreign process is never ended");
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.end();
    }
}
