//! The one thread that writes the output of all services.
//!
//! It sleeps while there is no output; only an unfinished line, or a loss not yet reported, gives it a time to wake.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use director_core::spec::{LogSpec, ServiceName};

use super::Stream;
use super::compress::Compressor;
use super::lost::{Lost, Moment};
use super::producer::LogProducer;
use super::queue::{Item, LogSlot, Queue};
use super::rotating::RotatingLog;

/// Losses of a service are reported at most this often.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// What the writer reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// Output was not kept. The sum since the last such report on the service.
    Dropped {
        /// Whose.
        service: ServiceName,
        /// How much, and why.
        lost: Lost,
    },
    /// A fault in the director itself while it wrote this service's log. The log goes on.
    Faulted {
        /// Whose.
        service: ServiceName,
    },
}

/// The writer. Ends with [`LogWriter::finish`], or by itself some time after it is dropped.
pub struct LogWriter {
    log_dir: PathBuf,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter")
            .field("log_dir", &self.log_dir)
            .finish_non_exhaustive()
    }
}

impl LogWriter {
    /// Starts the thread. `report` is called in it, and must not wait.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(log_dir: &Path, report: impl FnMut(LogEvent) + Send + 'static) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let mut work = Work {
            queue: Arc::clone(&queue),
            slots: Vec::new(),
            timed: Vec::new(),
            compressor: Compressor::default(),
            report: Box::new(report),
        };
        let thread = thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || work.run())?;
        Ok(Self {
            log_dir: log_dir.to_owned(),
            queue,
            thread: Some(thread),
        })
    }

    /// Adds a service. Nothing is touched on disk before it has output.
    #[must_use]
    pub fn add(&self, service: &ServiceName, spec: LogSpec) -> LogSlot {
        let (slot, tail) = self.queue.add_slot();
        let log = RotatingLog::new(&self.log_dir, service, spec).with_tail(tail);
        self.queue.send(Item::Open(slot, service.clone(), Box::new(log)));
        slot
    }

    /// Changes a service's limits.
    pub fn set_spec(&self, slot: LogSlot, spec: LogSpec) {
        self.queue.send(Item::Limit(slot, spec));
    }

    /// Removes a service: what waits is written, its files are closed, its slot must not be used any more.
    pub fn remove(&self, slot: LogSlot) {
        self.queue.free_slot(slot);
    }

    /// The side that output is handed to.
    #[must_use]
    pub fn producer(&self) -> LogProducer {
        LogProducer {
            queue: Arc::clone(&self.queue),
        }
    }

    /// The last output of a service, at most 64 KiB, from the beginning of a line on; also when the disk fails.
    #[must_use]
    pub fn tail(&self, slot: LogSlot) -> Vec<u8> {
        self.queue.tail(slot).map(|tail| tail.read()).unwrap_or_default()
    }

    /// Waits until everything handed over before is written, at most for `timeout`. False if it is not.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        let (done, wait) = mpsc::sync_channel(1);
        self.queue.send(Item::Barrier(done));
        wait.recv_timeout(timeout).is_ok()
    }

    /// Writes what waits, closes all files and ends the thread; waits for that at most for `timeout`. False if the disk
    /// hangs: the thread is then left to itself.
    #[must_use]
    pub fn finish(mut self, timeout: Duration) -> bool {
        let flushed = self.flush(timeout);
        self.queue.end();
        match self.thread.take() {
            Some(thread) if flushed => thread.join().is_ok(),
            _ => false,
        }
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.queue.end();
    }
}

/// What the thread owns.
struct Work {
    queue: Arc<Queue>,
    slots: Vec<Option<Served>>,
    /// Slots with something to do at a later time.
    timed: Vec<usize>,
    compressor: Compressor,
    report: Box<dyn FnMut(LogEvent) + Send>,
}

struct Served {
    service: ServiceName,
    log: RotatingLog,
    unreported: Lost,
    reported_at: Option<Instant>,
    timed: bool,
}

impl Served {
    /// Marks a gap. Returns what could not be written in doing so.
    fn note_dropped(&mut self, cut: [bool; 2], dropped: Lost, now: Moment) -> Lost {
        let mut lost = Lost::default();
        for (stream, _) in [Stream::Stdout, Stream::Stderr]
            .into_iter()
            .zip(cut)
            .filter(|(_, cut)| *cut)
        {
            // What goes on after the gap is no part of the line before it.
            lost.add(self.log.end_stream(stream, now).err().unwrap_or_default());
        }
        self.log.note_lost(dropped, now);
        lost
    }

    fn deadline(&self) -> Option<Instant> {
        let report = (!self.unreported.is_nothing())
            .then_some(self.reported_at)
            .flatten();
        let report = report.map(|last| last + REPORT_EVERY);
        [report, self.log.pending_deadline()].into_iter().flatten().min()
    }
}

