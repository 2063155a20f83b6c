//! Every kind of probe, with database and `-wal` compared byte for byte before and after. `-shm` is exempt.

use super::*;

const BUSY: Duration = Duration::from_millis(50);

/// A database of some rows in a folder of its own.
struct Fixture {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

/// What lies in the folder beside `-shm`: names and contents.
type Bytes = Vec<(String, Vec<u8>)>;

impl Fixture {
    fn new(mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let db = Connection::open(&file).unwrap();
        db.query_row(&format!("PRAGMA journal_mode={mode}"), [], |_| Ok(()))
            .unwrap();
        db.execute_batch(
            "CREATE TABLE users(name); INSERT INTO users VALUES ('ada'), ('bob'); CREATE TABLE empty(x);",
        )
        .unwrap();
        db.close().unwrap();
        Self {
            _folder: folder,
            file,
        }
    }

    fn open(&self) -> Connection {
        Connection::open(&self.file).unwrap()
    }

    fn bytes(&self) -> Bytes {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.file.parent().unwrap()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if !name.ends_with("-shm") {
                found.push((name, std::fs::read(entry.path()).unwrap()));
            }
        }
        found.sort();
        found
    }

    /// Probes in every way, and compares everything before and after each.
    fn probe(&self) -> Answer {
        let mut answers = Vec::new();
        for table in [None, Some("users"), Some("empty")] {
            let before = self.bytes();
            answers.push(examine(&self.file, table, BUSY));
            assert!(before == self.bytes(), "the probe of {table:?} changed something");
        }
        let last = answers.pop().unwrap();
        assert!(
            answers.iter().all(|answer| *answer == last),
            "{answers:?} {last:?}"
        );
        last
    }

    fn rows(&self) -> i64 {
        self.open()
            .query_row("SELECT count(*) FROM users", [], |row| row.get(0))
            .unwrap()
    }
}

#[test]
fn a_database_at_rest_is_read_and_left_as_it_is() {
    let fixture = Fixture::new("delete");
    assert_eq!(fixture.probe(), Answer::Readable);
    assert_eq!(fixture.rows(), 2);
}

#[test]
fn a_writer_does_not_hinder_and_is_not_hindered() {
    let fixture = Fixture::new("delete");
    let app = fixture.open();
    app.execute_batch("BEGIN IMMEDIATE; INSERT INTO users VALUES ('eve')")
        .unwrap();
    assert_eq!(fixture.probe(), Answer::Readable);
    app.execute_batch("COMMIT").unwrap();
    assert_eq!(fixture.rows(), 3);
}

#[test]
fn an_exclusive_lock_is_told_as_locked() {
    let fixture = Fixture::new("delete");
    let app = fixture.open();
    app.execute_batch("BEGIN EXCLUSIVE; INSERT INTO users VALUES ('eve')")
        .unwrap();
    assert_eq!(fixture.probe(), Answer::Locked);
    app.execute_batch("ROLLBACK").unwrap();
    assert_eq!(fixture.probe(), Answer::Readable);
}

#[test]
fn in_wal_mode_it_is_opened_only_while_somebody_has_it_open() {
    let fixture = Fixture::new("wal");
    assert!(!beside(&fixture.file, "-wal").exists());
    assert_eq!(fixture.probe(), Answer::Closed);
    assert!(!beside(&fixture.file, "-wal").exists() && !beside(&fixture.file, "-shm").exists());
    let app = fixture.open();
    app.execute_batch("INSERT INTO users VALUES ('eve')").unwrap();
    let wal = std::fs::metadata(beside(&fixture.file, "-wal")).unwrap().len();
    assert!(wal > 0, "what is committed lies in the -wal file");
    assert_eq!(fixture.probe(), Answer::Readable);
    app.execute_batch("BEGIN IMMEDIATE; INSERT INTO users VALUES ('kim')")
        .unwrap();
    assert_eq!(fixture.probe(), Answer::Readable);
    app.execute_batch("COMMIT").unwrap();
    assert_eq!(fixture.rows(), 4);
}

