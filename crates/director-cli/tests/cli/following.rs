//! Commands that go on until somebody has seen enough.

use std::sync::Arc;

use director_core::journal::JournalEvent;
use director_core::words::PhaseName;
use director_store::logs::Stream;

use crate::fake::{Fake, director, director_until, eventually, project};
use crate::logs::write;

#[test]
fn status_watch_prints_a_table_per_change_until_the_director_ends() {
    let folder = project();
    let mut fake = Fake::start(folder.path(), |_, _| Ok(()));
    std::thread::scope(|scope| {
        let path = folder.path();
        let watched = scope.spawn(move || director(path, &["status", "--watch"]));
        eventually("the first table is there", || fake.is_waited_for());
        fake.change(|state| state.service("web").phase = PhaseName::Stopping);
        eventually("the second table is there", || fake.is_waited_for());
        fake.end();
        let outcome = watched.join().expect("no panic");
        assert_eq!(outcome.code, 4, "{outcome:?}");
        assert_eq!(outcome.out.matches("NAME ").count(), 2, "{outcome:?}");
        assert!(outcome.out.contains("web     up    stopping"), "{outcome:?}");
    });
}

#[test]
fn events_follow_says_each_entry_once() {
    let folder = project();
    let mut fake = Fake::start(folder.path(), |_, _| Ok(()));
    fake.change(|state| state.record("web", JournalEvent::ProcessStarted { pid: 12 }));
    std::thread::scope(|scope| {
        let path = folder.path();
        let followed = scope.spawn(move || director(path, &["events", "-f", "--json"]));
        eventually("the first entry is told", || fake.is_waited_for());
        fake.change(|state| state.record("web", JournalEvent::TreeEmptied));
        eventually("the second entry is told", || fake.is_waited_for());
        fake.end();
        let outcome = followed.join().expect("no panic");
        assert_eq!(outcome.code, 4, "{outcome:?}");
        let numbers: Vec<_> = outcome
            .out
            .lines()
            .map(|line| line.contains("tree-emptied"))
            .collect();
        assert_eq!(numbers, [false, true], "{outcome:?}");
    });
}

#[test]
fn logs_follow_goes_on_until_nobody_reads() {
    let folder = project();
    write(folder.path(), "web", &[(Stream::Stdout, "first\n")]);
    let text = Arc::default();
    std::thread::scope(|scope| {
        let (path, seen) = (folder.path(), &text);
        let followed = scope.spawn(move || director_until(path, &["logs", "web", "-f"], "enough", seen));
        let read = |wanted: &str| text.lock().expect("lock").ends_with(wanted.as_bytes());
        eventually("what was there is told", || read("first\n"));
        write(path, "web", &[(Stream::Stdout, "second\n")]);
        eventually("what came is told", || read("first\nsecond\n"));
        write(path, "web", &[(Stream::Stdout, "enough\n")]);
        let outcome = followed.join().expect("no panic");
        assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{outcome:?}");
    });
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = project();
    let _fake = Fake::start(folder.path(), |_, _| Ok(()));
    let outcome = director_until(folder.path(), &["status"], "NAME", &Arc::default());
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (0, "", "")
    );
}
