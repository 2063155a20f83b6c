//! One stream of a child.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, STATUS_PENDING};
use windows_sys::Win32::Storage::FileSystem::ReadFile;
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;

use super::OutputSink;
use crate::windows::{check, is_error};

/// The pending read of an idle stream: all that a thousand of them hold is a thousand times this.
const SMALL: usize = 512;
/// What one stream may read before the others have their turn.
const PER_TURN: usize = 256 * 1024;
/// The buffer where the sink offers none.
const DEFAULT_BUFFER: usize = 64 * 1024;
/// The most that is read of a finished stream whose writer never stops: several times what a pipe holds.
const LAST_READ: usize = 1024 * 1024;

/// What a turn left behind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A read is pending; a packet will come.
    Waiting,
    /// There is more to read at once.
    More,
    /// The stream has ended.
    Closed,
}

/// What the system writes while a read is pending. It must not move or be freed then.
struct Pending {
    overlapped: UnsafeCell<OVERLAPPED>,
    buffer: UnsafeCell<[u8; SMALL]>,
}

pub(super) struct Stream {
    token: u64,
    pipe: OwnedHandle,
    memory: Box<Pending>,
    is_pending: bool,
    /// Bytes of a completed small read that the sink has not got yet.
    arrived: usize,
    /// How much may still be read after `finish`.
    finishing: Option<usize>,
    failed: bool,
}

impl Stream {
    pub(super) fn new(token: u64, pipe: OwnedHandle) -> Self {
        let memory = Box::new(Pending {
            overlapped: UnsafeCell::new(OVERLAPPED::default()),
            buffer: UnsafeCell::new([0; SMALL]),
        });
        Self {
            token,
            pipe,
            memory,
            is_pending: false,
            arrived: 0,
            finishing: None,
            failed: false,
        }
    }

    pub(super) fn token(&self) -> u64 {
        self.token
    }

    /// A packet says that the pending read has ended with so many bytes; a failure is found by asking the system.
    pub(super) fn completed(&mut self, bytes: u32) {
        // Not pending: the packet of a read whose end was seen by `settle` before.
        if self.is_pending {
            self.is_pending = false;
            self.arrived = bytes as usize;
        }
    }

    /// Reads what is there and closes then. `true`: a turn is due now; `false`: the end of the pending read brings it.
    pub(super) fn finish(&mut self) -> bool {
        if self.finishing.is_some() {
            return false;
        }
        self.finishing = Some(LAST_READ);
        // One that is not pending waits for its turn already, and another one does no harm.
        self.cancel()
    }

    /// Ends the pending read. `true`: it has ended; `false`: its packet will come.
    pub(super) fn cancel(&mut self) -> bool {
        if self.is_pending {
            // SAFETY: the pipe is open and the structure is that of the pending read. A read that has ended just now is no error.
            unsafe { CancelIoEx(self.pipe.as_raw_handle(), self.memory.overlapped.get()) };
        }
        self.settle()
    }

    /// Whether no read is pending, by what the system has written and without a packet. Wine loses the packet of a read whose
    /// pipe breaks in the moment the read begins. Only for a stream that begins no other read after this: the packet may come
    /// yet, and would be taken for the next read's.
    pub(super) fn settle(&mut self) -> bool {
        if self.is_pending {
            // SAFETY: the structure is allocated; the system may write to it at the same time, hence volatile. The status is
            // written after the count, and nothing is written after the status.
            let status = unsafe { (&raw const (*self.memory.overlapped.get()).Internal).read_volatile() };
            if status == STATUS_PENDING as usize {
                return false;
            }
            std::sync::atomic::fence(std::sync::atomic::Ordering::Acquire);
            // SAFETY: the read has ended, so the system writes no more.
            let bytes = unsafe { (&raw const (*self.memory.overlapped.get()).InternalHigh).read() };
            self.completed(u32::try_from(bytes).unwrap_or(0));
        }
        true
    }

    /// Passes on what is there, a bounded amount. `event` is for this call alone.
    pub(super) fn turn(&mut self, sink: &mut dyn OutputSink, event: &OwnedHandle) -> Turn {
        if self.is_pending {
            // A turn that was asked for twice.
            return Turn::Waiting;
        }
        let mut budget = PER_TURN;
        while budget > 0 {
            let wanted = self.finishing.unwrap_or(usize::MAX).min(budget);
            let available = if self.failed || wanted == 0 {
                0
            } else {
                self.available().min(wanted)
            };
            if available == 0 && self.arrived == 0 {
                break;
            }
            let moved = self.move_to(sink, event, available);
            budget = budget.saturating_sub(moved);
            if let Some(left) = &mut self.finishing {
                *left = left.saturating_sub(moved);
            }
        }
        if self.failed || self.finishing == Some(0) {
            return Turn::Closed;
        }
        if budget == 0 {
            return Turn::More;
        }
        if self.finishing.is_some() {
            Turn::Closed
        } else {
            self.begin_small_read()
        }
    }

