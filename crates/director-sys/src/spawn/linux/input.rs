//! Our end of a child's standard input.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use crate::linux::{check, retry};

#[derive(Debug)]
pub(crate) struct InputEnd {
    file: File,
}

impl InputEnd {
    /// The file must be non-blocking.
    pub(super) fn new(file: File) -> Self {
        Self { file }
    }

    pub(crate) fn write_all_bounded(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        let started = Instant::now();
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait_writable(limit.saturating_sub(started.elapsed()))?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn wait_writable(&self, limit: Duration) -> io::Result<()> {
        let timeout_ms = libc::c_int::try_from(limit.as_millis()).unwrap_or(libc::c_int::MAX);
        let mut poll = libc::pollfd {
            fd: self.file.as_raw_fd(),
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: `poll` is one valid pollfd.
        let ready = retry(|| check(unsafe { libc::poll(&raw mut poll, 1, timeout_ms) }))?;
        if ready == 0 {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the program does not read its input",
            ))
        } else {
            Ok(())
        }
    }
}
