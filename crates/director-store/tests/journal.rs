//! The journal: written in the background, bounded, and never in the way.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test by panicking")]

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use director_core::journal::{JournalEntry, JournalEvent};
use director_core::spec::ServiceName;
use director_core::time::WallTime;
use director_core::words::RunNumber;
use director_store::journal::{Entry, Journal, JournalError, JournalNotice, JournalReader, MAX_ROWS, RING};

const SOON: Duration = Duration::from_secs(30);

fn name(text: &str) -> ServiceName {
    ServiceName::new(text).unwrap()
}

fn started(service: &str, pid: u32) -> JournalEntry {
    JournalEntry {
        wall: WallTime(1_795_472_112_123),
        service: Some(name(service)),
        run: Some(RunNumber(3)),
        event: JournalEvent::ProcessStarted { pid },
    }
}

type Notices = Arc<Mutex<Vec<JournalNotice>>>;

fn open(data: &Path) -> (Journal, Notices) {
    let notices = Notices::default();
    let sink = Arc::clone(&notices);
    let journal = Journal::open(data, move |notice| sink.lock().unwrap().push(notice)).unwrap();
    (journal, notices)
}

fn all(data: &Path) -> Vec<Entry> {
    JournalReader::open(data, true)
        .unwrap()
        .map_or(Vec::new(), |reader| reader.last(u64::MAX, None).unwrap())
}

