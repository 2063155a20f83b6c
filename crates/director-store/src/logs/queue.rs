//! The queue between the thread that reads output and the thread that writes it. Putting something in never waits for a
//! disk that does not move.
//!
//! Memory: 8 MiB per service and 64 MiB in all, counted by what is allocated; beyond that output is dropped at line ends
//! and counted. Once a queue is full it takes nothing more until half of it is written, so that losses come in few large
//! pieces. Reading buffers are pooled; little output moves to memory of its own size.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use director_core::spec::{LogSpec, ServiceName};

use super::Stream;
use super::lost::Lost;
use super::rotating::RotatingLog;
use super::tail::{self, Tail};

/// Capacity of a reading buffer.
pub const BUFFER_BYTES: usize = 256 << 10;
/// What one service may have waiting.
const SERVICE_BYTES: usize = 8 << 20;
/// What all services may have waiting.
const ALL_BYTES: usize = 64 << 20;
/// Empty reading buffers kept while there is work.
const POOLED: usize = 4;
/// So many items may wait that are not worth waking the writer.
const ENDS: usize = 512;
const SLOW: &str = "the disk is too slow";

/// A service's place in the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogSlot(pub(crate) usize);

#[derive(Debug)]
pub(crate) enum Item {
    Open(LogSlot, ServiceName, Box<RotatingLog>),
    Limit(LogSlot, LogSpec),
    Data(LogSlot, Stream, Vec<u8>),
    /// Output was dropped here, of the streams said.
    Dropped(LogSlot, [bool; 2], Lost),
    End(LogSlot, Stream),
    Close(LogSlot),
    Barrier(mpsc::SyncSender<()>),
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    room: Condvar,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    slots: Vec<Slot>,
    with_drops: Vec<LogSlot>,
    pool: Vec<Vec<u8>>,
    bytes: usize,
    waiting: bool,
    /// Somebody waited for room in vain, and nothing was written since.
    stalled: bool,
    ended: bool,
}

#[derive(Debug)]
struct Slot {
    tail: Arc<Tail>,
    used: bool,
    bytes: usize,
    dropping: bool,
    /// Whether the stream's present line was dropped in part: its rest follows it.
    skipping: [bool; 2],
    /// Whether output of the stream is among `dropped`.
    cut: [bool; 2],
    dropped: Lost,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer to read into.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        let pooled = self.lock().pool.pop();
        pooled.unwrap_or_else(|| Vec::with_capacity(BUFFER_BYTES))
    }

    /// Takes a place for a service, with its tail.
    pub(crate) fn add_slot(&self) -> (LogSlot, Arc<Tail>) {
        let mut state = self.lock();
        let used = state.slots.iter().filter(|slot| slot.used).count();
        let share = tail::share(used + 1);
        if share != tail::share(used) {
            state
                .slots
                .iter()
                .filter(|slot| slot.used)
                .for_each(|slot| slot.tail.set_limit(share));
        }
        let tail = Arc::new(Tail::new(share));
        let slot = Slot {
            tail: Arc::clone(&tail),
            used: true,
            bytes: 0,
            dropping: false,
            skipping: [false; 2],
            cut: [false; 2],
            dropped: Lost::default(),
        };
        let free = state
            .slots
            .iter()
            .position(|slot| !slot.used && slot.bytes == 0 && !slot.dropping);
        let index = free.unwrap_or(state.slots.len());
        match state.slots.get_mut(index) {
            Some(place) => *place = slot,
            None => state.slots.push(slot),
        }
        (LogSlot(index), tail)
    }

    /// Says that the place is no longer used. The writer closes it when it has written what waits.
    pub(crate) fn free_slot(&self, slot: LogSlot) {
        let mut state = self.lock();
        if let Some(place) = state.slots.get_mut(slot.0).filter(|place| place.used) {
            place.used = false;
            place.tail = Arc::new(Tail::new(0));
            self.add(&mut state, Item::Close(slot));
        }
    }

    pub(crate) fn tail(&self, slot: LogSlot) -> Option<Arc<Tail>> {
        self.lock().slots.get(slot.0).map(|slot| Arc::clone(&slot.tail))
    }

    pub(crate) fn send(&self, item: Item) {
        let mut state = self.lock();
        self.add(&mut state, item);
    }

    fn add(&self, state: &mut State, item: Item) {
        state.items.push_back(item);
        self.wake(state);
    }

    fn wake(&self, state: &mut State) {
        if std::mem::take(&mut state.waiting) {
            self.wake.notify_one();
        }
    }

    /// The stream has ended: what comes next begins a line. The writer is not woken for it alone: if it holds an unfinished
    /// line, that line's time wakes it soon.
    pub(crate) fn end_stream(&self, slot: LogSlot, stream: Stream) {
        let mut state = self.lock();
        if let Some(place) = state.slots.get_mut(slot.0) {
            place.skipping[side(stream)] = false;
        }
        state.items.push_back(Item::End(slot, stream));
        if state.items.len() >= ENDS {
            self.wake(&mut state);
        }
    }

    /// Takes output; drops what does not fit. For room it waits at most `patience`, and only while the writer moves.
    pub(crate) fn push(&self, slot: LogSlot, stream: Stream, bytes: Vec<u8>, patience: Duration) {
        let mut state = self.lock();
        if !patience.is_zero() && !state.stalled && state.is_full_for(slot, &bytes) {
            let (after, outcome) = self
                .room
                .wait_timeout_while(state, patience, |state| state.is_full_for(slot, &bytes))
                .unwrap_or_else(PoisonError::into_inner);
            state = after;
            state.stalled = outcome.timed_out();
        }
        let free = state.take_in(slot, stream, bytes);
        state.recycle(free);
        self.wake(&mut state);
    }

    /// All that waits, into `batch`. Waits for something, at most for `timeout`. False once the end was asked for and
    /// nothing is left.
    pub(crate) fn take(&self, batch: &mut VecDeque<Item>, timeout: Option<Duration>) -> bool {
        let mut state = self.lock();
        if state.items.is_empty() {
            state.say_what_was_dropped();
        }
        if state.items.is_empty() && !state.ended {
            state.pool.truncate(1);
            state.waiting = true;
            state = match timeout {
                Some(timeout) => {
                    self.wake
                        .wait_timeout(state, timeout)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.waiting = false;
        }
        std::mem::swap(&mut state.items, batch);
        !(batch.is_empty() && state.ended && state.with_drops.is_empty())
    }

    /// A buffer was written.
    pub(crate) fn written(&self, slot: LogSlot, buffer: Vec<u8>) {
        let mut state = self.lock();
        let size = buffer.capacity();
        state.bytes = state.bytes.saturating_sub(size);
        if let Some(place) = state.slots.get_mut(slot.0) {
            place.bytes = place.bytes.saturating_sub(size);
        }
        state.stalled = false;
        state.recycle(buffer);
        drop(state);
        self.room.notify_all();
    }

    /// Asks for the end: the writer writes what waits and ends.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        self.wake(&mut state);
    }
}

