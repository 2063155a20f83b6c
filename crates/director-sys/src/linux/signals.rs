//! Signals as bytes in a stream, so that a thread can wait for them like for anything else.

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use signal_hook::SigId;

/// Reports each signal as one byte, its number, until dropped. The signals stay caught afterwards: their default action, which
/// may end the process, does not come back.
#[derive(Debug)]
pub(crate) struct SignalStream {
    reader: UnixStream,
    registered: Vec<SigId>,
}

impl SignalStream {
    pub(crate) fn new(signals: &[libc::c_int]) -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        let mut stream = Self {
            reader,
            registered: Vec::new(),
        };
        for signal in signals {
            let writer = OwnedFd::from(writer.try_clone()?);
            let byte = u8::try_from(*signal).map_err(io::Error::other)?;
            let action = move || {
                // SAFETY: __errno_location has no preconditions; write-like calls are async-signal-safe, the descriptor is owned
                // by this closure and the byte outlives the call. A full stream is fine: the reader has plenty to read.
                // `send` with MSG_NOSIGNAL avoids SIGPIPE; errno is put back for the code that was interrupted.
                unsafe {
                    let errno = libc::__errno_location();
                    let saved = *errno;
                    libc::send(
                        writer.as_raw_fd(),
                        (&raw const byte).cast(),
                        1,
                        libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT,
                    );
                    *errno = saved;
                }
            };
            // SAFETY: the action makes async-signal-safe calls only; it neither allocates, locks nor panics.
            stream
                .registered
                .push(unsafe { signal_hook::low_level::register(*signal, action) }?);
        }
        Ok(stream)
    }

    /// The signals that arrived since the last call; never waits.
    pub(crate) fn drain(&self) -> Vec<u8> {
        let mut arrived = Vec::new();
        let mut buffer = [0; 64];
        while let Ok(count @ 1..) = (&self.reader).read(&mut buffer) {
            arrived.extend_from_slice(&buffer[..count]);
        }
        arrived
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// Which signals a thread does not take.
#[derive(Clone, Copy)]
pub(crate) struct Mask(libc::sigset_t);

impl Mask {
    /// Adds `signal` to the mask of this thread and of the threads that it starts from now on. Answers the mask as it is
    /// without `signal`, for a wait that takes it.
    pub(crate) fn block(signal: libc::c_int) -> io::Result<Self> {
        // SAFETY: an all-zero sigset_t is a valid place for sigemptyset, and the two calls write to it alone.
        let set = unsafe {
            let mut set: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, signal);
            set
        };
        // SAFETY: as above; the place is filled by pthread_sigmask.
        let mut without: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: both sets are valid and live through the call, which changes this thread's mask alone.
        match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut without) } {
            0 => {}
            code => return Err(io::Error::from_raw_os_error(code)),
        }
        // SAFETY: the set was filled by the call above.
        unsafe { libc::sigdelset(&raw mut without, signal) };
        Ok(Self(without))
    }

    pub(crate) fn as_ptr(&self) -> *const libc::sigset_t {
        &raw const self.0
    }
}

impl Drop for SignalStream {
    fn drop(&mut self) {
        for id in &self.registered {
            signal_hook::low_level::unregister(*id);
        }
    }
}
