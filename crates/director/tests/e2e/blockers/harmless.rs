//! Guarantee 6: no check, no kill in its middle and no lock changes a byte or a row of a database.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;

use super::{Stranger, database, files, rows};
use crate::common::Site;

/// The files of a database whose program was cut off while it wrote: copied from under it.
fn cut_off(site: &Site, mode: &str) -> PathBuf {
    let live = database(site, "live.db", mode);
    let db = Connection::open(&live).expect("cannot open the database");
    db.execute_batch("PRAGMA cache_size=1; BEGIN; CREATE TABLE big(x);")
        .expect("cannot begin");
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)
                INSERT INTO big SELECT randomblob(4000) FROM n;";
    db.execute_batch(many).expect("cannot write");
    std::fs::create_dir(site.sandbox.file("cut")).expect("cannot make a folder");
    for suffix in ["", "-wal", "-journal"] {
        let from = site.path(&format!("live.db{suffix}"));
        if Path::new(&from).exists() {
            std::fs::copy(from, site.path(&format!("cut/app.db{suffix}"))).expect("cannot copy");
        }
    }
    site.sandbox.file("cut/app.db")
}

fn helper(task: &str, path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_director"));
    command.args(["__database-check", task]).arg(path);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

const TASKS: [&str; 3] = ["check", "look", "status"];

#[test]
fn a_helper_killed_in_its_middle_harms_nothing() {
    for mode in ["delete", "wal"] {
        let site = Site::new(&format!("killed-{mode}"));
        let path = cut_off(&site, mode);
        let before = files(&site.sandbox.file("cut"));
        assert!(before.len() > 1, "a journal or a log lies beside");
        for round in 0..45_u64 {
            let task = TASKS[round as usize % TASKS.len()];
            let mut child = helper(task, &path).spawn().expect("cannot start the helper");
            // Not a wait for a state: the kill shall come at another moment of its life each time.
            std::thread::sleep(Duration::from_micros(round * 200));
            let _ = child.kill();
            let _ = child.wait();
            assert_eq!(
                files(&site.sandbox.file("cut")),
                before,
                "{task} in {mode}, round {round}"
            );
        }
        for task in TASKS {
            assert!(helper(task, &path).status().expect("the helper").success());
            assert_eq!(files(&site.sandbox.file("cut")), before, "{task} in {mode}");
        }
        assert_eq!(rows(&path), [1, 2, 3], "{mode}");
    }
}

#[test]
fn nothing_is_harmed_while_somebody_holds_a_lock() {
    for mode in ["delete", "wal"] {
        let site = Site::new(&format!("held-{mode}"));
        let path = cut_off(&site, mode);
        let mut stranger = Stranger::locking(&site, &path, &[]);
        let before = files(&site.sandbox.file("cut"));
        for task in ["check", "check-wal", "look", "status", "set-wal"] {
            assert!(helper(task, &path).status().expect("the helper").success());
            assert_eq!(files(&site.sandbox.file("cut")), before, "{task} in {mode}");
        }
        stranger.assert_alive();
        stranger.end();
        assert_eq!(files(&site.sandbox.file("cut")), before);
        assert_eq!(rows(&path), [1, 2, 3], "{mode}");
    }
}
