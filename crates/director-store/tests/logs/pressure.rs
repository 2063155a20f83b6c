//! Output that comes faster than the disk takes it.

use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::lab::{Stdout, everything, only, read_bytes, spec, web};
use director_core::spec::ServiceName;
use director_store::logs::{BUFFER_BYTES, LogEvent, LogProducer, LogSlot, LogWriter, Lost};

const BIG: u64 = 1 << 30;
const SOON: Duration = Duration::from_secs(20);

/// A writer that is held up in its report on a service of its own, as a disk would hold it up.
struct HeldUp {
    folder: tempfile::TempDir,
    writer: LogWriter,
    producer: LogProducer,
    losses: Arc<Mutex<Vec<Lost>>>,
    release: mpsc::Sender<()>,
}

impl HeldUp {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("other"), "in the way").unwrap();
        let (held, is_held) = mpsc::channel();
        let (release, wait) = mpsc::channel::<()>();
        let losses = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&losses);
        let other = ServiceName::new("other").unwrap();
        let held_up = other.clone();
        let writer = LogWriter::start(folder.path(), move |event| match event {
            LogEvent::Dropped { service, .. } if service == held_up => {
                held.send(()).unwrap();
                wait.recv().unwrap();
            }
            LogEvent::Dropped { lost, .. } => sink.lock().unwrap().push(lost),
            LogEvent::Faulted { .. } => panic!("{event:?}"),
        })
        .unwrap();
        let producer = writer.producer();
        producer.push(writer.add(&other, spec(BIG, 3 * BIG)), Stdout, b"lost\n".to_vec());
        is_held.recv().unwrap();
        Self {
            folder,
            writer,
            producer,
            losses,
            release,
        }
    }

    fn add(&self, service: &ServiceName) -> LogSlot {
        self.writer.add(service, spec(BIG, 3 * BIG))
    }

    fn push(&self, slot: LogSlot, piece: &[u8]) {
        let mut buffer = self.producer.buffer();
        buffer.extend_from_slice(piece);
        self.producer.push(slot, Stdout, buffer);
    }

    fn text(&self, stdout: bool) -> String {
        let query = if stdout { only(true, false) } else { everything() };
        String::from_utf8(read_bytes(self.folder.path(), query).0).unwrap()
    }
}

#[test]
fn a_full_queue_never_blocks_and_every_line_is_kept_or_counted() {
    let lab = HeldUp::new();
    let slot = lab.add(&web());
    // 25 MiB in pieces that know nothing of lines.
    let line = "p".repeat(99) + "\n";
    let text = line.repeat(262_144);
    let mut longest = Duration::ZERO;
    for piece in text.as_bytes().chunks(BUFFER_BYTES - 37) {
        let began = Instant::now();
        lab.push(slot, piece);
        longest = longest.max(began.elapsed());
    }
    lab.release.send(()).unwrap();
    assert!(lab.writer.flush(SOON));
    lab.push(slot, b"after\n");
    assert!(lab.writer.flush(SOON));

    println!("the longest push took {longest:?}");
    assert!(longest < Duration::from_secs(1));
    let text = lab.text(true);
    let (lines, after) = text.split_at(text.len() - 6);
    assert_eq!(
        after, "after\n",
        "the rest of the line that was dropped in part went with it"
    );
    let kept = lines.lines().count() as u64;
    assert!(lines.lines().all(|found| found.len() == 99));
    assert!(lines.len() > 7 << 20 && lines.len() <= 8 << 20, "{}", lines.len());
    assert!(lab.text(false).contains("were not kept: the disk is too slow"));
    assert!(lab.writer.finish(SOON));
    let losses = lab.losses.lock().unwrap();
    assert!(
        losses.iter().all(|lost| lost.because == "the disk is too slow"),
        "{losses:?}"
    );
    assert_eq!(kept + losses.iter().map(|lost| lost.lines).sum::<u64>(), 262_144);
}

#[test]
fn three_quarters_of_the_limit_are_output_however_it_comes() {
    // Reads that fill a part of their buffer, of several services in turn: nothing can be put behind the piece before.
    for filled in [
        BUFFER_BYTES / 4 + 1,
        BUFFER_BYTES / 3,
        BUFFER_BYTES * 3 / 4,
        4_000,
        130,
    ] {
        let lab = HeldUp::new();
        let slots = ["a", "b", "c"].map(|name| lab.add(&ServiceName::new(name).unwrap()));
        let piece = "q".repeat(filled - 1) + "\n";
        for _ in 0..(6 << 20) / filled {
            slots.iter().for_each(|slot| lab.push(*slot, piece.as_bytes()));
        }
        lab.release.send(()).unwrap();
        assert!(lab.writer.finish(SOON));
        assert_eq!(*lab.losses.lock().unwrap(), [], "pieces of {filled} bytes");
    }
}

#[test]
fn patience_ends_with_a_disk_that_does_not_move_and_is_spent_once() {
    let lab = HeldUp::new();
    let slot = lab.add(&web());
    let patience = Duration::from_millis(300);
    let began = Instant::now();
    for _ in 0..100 {
        let bytes = b"0123456\n".repeat(BUFFER_BYTES / 8);
        lab.producer.push_patiently(slot, Stdout, bytes, patience);
    }
    let took = began.elapsed();
    assert!(took >= patience, "it did wait: {took:?}");
    assert!(took < 10 * patience, "but not a hundred times: {took:?}");
    lab.release.send(()).unwrap();
    assert!(lab.writer.finish(SOON));
}
