//! Waiting for many file descriptors at once, and waking that wait from another thread.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::signals::Mask;
use super::{check, retry};

/// How many events one wait fetches.
const BATCH: usize = 128;

/// An epoll instance; every registration carries a `u64` key.
#[derive(Debug)]
pub(crate) struct Epoll {
    fd: OwnedFd,
}

/// The room for one batch of events.
pub(crate) struct Events {
    room: Vec<libc::epoll_event>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            room: vec![libc::epoll_event { events: 0, u64: 0 }; BATCH],
        }
    }
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1 takes no pointers.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd })
    }

    /// Reports `fd` under `key` whenever it is readable or hung up (level-triggered).
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, key: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: key,
        };
        // SAFETY: both descriptors are open for the duration of the call, and `event` is valid for reading.
        check(unsafe {
            libc::epoll_ctl(
                self.fd.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                fd.as_raw_fd(),
                &raw mut event,
            )
        })?;
        Ok(())
    }

    /// Stops reporting `fd`. That it was not registered is no error.
    pub(crate) fn remove(&self, fd: BorrowedFd<'_>) {
        // SAFETY: both descriptors are open for the duration of the call; the event argument is ignored for DEL.
        let _ = unsafe {
            libc::epoll_ctl(
                self.fd.as_raw_fd(),
                libc::EPOLL_CTL_DEL,
                fd.as_raw_fd(),
                std::ptr::null_mut(),
            )
        };
    }

    /// Fills `events` and returns the keys that are ready; waits for the first one if `block`.
    pub(crate) fn wait<'e>(
        &self,
        events: &'e mut Events,
        block: bool,
    ) -> io::Result<impl Iterator<Item = u64> + use<'e>> {
        self.wait_masked(events, block, std::ptr::null())
    }

    /// The same, with this mask of signals in place of the thread's own for as long as it waits.
    pub(crate) fn wait_taking<'e>(
        &self,
        events: &'e mut Events,
        mask: &Mask,
    ) -> io::Result<impl Iterator<Item = u64> + use<'e>> {
        self.wait_masked(events, true, mask.as_ptr())
    }

    fn wait_masked<'e>(
        &self,
        events: &'e mut Events,
        block: bool,
        mask: *const libc::sigset_t,
    ) -> io::Result<impl Iterator<Item = u64> + use<'e>> {
        let timeout_ms = if block { -1 } else { 0 };
        let capacity = libc::c_int::try_from(events.room.len()).unwrap_or(libc::c_int::MAX);
        let count = retry(|| {
            // SAFETY: the pointer and length describe a live, exclusively borrowed buffer of epoll_event; the mask is null, for
            // the thread's own, or a valid set that outlives the call.
            check(unsafe {
                libc::epoll_pwait(
                    self.fd.as_raw_fd(),
                    events.room.as_mut_ptr(),
                    capacity,
                    timeout_ms,
                    mask,
                )
            })
        })?;
        Ok(events.room[..usize::try_from(count).unwrap_or(0)]
            .iter()
            .map(|event| event.u64))
    }
}

/// Wakes a thread that waits in [`Epoll::wait`].
#[derive(Debug)]
pub(crate) struct Wake {
    file: File,
}

impl Wake {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
        let file = unsafe { File::from_raw_fd(fd) };
        Ok(Self { file })
    }

    /// Many wakes before the other side looks are one.
    pub(crate) fn wake(&self) {
        // The only failure is a full counter, and then a wake is pending already.
        let _ = (&self.file).write(&1_u64.to_ne_bytes());
    }

    pub(crate) fn drain(&self) {
        let _ = (&self.file).read(&mut [0; 8]);
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