impl Slot {
    /// Cuts `bytes` to what may be queued, at a line end. Returns what was dropped.
    fn admit(&mut self, stream: Stream, bytes: &mut Vec<u8>, free_in_all: usize) -> Lost {
        let side = side(stream);
        if self.dropping && self.bytes <= SERVICE_BYTES / 2 && free_in_all >= BUFFER_BYTES {
            self.dropping = false;
        }
        let mut lost = Lost::default();
        if self.skipping[side] && !self.dropping {
            let line_end = bytes
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(bytes.len(), |at| at + 1);
            lost.add(self.drop_part(side, &bytes[..line_end]));
            bytes.drain(..line_end);
        }
        let keep = self.fitting(bytes, free_in_all);
        if keep < bytes.len() {
            self.dropping = true;
            lost.add(self.drop_part(side, &bytes[keep..]));
            bytes.truncate(keep);
        }
        lost
    }

    /// Counts `bytes` as dropped. The rest of a line whose beginning was counted is no further line.
    fn drop_part(&mut self, side: usize, bytes: &[u8]) -> Lost {
        let mut lost = Lost::of(bytes, SLOW);
        if self.skipping[side] {
            lost.lines = lost.lines.saturating_sub(1);
        }
        self.cut[side] = true;
        self.skipping[side] = bytes.last() != Some(&b'\n');
        lost
    }

    /// How much of `bytes` may be queued: all, or up to a line end.
    fn fitting(&self, bytes: &Vec<u8>, free_in_all: usize) -> usize {
        if self.dropping {
            return 0;
        }
        let room = (SERVICE_BYTES - self.bytes.min(SERVICE_BYTES)).min(free_in_all);
        if size_in_queue(bytes) <= room {
            return bytes.len();
        }
        let fits = &bytes[..(room / 5 * 4).min(bytes.len())];
        fits.iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1)
    }

    fn say_what_was_dropped(&mut self, slot: LogSlot) -> Item {
        Item::Dropped(
            slot,
            std::mem::take(&mut self.cut),
            std::mem::take(&mut self.dropped),
        )
    }

    /// Adds a loss; true if it is the first that was not said yet.
    fn dropped_now(&mut self, lost: Lost) -> bool {
        let first = self.dropped.is_nothing() && !lost.is_nothing();
        self.dropped.add(lost);
        first
    }
}

