//! Guarantee 6 for what one process can show: whatever is asked, the files stay as they are, byte by byte. Locks of other
//! processes are met in the end-to-end tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use director_core::spec::DatabaseSpec;
use rusqlite::Connection;
use tempfile::TempDir;

use super::check::{check, look};
use super::file::JournalMode;
use super::task::{Answer, State};
use super::*;
use crate::holders::Found;

/// Every file of the folder but `-shm`, which is rebuilt from the others.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

/// A database with rows in a folder of its own, in this journal mode.
fn database(mode: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app #1.db");
    let db = Connection::open(&path).unwrap();
    db.query_row(&format!("PRAGMA journal_mode={mode}"), [], |_| Ok(()))
        .unwrap();
    db.execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2);")
        .unwrap();
    (dir, path)
}

/// The files of a WAL database whose program was killed: committed rows are in the `-wal` alone.
fn killed_in_wal() -> (TempDir, PathBuf) {
    let (live, path) = database("wal");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("INSERT INTO t VALUES (3);").unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files(live.path()) {
        std::fs::write(dir.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let path = dir.path().join(path.file_name().unwrap());
    let wal = beside(&path, "-wal").metadata().unwrap();
    assert!(wal.len() > 0, "the row is in the log");
    (dir, path)
}

fn rows(path: &Path) -> Vec<i64> {
    let db = Connection::open(path).unwrap();
    let mut query = db.prepare("SELECT x FROM t ORDER BY x").unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

type Question = (&'static str, fn(&Path) -> Answer);

const QUESTIONS: [Question; 3] = [
    ("check", |path| check(path, false)),
    ("look", look),
    ("status", |path| {
        status::read(path);
        Answer::usable()
    }),
];

#[test]
fn no_question_changes_a_byte_or_a_row() {
    type Make = fn() -> (TempDir, PathBuf);
    let made: [(&str, Make, &[i64]); 3] = [
        ("rollback", || database("delete"), &[1, 2]),
        ("wal at rest", || database("wal"), &[1, 2]),
        ("wal after a kill", killed_in_wal, &[1, 2, 3]),
    ];
    for (state, make, expected) in made {
        for (question, ask) in QUESTIONS {
            let (dir, path) = make();
            let before = files(dir.path());
            assert_eq!(ask(&path).state, State::Usable, "{question} of {state}");
            assert_eq!(files(dir.path()), before, "{question} of {state}");
            assert_eq!(rows(&path), expected, "{question} of {state}");
        }
    }
}

#[test]
fn wal_that_is_wanted_and_there_changes_nothing_either() {
    for (dir, path) in [database("wal"), killed_in_wal()] {
        let before = files(dir.path());
        assert_eq!(check(&path, true), Answer::usable());
        assert_eq!(files(dir.path()), before);
    }
}

#[test]
fn a_missing_file_is_left_missing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new.db");
    for answer in [check(&path, true), check(&path, false), look(&path)] {
        assert_eq!(answer.state, State::Usable);
    }
    assert_eq!(files(dir.path()).len(), 0);
}

#[test]
fn a_lock_is_seen_and_its_end_too() {
    for (mode, lock) in [
        ("delete", "BEGIN EXCLUSIVE"),
        ("delete", "BEGIN IMMEDIATE"),
        ("wal", "BEGIN IMMEDIATE"),
    ] {
        let (_dir, path) = database(mode);
        let holder = Connection::open(&path).unwrap();
        holder.execute_batch(lock).unwrap();
        assert_eq!(
            check(&path, false).state,
            State::Locked { pid: None },
            "{lock} in {mode}"
        );
        holder.execute_batch("ROLLBACK").unwrap();
        assert_eq!(check(&path, false).state, State::Usable, "{lock} in {mode}");
    }
}

#[test]
fn wal_is_set_on_request_and_leaves_no_file_behind() {
    let (dir, path) = database("delete");
    assert_eq!(check(&path, true), Answer::usable());
    let header = file::header(&path).unwrap().unwrap();
    assert_eq!(header.mode, JournalMode::Wal);
    let left: Vec<PathBuf> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(
        left,
        std::slice::from_ref(&path),
        "an empty -wal would belong to who looked"
    );
    assert_eq!(rows(&path), [1, 2]);
}

#[test]
fn wal_is_set_once_and_refused_for_what_is_no_database() {
    let (_dir, path) = database("delete");
    assert_eq!(status::change(&path), Changed::Set);
    assert_eq!(status::change(&path), Changed::Already);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text.db");
    assert!(matches!(
        status::change(&path),
        Changed::Refused { held: false, .. }
    ));
    assert!(!path.exists());
}

#[test]
fn garbage_is_unusable_and_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.db");
    std::fs::write(&path, vec![b'x'; 8_192]).unwrap();
    for answer in [check(&path, true), check(&path, false), look(&path)] {
        assert!(matches!(answer.state, State::Unusable { .. }), "{answer:?}");
    }
    assert!(matches!(status::change(&path), Changed::Refused { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 8_192]);
}

#[test]
fn a_damaged_schema_is_unusable_although_select_1_would_succeed() {
    let (dir, path) = database("delete");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[100..200] {
        *byte = 0xff;
    }
    std::fs::write(&path, bytes).unwrap();
    let before = files(dir.path());
    for answer in [check(&path, false), look(&path)] {
        assert!(matches!(answer.state, State::Unusable { .. }), "{answer:?}");
    }
    assert_eq!(files(dir.path()), before);
}

#[test]
fn a_hot_journal_is_not_rolled_back_by_us() {
    // The journal of a real transaction that was cut off: what is in the file must go back to it.
    let (live, path) = database("delete");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN; CREATE TABLE big(x);")
        .unwrap();
    db.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)
         INSERT INTO big SELECT randomblob(4000) FROM n;",
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files(live.path()) {
        std::fs::write(dir.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let path = dir.path().join(path.file_name().unwrap());
    let journal = beside(&path, "-journal").metadata().unwrap();
    assert!(journal.len() > 0, "there is a journal");
    let before = files(dir.path());
    for answer in [check(&path, true), check(&path, false), look(&path)] {
        assert_eq!(answer.state, State::Usable);
    }
    assert!(status::read(&path).hot_journal);
    assert!(matches!(status::change(&path), Changed::Refused { .. }));
    assert_eq!(files(dir.path()), before, "nothing is rolled back");
    assert_eq!(rows(&path), [1, 2], "the application rolls it back");
}

#[test]
fn the_status_is_read_from_the_header() {
    let (_dir, path) = database("wal");
    let status = status::read(&path);
    assert_eq!(status.journal_mode, Some(JournalMode::Wal));
    assert_eq!((status.page_bytes, status.pages), (4096, 2));
    assert_eq!((status.wal_bytes, status.hot_journal), (None, false));
    assert_eq!(status.locked, None);
}

#[test]
fn an_answer_that_is_no_answer_is_a_finding() {
    let spec = DatabaseSpec {
        sqlite: "app.db".into(),
        wal: false,
        synchronous: "normal".into(),
        busy_timeout_ms: 30_000,
    };
    let code = |said: &[u8]| finding(&spec, said, Found::default).map(|finding| finding.code);
    assert_eq!(code(br#"{"state":"usable"}"#), None);
    assert_eq!(code(b"Segmentation fault").unwrap(), "database-unusable");
    assert_eq!(
        code(br#"{"state":"locked","pid":null}"#).unwrap(),
        "database-locked"
    );
}
