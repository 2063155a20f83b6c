//! The thread that writes all logs, and those who read while it writes.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lab::{Stderr, Stdout, everything, last, only, read_bytes, spec, wait_for, web};
use director_core::spec::{LogSpec, ServiceName};
use director_store::logs::{
    Follower, LogEvent, LogProducer, LogSlot, LogWriter, Position, Selection, Stream,
};

const BIG: u64 = 1 << 30;
const SOON: Duration = Duration::from_secs(20);

struct Lab {
    folder: tempfile::TempDir,
    writer: LogWriter,
    producer: LogProducer,
    events: Arc<Mutex<Vec<LogEvent>>>,
}

fn lab() -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let writer = LogWriter::start(folder.path(), move |event| sink.lock().unwrap().push(event)).unwrap();
    let producer = writer.producer();
    Lab {
        folder,
        writer,
        producer,
        events,
    }
}

impl Lab {
    fn push(&self, slot: LogSlot, stream: Stream, text: &str) {
        let mut buffer = self.producer.buffer();
        buffer.extend_from_slice(text.as_bytes());
        self.producer.push(slot, stream, buffer);
    }

    fn text(&self, query: director_store::logs::Query) -> String {
        let (bytes, summary) = read_bytes(self.folder.path(), query);
        assert!(summary.warnings.is_empty(), "{summary:?}");
        String::from_utf8(bytes).unwrap()
    }

    fn dropped_lines(&self) -> u64 {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .map(|event| match event {
                LogEvent::Dropped { lost, .. } => lost.lines,
                LogEvent::Faulted { .. } => panic!("{event:?}"),
            })
            .sum()
    }
}

#[test]
fn output_reaches_the_file_and_the_tail() {
    let lab = lab();
    let slot = lab.writer.add(&web(), spec(BIG, 3 * BIG));
    assert!(lab.writer.tail(slot).is_empty());
    lab.push(slot, Stdout, "one\n");
    lab.push(slot, Stderr, "two\nunfinished");
    assert!(lab.writer.flush(SOON));
    assert_eq!(lab.text(everything()), "one\ntwo\n");
    wait_for("the unfinished line", || {
        lab.text(everything()).ends_with("unfinished")
    });
    assert_eq!(lab.writer.tail(slot), b"one\ntwo\nunfinished");
    lab.producer.end_stream(slot, Stderr);
    lab.push(slot, Stdout, "three\n");
    assert!(lab.writer.flush(SOON));
    assert_eq!(lab.text(everything()), "one\ntwo\nunfinished\nthree\n");
    assert!(lab.writer.finish(SOON));
}

#[test]
fn a_flood_of_two_streams_is_whole_and_no_line_is_torn() {
    let lab = lab();
    let slot = lab.writer.add(&web(), spec(200_000, BIG));
    let mut sent = [String::new(), String::new()];
    std::thread::scope(|scope| {
        for (stream, sent) in [Stdout, Stderr].into_iter().zip(&mut sent) {
            let lab = &lab;
            scope.spawn(move || {
                let word = stream.word();
                for number in 0..30_000 {
                    sent.push_str(&format!("{word} {number} {}\n", "f".repeat(number % 50)));
                }
                // In pieces that know nothing of lines, and slowly enough that nothing is dropped.
                for (count, piece) in sent.as_bytes().chunks(7001).enumerate() {
                    let mut buffer = lab.producer.buffer();
                    buffer.extend_from_slice(piece);
                    lab.producer.push(slot, stream, buffer);
                    if count % 100 == 0 {
                        assert!(lab.writer.flush(SOON));
                    }
                }
            });
        }
    });
    lab.producer.end_stream(slot, Stdout);
    assert!(lab.writer.flush(SOON));
    assert!(lab.text(only(true, false)) == sent[0]);
    assert!(lab.text(only(false, true)) == sent[1]);
    let all = lab.text(everything());
    assert_eq!(
        all.lines().count(),
        60_000,
        "no line end was added: nothing was torn"
    );
    assert!(
        all.lines()
            .all(|line| line.starts_with("stdout ") || line.starts_with("stderr "))
    );
    let tail = String::from_utf8(lab.writer.tail(slot)).unwrap();
    assert!(tail.len() > 60_000 && tail.len() <= 64 << 10, "{}", tail.len());
    assert!(all.ends_with(&tail) && (tail.starts_with("std")));
    assert_eq!(lab.dropped_lines(), 0);
}