impl State {
    fn is_full_for(&self, slot: LogSlot, bytes: &Vec<u8>) -> bool {
        let free_in_all = ALL_BYTES.saturating_sub(self.bytes);
        self.slots.get(slot.0).is_some_and(|place| {
            place.used && !place.dropping && place.fitting(bytes, free_in_all) < bytes.len()
        })
    }

    /// Queues what fits of `bytes` and counts the rest. Returns a buffer that is free.
    fn take_in(&mut self, slot: LogSlot, stream: Stream, mut bytes: Vec<u8>) -> Vec<u8> {
        let free_in_all = ALL_BYTES.saturating_sub(self.bytes);
        let Some(place) = self
            .slots
            .get_mut(slot.0)
            .filter(|place| place.used && !bytes.is_empty())
        else {
            return bytes;
        };
        let mut lost = Lost::default();
        let begins = !place.dropping && !place.skipping[side(stream)];
        if begins && place.fitting(&bytes, free_in_all) == 0 {
            lost = drop_unfinished(&mut self.items, slot, stream);
            place.skipping[side(stream)] = !lost.is_nothing();
            place.dropping = true;
        }
        lost.add(place.admit(stream, &mut bytes, free_in_all));
        if place.dropped_now(lost) {
            self.with_drops.push(slot);
        }
        if bytes.is_empty() {
            return bytes;
        }
        if !place.dropping && !place.dropped.is_nothing() {
            self.items.push_back(place.say_what_was_dropped(slot));
            self.with_drops.retain(|other| *other != slot);
        }
        self.store(slot, stream, bytes)
    }

    /// Queues `bytes`, behind the last output of the same stream if that has room; returns a buffer that is free.
    fn store(&mut self, slot: LogSlot, stream: Stream, bytes: Vec<u8>) -> Vec<u8> {
        if let Some(Item::Data(last_slot, last_stream, last)) = self.items.back_mut()
            && *last_slot == slot
            && *last_stream == stream
            && last.capacity() - last.len() >= bytes.len()
        {
            last.extend_from_slice(&bytes);
            return bytes;
        }
        let size = size_in_queue(&bytes);
        let (kept, free) = if size < bytes.capacity() {
            let mut small = Vec::with_capacity(size);
            small.extend_from_slice(&bytes);
            (small, bytes)
        } else {
            (bytes, Vec::new())
        };
        self.bytes += kept.capacity();
        if let Some(place) = self.slots.get_mut(slot.0) {
            place.bytes += kept.capacity();
        }
        self.items.push_back(Item::Data(slot, stream, kept));
        free
    }

    fn recycle(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() == BUFFER_BYTES && self.pool.len() < POOLED {
            buffer.clear();
            self.pool.push(buffer);
        }
    }

    fn say_what_was_dropped(&mut self) {
        for slot in std::mem::take(&mut self.with_drops) {
            if let Some(place) = self.slots.get_mut(slot.0) {
                place.dropping = false;
                self.items.push_back(place.say_what_was_dropped(slot));
            }
        }
    }
}

/// What the memory of `bytes` takes while it waits. A buffer that is not well filled is left for memory of the output's own
/// size, with room for more of the same to be put behind it: the limits hold at least three quarters of output, however
/// small the pieces are in which it comes, if they are not tiny.
fn size_in_queue(bytes: &Vec<u8>) -> usize {
    if bytes.len() >= bytes.capacity() / 4 * 3 {
        bytes.capacity()
    } else {
        (bytes.len() + bytes.len() / 4).max(64)
    }
}

fn side(stream: Stream) -> usize {
    usize::from(stream == Stream::Stderr)
}

/// Takes the unfinished line of a stream back from the queue: its rest is about to be dropped. The writer may have taken it
/// already; then it is written as a line of its own before the note on the loss.
fn drop_unfinished(items: &mut VecDeque<Item>, slot: LogSlot, stream: Stream) -> Lost {
    let last = items.iter_mut().rev().find_map(|item| match item {
        Item::Data(of, which, bytes) if *of == slot && *which == stream => Some(bytes),
        _ => None,
    });
    let Some(bytes) = last else { return Lost::default() };
    let keep = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let lost = Lost::of(&bytes[keep..], SLOW);
    bytes.truncate(keep);
    lost
}