impl Work {
    fn run(&mut self) {
        let mut batch = VecDeque::new();
        loop {
            let timeout = self
                .next_deadline()
                .map(|at| at.saturating_duration_since(Instant::now()));
            if !self.queue.take(&mut batch, timeout) {
                break;
            }
            for item in batch.drain(..) {
                self.contain(item);
            }
            self.do_what_is_due(Moment::now());
        }
        for index in 0..self.slots.len() {
            self.close(index);
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let timed = self
            .timed
            .iter()
            .filter_map(|index| self.slots.get(*index)?.as_ref());
        timed.filter_map(Served::deadline).min()
    }

    /// A fault while one service's log is written must not end the writing of the others.
    fn contain(&mut self, item: Item) {
        let slot = match &item {
            Item::Open(slot, ..) | Item::Limit(slot, _) | Item::Data(slot, ..) => Some(*slot),
            Item::Dropped(slot, ..) | Item::End(slot, _) | Item::Close(slot) => Some(*slot),
            Item::Barrier(_) => None,
        };
        if catch_unwind(AssertUnwindSafe(|| self.process(item))).is_ok() {
            return;
        }
        if let Some(served) = slot.and_then(|slot| self.slots.get_mut(slot.0)?.as_mut()) {
            let service = served.service.clone();
            (self.report)(LogEvent::Faulted { service });
        }
    }

    fn process(&mut self, item: Item) {
        let now = Moment::now();
        match item {
            Item::Open(slot, service, log) => self.open(slot, service, *log),
            Item::Limit(slot, spec) => {
                if let Some(served) = self.served(slot) {
                    served.log.set_spec(spec);
                }
            }
            Item::Data(slot, stream, bytes) => {
                let outcome = self
                    .served(slot)
                    .map_or(Ok(()), |served| served.log.write(stream, &bytes, now));
                self.queue.written(slot, bytes);
                self.after(slot, outcome, now);
            }
            Item::Dropped(slot, cut, mut lost) => {
                if let Some(served) = self.served(slot) {
                    lost.add(served.note_dropped(cut, lost.clone(), now));
                }
                self.after(slot, Err(lost), now);
            }
            Item::End(slot, stream) => {
                let outcome = self
                    .served(slot)
                    .map_or(Ok(()), |served| served.log.end_stream(stream, now));
                self.after(slot, outcome, now);
            }
            Item::Close(slot) => self.close(slot.0),
            Item::Barrier(done) => {
                let _ = done.try_send(());
            }
        }
    }

    fn served(&mut self, slot: LogSlot) -> Option<&mut Served> {
        self.slots.get_mut(slot.0)?.as_mut()
    }

    fn open(&mut self, slot: LogSlot, service: ServiceName, log: RotatingLog) {
        if self.slots.len() <= slot.0 {
            self.slots.resize_with(slot.0 + 1, || None);
        }
        self.slots[slot.0] = Some(Served {
            service,
            log,
            unreported: Lost::default(),
            reported_at: None,
            timed: false,
        });
    }

    /// What follows every use of a log: reports, times to wake, files to compress.
    fn after(&mut self, slot: LogSlot, outcome: Result<(), Lost>, now: Moment) {
        let Some(served) = self.slots.get_mut(slot.0).and_then(Option::as_mut) else {
            return;
        };
        if let Err(lost) = outcome {
            served.unreported.add(lost);
        }
        let quiet = served
            .reported_at
            .is_none_or(|last| now.at >= last + REPORT_EVERY);
        if !served.unreported.is_nothing() && quiet {
            served.reported_at = Some(now.at);
            let lost = std::mem::take(&mut served.unreported);
            (self.report)(LogEvent::Dropped {
                service: served.service.clone(),
                lost,
            });
        }
        while let Some(path) = served.log.next_to_compress() {
            self.compressor.add(path);
        }
        if !served.timed && served.deadline().is_some() {
            served.timed = true;
            self.timed.push(slot.0);
        }
    }

    fn do_what_is_due(&mut self, now: Moment) {
        for index in std::mem::take(&mut self.timed) {
            let Some(served) = self.slots.get_mut(index).and_then(Option::as_mut) else {
                continue;
            };
            served.timed = false;
            let outcome = served.log.flush_partial(now);
            self.after(LogSlot(index), outcome, now);
        }
    }

    fn close(&mut self, index: usize) {
        let Some(mut served) = self.slots.get_mut(index).and_then(Option::take) else {
            return;
        };
        let mut lost = std::mem::take(&mut served.unreported);
        lost.add(served.log.close(Moment::now()).err().unwrap_or_default());
        if !lost.is_nothing() {
            (self.report)(LogEvent::Dropped {
                service: served.service,
                lost,
            });
        }
    }
}