#[test]
fn what_a_killed_application_left_in_the_wal_stays_there() {
    let fixture = Fixture::new("wal");
    let app = fixture.open();
    app.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    app.execute_batch("INSERT INTO users VALUES ('eve')").unwrap();
    // As a kill leaves it: closed without a checkpoint, and a `-shm` file of no use.
    app.close().unwrap();
    std::fs::write(beside(&fixture.file, "-shm"), vec![0; 32_768]).unwrap();
    assert!(beside(&fixture.file, "-wal").exists());
    assert_eq!(fixture.probe(), Answer::Readable);
    assert_eq!(fixture.rows(), 3);
}

#[test]
fn an_exclusive_user_of_a_wal_database_is_told_as_locked() {
    let fixture = Fixture::new("wal");
    let app = fixture.open();
    app.execute_batch("INSERT INTO users VALUES ('eve')").unwrap();
    app.query_row("PRAGMA locking_mode=EXCLUSIVE", [], |_| Ok(()))
        .unwrap();
    app.execute_batch("INSERT INTO users VALUES ('kim')").unwrap();
    assert_eq!(fixture.probe(), Answer::Locked);
}

#[test]
fn a_hot_journal_is_not_rolled_back() {
    let fixture = Fixture::new("delete");
    let app = fixture.open();
    app.execute_batch("PRAGMA cache_spill=1; BEGIN IMMEDIATE; INSERT INTO users VALUES ('eve')")
        .unwrap();
    app.cache_flush().unwrap();
    let journal = std::fs::read(beside(&fixture.file, "-journal")).unwrap();
    let half_written = std::fs::read(&fixture.file).unwrap();
    app.execute_batch("ROLLBACK").unwrap();
    app.close().unwrap();
    // As a kill in the midst of the commit leaves it.
    std::fs::write(&fixture.file, half_written).unwrap();
    std::fs::write(beside(&fixture.file, "-journal"), journal).unwrap();
    assert!(matches!(fixture.probe(), Answer::Unreadable { .. }));
    assert_eq!(fixture.rows(), 2, "the application rolls it back itself");
}

#[test]
fn what_is_no_database_is_unreadable_and_untouched() {
    for content in [Vec::new(), b"short".to_vec(), vec![b'x'; 8_192]] {
        let fixture = Fixture::new("delete");
        std::fs::write(&fixture.file, &content).unwrap();
        std::fs::write(beside(&fixture.file, "-journal"), b"a journal of somebody").unwrap();
        assert!(
            matches!(fixture.probe(), Answer::Unreadable { .. }),
            "{} bytes",
            content.len()
        );
    }
}

#[test]
fn damage_in_the_table_is_seen_where_the_version_alone_says_nothing() {
    let fixture = Fixture::new("delete");
    let mut bytes = std::fs::read(&fixture.file).unwrap();
    // The second page is the table's: the first byte of it says what it is.
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes[size] = 0xFF;
    std::fs::write(&fixture.file, bytes).unwrap();
    assert_eq!(examine(&fixture.file, None, BUSY), Answer::Readable);
    assert!(matches!(
        examine(&fixture.file, Some("users"), BUSY),
        Answer::Unreadable { .. }
    ));
}

#[test]
fn a_missing_file_is_left_missing_and_a_missing_table_is_named() {
    let fixture = Fixture::new("delete");
    let absent = fixture.file.with_file_name("absent.db");
    let answer = examine(&absent, None, BUSY);
    assert!(matches!(answer, Answer::Unreadable { error } if error == "the file does not exist"));
    assert!(!absent.exists());
    for table in ["absent", "x\"; DROP TABLE users; --"] {
        let answer = examine(&fixture.file, Some(table), BUSY);
        assert!(
            matches!(answer, Answer::Unreadable { error } if error.contains("no such table")),
            "{table}"
        );
    }
    assert_eq!(fixture.rows(), 2);
}

#[test]
fn each_answer_has_its_words() {
    let said = |output: &[u8]| match outcome(Path::new("app.db"), output) {
        ProbeOutcome::Healthy(answer) => answer.database.unwrap(),
        ProbeOutcome::Degraded(_) => panic!("never degraded"),
        ProbeOutcome::Failed { detail, .. } => detail,
    };
    assert_eq!(said(br#"{"state":"readable"}"#), "readable");
    assert_eq!(said(br#"{"state":"locked"}"#), "the database app.db is locked");
    assert_eq!(
        said(br#"{"state":"unreadable","error":"disk I/O error"}"#),
        "the database app.db cannot be read: disk I/O error"
    );
    assert!(said(b"Segmentation fault").contains("something unexpected: Segmentation fault"));
}