#[test]
fn a_folder_in_the_way_is_reported_and_the_tail_goes_on() {
    let lab = lab();
    fs::write(lab.folder.path().join("web"), "in the way").unwrap();
    let slot = lab.writer.add(&web(), spec(BIG, 3 * BIG));
    let other = lab
        .writer
        .add(&ServiceName::new("other").unwrap(), spec(BIG, 3 * BIG));
    lab.push(slot, Stdout, "lost\nlost too\n");
    lab.push(other, Stdout, "kept\n");
    assert!(lab.writer.flush(SOON));
    assert_eq!(lab.dropped_lines(), 2);
    assert_eq!(lab.writer.tail(slot), b"lost\nlost too\n");
    assert_eq!(
        fs::read_to_string(lab.folder.path().join("other").join("current.log")).unwrap(),
        "kept\n"
    );
    for _ in 0..5 {
        lab.push(slot, Stdout, "again\n");
    }
    wait_for("the report on the rest", || lab.dropped_lines() == 7);
    assert_eq!(
        lab.events.lock().unwrap().len(),
        2,
        "at most one report in a second"
    );
    fs::remove_file(lab.folder.path().join("web")).unwrap();
    wait_for("output after the repair", || {
        lab.push(slot, Stdout, "back\n");
        lab.writer.flush(SOON) && lab.folder.path().join("web").join("current.log").exists()
    });
    let (bytes, _) = read_bytes(lab.folder.path(), everything());
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.starts_with("[director: ") && text.contains("were not kept") && text.ends_with("back\n"),
        "{text}"
    );
}

#[test]
fn services_come_and_go_and_slots_are_used_again() {
    let lab = lab();
    for round in 0..3 {
        let slots: Vec<_> = (0..100)
            .map(|number| {
                let name = ServiceName::new(&format!("s{number}")).unwrap();
                let slot = lab.writer.add(&name, spec(BIG, 3 * BIG));
                lab.push(slot, Stdout, &format!("round {round} of {number}\n"));
                slot
            })
            .collect();
        assert!(lab.writer.flush(SOON));
        assert!(!lab.writer.tail(slots[99]).is_empty());
        for slot in slots {
            lab.writer.remove(slot);
            lab.push(slot, Stdout, "to a removed service\n");
        }
        assert!(lab.writer.flush(SOON));
    }
    let text = fs::read_to_string(lab.folder.path().join("s42").join("current.log")).unwrap();
    assert_eq!(text, "round 0 of 42\nround 1 of 42\nround 2 of 42\n");
}

#[test]
fn rotated_files_are_compressed_beside_the_writing() {
    let lab = lab();
    let slot = lab.writer.add(
        &web(),
        LogSpec {
            gzip: true,
            ..spec(20_000, BIG)
        },
    );
    let text: String = (0..20_000).map(|number| format!("line {number}\n")).collect();
    lab.push(slot, Stdout, &text);
    assert!(lab.writer.flush(SOON));
    let folder = lab.folder.path().join("web");
    wait_for("the compression", || {
        crate::lab::files(&folder, ".log").len() == 1 && crate::lab::files(&folder, ".tmp").is_empty()
    });
    assert!(crate::lab::files(&folder, ".log.gz").len() > 5);
    assert!(lab.text(everything()) == text);
    assert_eq!(lab.text(last(3)), "line 19997\nline 19998\nline 19999\n");
}

#[test]
fn a_follower_sees_every_line_once_across_rotations() {
    let lab = lab();
    let slot = lab.writer.add(
        &web(),
        LogSpec {
            gzip: true,
            ..spec(5_000, BIG)
        },
    );
    lab.push(slot, Stdout, "before\n");
    assert!(lab.writer.flush(SOON));
    let (bytes, summary) = read_bytes(lab.folder.path(), last(10));
    assert_eq!(bytes, b"before\n");
    let mut follower = Follower::new(lab.folder.path(), &web(), Selection::STDOUT, summary.position);
    let expected: String = (0..3000).map(|number| format!("line {number}\n")).collect();
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..3000 {
                lab.push(slot, Stdout, &format!("line {number}\n"));
                lab.push(slot, Stderr, "noise\n");
                if number % 200 == 0 {
                    assert!(lab.writer.flush(SOON));
                }
            }
        });
        let end = Instant::now() + SOON;
        while seen.len() < expected.len() && Instant::now() < end {
            follower
                .next_change(Duration::from_secs(1), |chunk| {
                    assert_eq!(chunk.stream, Stdout);
                    seen.extend_from_slice(chunk.bytes);
                    Ok(())
                })
                .unwrap();
        }
    });
    assert!(String::from_utf8(seen).unwrap() == expected);
    assert!(
        !follower.next_change(Duration::ZERO, |_| Ok(())).unwrap(),
        "nothing comes twice"
    );
    assert_eq!(follower.take_warnings(), Vec::<String>::new());
}

#[test]
fn a_follower_may_come_before_the_first_output() {
    let lab = lab();
    let mut follower = Follower::new(lab.folder.path(), &web(), Selection::ALL, Position::default());
    assert!(!follower.next_change(Duration::ZERO, |_| Ok(())).unwrap());
    let slot = lab.writer.add(&web(), spec(BIG, 3 * BIG));
    lab.push(slot, Stdout, "first\n");
    let mut seen = Vec::new();
    let any = follower.next_change(SOON, |chunk| {
        seen.extend_from_slice(chunk.bytes);
        Ok(())
    });
    assert!(any.unwrap());
    assert_eq!(seen, b"first\n");
}
