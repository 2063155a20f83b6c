//! One epoll thread over all pipes.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::OutputSink;
use crate::linux::epoll::{Epoll, Events, Wake};
use crate::linux::{check, check_count, lock, retry};

/// So that a program seldom waits for us. An unprivileged user may have 64 such pipes (fs.pipe-user-pages-soft).
const PIPE_BYTES: libc::c_int = 1 << 20;

/// The buffer when the sink offers none.
const BUFFER_BYTES: usize = 64 << 10;

/// How much one stream may deliver before it is the next one's turn.
const TURN_BYTES: usize = 256 << 10;

/// Which key wakes the thread; streams count from the next one.
const KEY_WAKE: u64 = 0;

/// Our end, non-blocking.
#[derive(Debug)]
pub(crate) struct OutputEnd {
    file: File,
}

impl OutputEnd {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        set_nonblocking(file.as_fd())?;
        // SAFETY: F_SETPIPE_SZ takes an integer; the descriptor is open. Refused: the pipe stays smaller, and works.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE_BYTES) };
        Ok(Self { file })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: F_SETFL takes an integer; the descriptor is open. A pipe has no other status flags that matter.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) }).map(drop)
}

#[derive(Debug)]
struct Stream {
    token: u64,
    file: File,
}

#[derive(Debug, Default)]
struct Table {
    last_key: u64,
    streams: HashMap<u64, Arc<Stream>>,
    keys: HashMap<u64, u64>,
    finishing: Vec<u64>,
}

#[derive(Debug)]
struct Shared {
    epoll: Epoll,
    wake: Wake,
    stop: AtomicBool,
    table: Mutex<Table>,
}

/// The thread's handle.
#[derive(Debug)]
pub(crate) struct Pump {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Pump {
    pub(crate) fn start(mut sink: Box<dyn OutputSink>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            epoll: Epoll::new()?,
            wake: Wake::new()?,
            stop: AtomicBool::new(false),
            table: Mutex::new(Table {
                last_key: KEY_WAKE,
                ..Table::default()
            }),
        });
        shared.epoll.add(shared.wake.fd(), KEY_WAKE)?;
        let owned = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("output".to_owned())
            .stack_size(256 << 10)
            .spawn(move || owned.run(&mut *sink))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(crate) fn add(&self, token: u64, end: OutputEnd) -> io::Result<()> {
        let mut table = lock(&self.shared.table);
        if table.keys.contains_key(&token) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "a stream has this token already",
            ));
        }
        // Keys are never used twice: an event that was fetched before a stream closed must not hit its successor.
        let key = table.last_key + 1;
        self.shared.epoll.add(end.file.as_fd(), key)?;
        table.last_key = key;
        table.keys.insert(token, key);
        table.streams.insert(
            key,
            Arc::new(Stream {
                token,
                file: end.file,
            }),
        );
        Ok(())
    }

    pub(crate) fn finish(&self, token: u64) {
        let mut table = lock(&self.shared.table);
        let Some(key) = table.keys.get(&token).copied() else {
            return;
        };
        // One wake answers for all that are asked for before the thread comes to them.
        let first = table.finishing.is_empty();
        table.finishing.push(key);
        drop(table);
        if first {
            self.shared.wake.wake();
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.wake.wake();
        crate::linux::join(self.thread.take());
    }
}

/// What a turn ended with.
enum Turn {
    More,
    Ended,
}

impl Shared {
    fn run(&self, sink: &mut dyn OutputSink) {
        let mut events = Events::new();
        let mut busy = false;
        while !self.stop.load(Ordering::Acquire) {
            // First without waiting: only when nothing is ready is the round over.
            let Ok(ready) = self
                .epoll
                .wait(&mut events, !busy)
                .map(Iterator::collect::<Vec<u64>>)
            else {
                break;
            };
            if busy && ready.is_empty() {
                sink.idle();
                busy = false;
                continue;
            }
            busy = true;
            for key in ready {
                if key == KEY_WAKE {
                    self.wake.drain();
                } else {
                    self.serve(key, sink);
                }
            }
            let finishing = std::mem::take(&mut lock(&self.table).finishing);
            finishing.into_iter().for_each(|key| self.drain(key, sink));
        }
        let left: Vec<u64> = lock(&self.table).streams.keys().copied().collect();
        left.into_iter().for_each(|key| self.close(key, sink));
        sink.idle();
    }

    fn stream(&self, key: u64) -> Option<Arc<Stream>> {
        lock(&self.table).streams.get(&key).cloned()
    }

    /// One stream's turn.
    fn serve(&self, key: u64, sink: &mut dyn OutputSink) {
        let Some(stream) = self.stream(key) else { return };
        if let Turn::Ended = read_some(&stream, TURN_BYTES, sink) {
            self.close(key, sink);
        }
    }

    /// The last turn: what is in the pipe now and not a byte of what a flooding grandchild adds meanwhile.
    fn drain(&self, key: u64, sink: &mut dyn OutputSink) {
        let Some(stream) = self.stream(key) else { return };
        let mut waiting: libc::c_int = 0;
        // SAFETY: FIONREAD stores one c_int through a valid pointer; the descriptor is open.
        if check(unsafe { libc::ioctl(stream.file.as_raw_fd(), libc::FIONREAD, &raw mut waiting) }).is_ok() {
            read_some(&stream, usize::try_from(waiting).unwrap_or(0), sink);
        }
        self.close(key, sink);
    }

    fn close(&self, key: u64, sink: &mut dyn OutputSink) {
        let mut table = lock(&self.table);
        let Some(stream) = table.streams.remove(&key) else {
            return;
        };
        table.keys.remove(&stream.token);
        drop(table);
        // Explicitly: closing alone would not do if the descriptor had been duplicated.
        self.epoll.remove(stream.file.as_fd());
        sink.closed(stream.token);
    }
}

/// Reads until `limit` bytes came, or the pipe is empty or ended.
fn read_some(stream: &Stream, limit: usize, sink: &mut dyn OutputSink) -> Turn {
    let mut left = limit;
    while left > 0 {
        let mut buffer = sink.buffer();
        if buffer.capacity() == buffer.len() {
            buffer.reserve(BUFFER_BYTES);
        }
        let room = buffer.capacity() - buffer.len();
        match read_spare(stream.file.as_fd(), &mut buffer, left) {
            Ok(0) => {
                sink.unused(buffer);
                return Turn::Ended;
            }
            Ok(count) => {
                sink.data(stream.token, buffer);
                left -= count.min(left);
                // A pipe gives all it has, so a part means that it is empty now; asking again would only tell so.
                if count < room {
                    return Turn::More;
                }
            }
            Err(error) => {
                sink.unused(buffer);
                let empty = error.kind() == io::ErrorKind::WouldBlock;
                return if empty { Turn::More } else { Turn::Ended };
            }
        }
    }
    Turn::More
}

/// Reads into the unused capacity, at most `limit` bytes.
fn read_spare(fd: BorrowedFd<'_>, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
    let spare = buffer.spare_capacity_mut();
    let room = spare.len().min(limit);
    // SAFETY: the pointer is valid for writing `room` bytes, and the descriptor is open.
    let count =
        retry(|| check_count(unsafe { libc::read(fd.as_raw_fd(), spare.as_mut_ptr().cast(), room) }))?;
    let length = buffer.len() + count;
    // SAFETY: the kernel has initialised `count` bytes after the old length, within the capacity.
    unsafe { buffer.set_len(length) };
    Ok(count)
}
