//! Our end of a child's standard input.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_IO_PENDING, ERROR_NO_DATA, ERROR_OPERATION_ABORTED,
};
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::CreateEventW;

use crate::windows::{check, is_error, own, wait};

/// The writing end of a pipe, overlapped so that a write can be given up.
#[derive(Debug)]
pub(crate) struct InputEnd {
    pipe: OwnedHandle,
}

impl InputEnd {
    pub(crate) fn new(pipe: OwnedHandle) -> Self {
        Self { pipe }
    }

    pub(crate) fn write_all_bounded(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        let until = Instant::now() + limit;
        // SAFETY: no attributes, manual reset, not signalled, no name; the fresh handle is owned at once.
        let event = unsafe { own(CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()))? };
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.write(rest, &event, until)?;
            rest = &rest[written..];
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], event: &OwnedHandle, until: Instant) -> io::Result<usize> {
        let pipe = self.pipe.as_raw_handle();
        let mut overlapped = OVERLAPPED {
            hEvent: event.as_raw_handle(),
            ..OVERLAPPED::default()
        };
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        // SAFETY: `bytes` and `overlapped` stay where they are until the operation has ended: the code below does not return
        // before GetOverlappedResult, told to wait, has seen its end.
        let begun = check(unsafe {
            WriteFile(
                pipe,
                bytes.as_ptr(),
                length,
                std::ptr::null_mut(),
                &mut overlapped,
            )
        });
        let mut timed_out = false;
        match begun {
            Err(error) if is_error(&error, ERROR_IO_PENDING) => {
                let left = until.saturating_duration_since(Instant::now());
                // An error of the wait is handled like the end of the time, so that the operation surely ends.
                timed_out = !wait::wait_for(event.as_handle(), Some(left)).unwrap_or(false);
                if timed_out {
                    // SAFETY: the operation is ours. It may have ended just now; then there is nothing to cancel.
                    unsafe { CancelIoEx(pipe, &overlapped) };
                }
            }
            Err(error) => return Err(closed(error)),
            Ok(()) => {}
        }
        let mut written = 0;
        // SAFETY: the operation was begun with this structure; waiting makes sure that it has ended.
        match check(unsafe { GetOverlappedResult(pipe, &overlapped, &mut written, 1) }) {
            Ok(()) => Ok(written as usize),
            Err(error) if timed_out && is_error(&error, ERROR_OPERATION_ABORTED) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the program did not read its standard input in time",
            )),
            Err(error) => Err(closed(error)),
        }
    }
}

fn closed(error: io::Error) -> io::Error {
    if is_error(&error, ERROR_NO_DATA) || is_error(&error, ERROR_BROKEN_PIPE) {
        io::Error::new(io::ErrorKind::BrokenPipe, error)
    } else {
        error
    }
}
