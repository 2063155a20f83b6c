//! A completion port: the one place where a thread of ours sleeps for many things.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::time::Duration;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE, WAIT_TIMEOUT};
use windows_sys::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatusEx, OVERLAPPED_ENTRY, PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::Threading::INFINITE;

use super::{check, is_error, own};

/// How many packets one wait takes.
const BATCH: usize = 64;

/// A completion port that any thread may post to and one thread waits on.
#[derive(Debug)]
pub(crate) struct CompletionPort(OwnedHandle);

impl CompletionPort {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: without a file handle the call creates a port and takes no other object.
        let handle = unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, std::ptr::null_mut(), 0, 1) };
        // SAFETY: `handle` is the call's fresh result; null on failure.
        unsafe { own(handle) }.map(Self)
    }

    /// Completions of `file` arrive here under `key` from now on.
    pub(crate) fn associate(&self, file: impl AsHandle, key: usize) -> io::Result<()> {
        let file = file.as_handle().as_raw_handle();
        // SAFETY: both handles are open; the result is the port's own handle again, which must not be owned twice.
        let result = unsafe { CreateIoCompletionPort(file, self.0.as_raw_handle(), key, 0) };
        check((!result.is_null()).into())
    }

    pub(crate) fn post(&self, key: usize) -> io::Result<()> {
        post(self.raw(), key)
    }

    /// The port's handle, for system structures that refer to it; it lives as long as `self`.
    pub(crate) fn raw(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    /// Sleeps until something arrives or `limit` is over; `None` waits without end. Answers the packets, none when the time is over.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> io::Result<Vec<Packet>> {
        let milliseconds = limit.map_or(INFINITE, |limit| {
            // Rounded up, or a timer would be asked for a little too early again and again.
            u32::try_from(limit.as_micros().div_ceil(1_000))
                .unwrap_or(INFINITE)
                .min(INFINITE - 1)
        });
        let mut entries = [OVERLAPPED_ENTRY::default(); BATCH];
        let mut count = 0;
        // SAFETY: `entries` has room for BATCH entries and both out parameters live through the call.
        let result = check(unsafe {
            GetQueuedCompletionStatusEx(
                self.raw(),
                entries.as_mut_ptr(),
                BATCH as u32,
                &mut count,
                milliseconds,
                0,
            )
        });
        match result {
            Ok(()) => Ok(entries[..count as usize].iter().map(Packet::of).collect()),
            Err(error) if is_error(&error, WAIT_TIMEOUT) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Posts a packet to the port behind a raw handle, for callbacks that cannot borrow.
pub(crate) fn post(port: HANDLE, key: usize) -> io::Result<()> {
    // SAFETY: the call takes the values as they are; a stale handle is answered by an error.
    check(unsafe { PostQueuedCompletionStatus(port, 0, key, std::ptr::null()) })
}

/// What arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// The key of the file, job or post.
    pub(crate) key: usize,
    /// Bytes moved; for a job the kind of message.
    pub(crate) bytes: u32,
    /// Whether it completes an operation (and is no post).
    pub(crate) is_operation: bool,
}

impl Packet {
    fn of(entry: &OVERLAPPED_ENTRY) -> Self {
        Self {
            key: entry.lpCompletionKey,
            bytes: entry.dwNumberOfBytesTransferred,
            is_operation: !entry.lpOverlapped.is_null(),
        }
    }
}