    /// Hands the sink the small read's bytes and `available` more, as far as one buffer goes. Answers how many.
    fn move_to(&mut self, sink: &mut dyn OutputSink, event: &OwnedHandle, available: usize) -> usize {
        let mut buffer = sink.buffer();
        if buffer.capacity() < SMALL {
            buffer.reserve(DEFAULT_BUFFER);
        }
        // SAFETY: no read is pending, so nobody else touches the memory; `arrived` bytes of it were written.
        buffer.extend_from_slice(unsafe { &(&*self.memory.buffer.get())[..self.arrived] });
        self.arrived = 0;
        let room = (buffer.capacity() - buffer.len()).min(available);
        if room > 0 {
            let got = self.read_now(&mut buffer.spare_capacity_mut()[..room], event);
            // SAFETY: `got` bytes after the length were just written.
            unsafe { buffer.set_len(buffer.len() + got) };
        }
        let moved = buffer.len();
        if moved == 0 {
            sink.unused(buffer)
        } else {
            sink.data(self.token, buffer)
        }
        moved
    }

    /// How much can be read without waiting. Notes the end of the stream.
    fn available(&mut self) -> usize {
        let mut available = 0;
        // SAFETY: the pipe is open; only the count is asked for, and its place lives through the call.
        let result = check(unsafe {
            PeekNamedPipe(
                self.pipe.as_raw_handle(),
                std::ptr::null_mut(),
                0,
                std::ptr::null_mut(),
                &mut available,
                std::ptr::null_mut(),
            )
        });
        self.failed |= result.is_err();
        available as usize
    }

    /// Reads into `room`, which is no more than what the pipe holds, so this does not wait.
    fn read_now(&mut self, room: &mut [MaybeUninit<u8>], event: &OwnedHandle) -> usize {
        // A set lowest bit of the event tells the system to post no packet for this read.
        let without_packet = event.as_raw_handle().map_addr(|handle| handle | 1);
        let mut overlapped = OVERLAPPED {
            hEvent: without_packet,
            ..OVERLAPPED::default()
        };
        let mut got = 0;
        let pipe = self.pipe.as_raw_handle();
        // SAFETY: `room` and `overlapped` stay until the read has ended: GetOverlappedResult waits for its end.
        let result = unsafe {
            let begun = check(ReadFile(
                pipe,
                room.as_mut_ptr().cast(),
                room.len() as u32,
                std::ptr::null_mut(),
                &mut overlapped,
            ));
            match begun {
                Err(error) if !is_error(&error, ERROR_IO_PENDING) => Err(error),
                _ => check(GetOverlappedResult(pipe, &overlapped, &mut got, 1)),
            }
        };
        self.failed |= result.is_err();
        got as usize
    }

    /// Leaves a small read pending, whose end brings a packet, also when it ends at once.
    fn begin_small_read(&mut self) -> Turn {
        // SAFETY: no read is pending, so the structure is free to be set up again. From here on until the packet has come the
        // memory stays in its box and is not touched; streams with a pending read are never dropped.
        let begun = unsafe {
            *self.memory.overlapped.get() = OVERLAPPED::default();
            check(ReadFile(
                self.pipe.as_raw_handle(),
                self.memory.buffer.get().cast(),
                SMALL as u32,
                std::ptr::null_mut(),
                self.memory.overlapped.get(),
            ))
        };
        match begun {
            Err(error) if !is_error(&error, ERROR_IO_PENDING) => Turn::Closed,
            Err(_) if self.has_failed_at_once() => Turn::Closed,
            _ => {
                self.is_pending = true;
                Turn::Waiting
            }
        }
    }

    /// Whether a read that was said to be pending has failed by now. Its packet, if one comes, finds no stream.
    fn has_failed_at_once(&self) -> bool {
        // SAFETY: as in `settle`.
        let status = unsafe { (&raw const (*self.memory.overlapped.get()).Internal).read_volatile() };
        // The two highest bits of a status say that it is an error.
        (status as u32) >> 30 == 3
    }
}