#[test]
fn entries_are_numbered_kept_in_memory_and_read_by_others() {
    let data = tempfile::tempdir().unwrap();
    assert!(JournalReader::open(data.path(), false).unwrap().is_none());
    let (journal, notices) = open(data.path());
    assert_eq!(journal.last_seq(), 0);
    let first = journal.record(&started("web", 41));
    journal.record(&started("db", 42));
    let third = journal.record(&JournalEntry {
        wall: WallTime(9),
        service: None,
        run: None,
        event: JournalEvent::DirectorStopped,
    });
    assert_eq!(
        (first.seq, third.seq, third.kind.as_str()),
        (1, 3, "director-stopped")
    );
    assert_eq!(first.parse().unwrap(), started("web", 41));
    let line: serde_json::Value = serde_json::from_str(&first.numbered_json()).unwrap();
    assert_eq!((line["seq"].as_u64(), line["pid"].as_u64()), (Some(1), Some(41)));
    assert_eq!(
        journal.after(1).iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(journal.after(3).is_empty());

    assert!(journal.flush(SOON));
    // While the director writes.
    let reader = JournalReader::open(data.path(), true).unwrap().unwrap();
    assert_eq!(
        reader
            .last(2, None)
            .unwrap()
            .iter()
            .map(|entry| entry.seq)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(
        reader.last(9, Some(&name("web"))).unwrap(),
        [first.as_ref().clone()]
    );
    assert_eq!(reader.after(1, 1, None).unwrap().len(), 1);
    assert!(reader.after(3, 9, None).unwrap().is_empty());
    journal.record(&started("web", 43));
    assert!(journal.flush(SOON));
    assert_eq!(reader.after(3, 9, None).unwrap().len(), 1);
    drop(reader);
    assert!(journal.finish(SOON));
    assert_eq!(all(data.path()).len(), 4);

    // With none running, and after a restart.
    assert_eq!(
        JournalReader::open(data.path(), false)
            .unwrap()
            .unwrap()
            .last(9, None)
            .unwrap()
            .len(),
        4
    );
    let (journal, again) = open(data.path());
    assert_eq!((journal.last_seq(), journal.after(0).len()), (4, 0));
    assert_eq!(journal.record(&started("web", 44)).seq, 5);
    assert!(journal.finish(SOON));
    assert!(notices.lock().unwrap().is_empty() && again.lock().unwrap().is_empty());
}

#[test]
fn memory_holds_the_latest_and_the_file_is_bounded() {
    let data = tempfile::tempdir().unwrap();
    let (journal, notices) = open(data.path());
    let rows = MAX_ROWS + 2500;
    for number in 0..rows {
        journal.record(&started("web", u32::try_from(number).unwrap()));
        if number % 500 == 0 {
            assert!(journal.flush(SOON));
        }
    }
    assert!(journal.finish(SOON));
    assert_eq!(journal.after(0).len(), RING);
    let entries = all(data.path());
    let kept = entries.len() as u64;
    assert!((MAX_ROWS..=MAX_ROWS + 1000).contains(&kept), "{kept}");
    assert_eq!(entries.last().unwrap().seq, rows);
    assert_eq!(entries[0].seq, rows - kept + 1);
    assert!(notices.lock().unwrap().is_empty());
}

#[test]
fn a_damaged_journal_is_put_aside_and_begun_anew() {
    let junk: [&[u8]; 3] = [
        b"this is no database, although it is long enough to be one",
        &[0; 4096],
        b"SQLite format 3\0",
    ];
    for bytes in junk {
        let data = tempfile::tempdir().unwrap();
        let path = Journal::path(data.path());
        fs::write(&path, bytes).unwrap();
        let (journal, notices) = open(data.path());
        journal.record(&started("web", 1));
        assert!(journal.finish(SOON));
        assert_eq!(all(data.path()).len(), 1);
        let notices = notices.lock().unwrap();
        let [JournalNotice::PutAside(bad)] = notices.as_slice() else {
            panic!("{notices:?}")
        };
        let kept = bad.kept_as.as_ref().unwrap();
        assert_eq!(fs::read(kept).unwrap(), bytes);
        assert!(kept.to_str().unwrap().contains("journal.db.corrupt-"));
    }
}

#[test]
fn a_journal_of_another_schema_is_put_aside_and_a_reader_names_it() {
    for sql in [
        "PRAGMA user_version = 99",
        "CREATE TABLE entries (other TEXT)",
        "CREATE TABLE entries (x); PRAGMA user_version = 1",
    ] {
        let data = tempfile::tempdir().unwrap();
        rusqlite::Connection::open(Journal::path(data.path()))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        if sql.ends_with("99") {
            let error = JournalReader::open(data.path(), false).unwrap_err();
            assert!(matches!(error, JournalError::Newer { found: 99, .. }), "{error}");
        }
        let (journal, notices) = open(data.path());
        journal.record(&started("web", 1));
        assert!(journal.finish(SOON));
        assert_eq!(all(data.path()).len(), 1, "{sql}");
        assert!(
            matches!(notices.lock().unwrap().as_slice(), [JournalNotice::PutAside(_)]),
            "{notices:?}"
        );
    }
}

#[test]
fn a_journal_damaged_while_it_is_written_is_begun_anew() {
    let data = tempfile::tempdir().unwrap();
    let (journal, _) = open(data.path());
    for number in 0..2000 {
        journal.record(&started("web", number));
        if number % 100 == 0 {
            assert!(journal.flush(SOON));
        }
    }
    assert!(journal.finish(SOON));
    // Everything but the first page, with nothing left in SQLite's log that could mend it.
    let path = Journal::path(data.path());
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let other = rusqlite::Connection::open(&path).unwrap();
    other.query_row(checkpoint, [], |_| Ok(())).unwrap();
    drop(other);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let (journal, notices) = open(data.path());
    journal.record(&started("web", 77));
    assert!(journal.finish(SOON));
    assert!(
        matches!(notices.lock().unwrap().as_slice(), [JournalNotice::PutAside(_)]),
        "{notices:?}"
    );
    assert_eq!(all(data.path()).len(), 1);
}

#[test]
fn a_locked_journal_stays_in_memory_and_is_not_put_aside() {
    let data = tempfile::tempdir().unwrap();
    let (journal, _) = open(data.path());
    journal.record(&started("web", 1));
    assert!(journal.finish(SOON));
    let other = rusqlite::Connection::open(Journal::path(data.path())).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM entries WHERE 0;")
        .unwrap();
    let (journal, notices) = open(data.path());
    let entry = journal.record(&started("web", 2));
    assert!(
        entry.seq > 1_000_000,
        "beyond any number in the file: {}",
        entry.seq
    );
    assert!(journal.flush(SOON));
    assert_eq!(journal.after(0).len(), 1);
    {
        let notices = notices.lock().unwrap();
        assert!(
            matches!(notices.as_slice(), [JournalNotice::Unavailable { .. }]),
            "{notices:?}"
        );
    }
    other.execute_batch("COMMIT").unwrap();
    drop(other);
    assert!(journal.finish(SOON));
    assert_eq!(all(data.path()).len(), 2, "the end is one more chance");
    assert_eq!(
        notices.lock().unwrap().last(),
        Some(&JournalNotice::Recovered { lost: 0 })
    );
}

#[test]
fn without_a_folder_entries_stay_in_memory_and_losses_are_counted() {
    let data = tempfile::tempdir().unwrap();
    let absent = data.path().join("absent");
    let (journal, notices) = open(&absent);
    for number in 0..1500 {
        journal.record(&started("web", number));
    }
    assert!(journal.flush(SOON));
    assert_eq!(journal.after(0).len(), RING);
    fs::create_dir(&absent).unwrap();
    assert!(journal.finish(SOON));
    assert_eq!(all(&absent).len(), 1000);
    assert_eq!(
        notices.lock().unwrap().last(),
        Some(&JournalNotice::Recovered { lost: 500 })
    );
}

#[test]
fn jobs_run_in_the_journals_thread_and_a_panic_is_contained() {
    let data = tempfile::tempdir().unwrap();
    let (journal, notices) = open(data.path());
    let (sent, received) = mpsc::channel();
    assert!(journal.defer(Box::new(|| panic!("contained"))));
    assert!(journal.defer(Box::new(move || {
        sent.send(std::thread::current().name().map(str::to_owned))
            .unwrap()
    })));
    assert_eq!(received.recv_timeout(SOON).unwrap().as_deref(), Some("journal"));
    journal.record(&started("web", 1));
    assert!(journal.finish(SOON));
    assert_eq!(all(data.path()).len(), 1);
    assert_eq!(notices.lock().unwrap().as_slice(), [JournalNotice::JobFaulted]);
    assert!(!journal.defer(Box::new(|| ())), "after the end nothing is taken");
}

#[test]
fn a_reader_reads_what_a_killed_director_left() {
    let data = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let (journal, _) = open(data.path());
    journal.record(&started("web", 1));
    assert!(journal.flush(SOON));
    // As after a kill: the database and its log, in whatever state they are.
    for file in ["journal.db", "journal.db-wal"] {
        fs::copy(data.path().join(file), copy.path().join(file)).unwrap();
    }
    assert_eq!(
        JournalReader::open(copy.path(), false)
            .unwrap()
            .unwrap()
            .last(9, None)
            .unwrap()
            .len(),
        1
    );
    let (next, notices) = open(copy.path());
    assert_eq!(next.last_seq(), 1);
    assert!(next.finish(SOON));
    assert!(notices.lock().unwrap().is_empty());
    assert!(journal.finish(SOON));
}
