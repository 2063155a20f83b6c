//! A timerfd on the wall clock, and an eventfd for calls.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use super::Woken;
use crate::linux::epoll::{Epoll, Events, Wake};
use crate::linux::{check, check_count, retry};

const TIMER: u64 = 0;
const CALL: u64 = 1;

/// The farthest time that is set, in the year 9999: a timer without a time is only there to hear of a set clock.
const NEVER_MS: i64 = 253_000_000_000_000;

#[derive(Debug)]
pub(super) struct WallTimer {
    timer: OwnedFd,
    call: Wake,
    epoll: Epoll,
}

impl WallTimer {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: timerfd_create takes no pointers.
        let fd = check(unsafe {
            libc::timerfd_create(libc::CLOCK_REALTIME, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK)
        })?;
        // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
        let timer = unsafe { OwnedFd::from_raw_fd(fd) };
        let (call, epoll) = (Wake::new()?, Epoll::new()?);
        epoll.add(timer.as_fd(), TIMER)?;
        epoll.add(call.fd(), CALL)?;
        Ok(Self { timer, call, epoll })
    }

    pub(super) fn sleep_until(&self, unix_ms: Option<i64>) -> io::Result<Woken> {
        // A time of zero would disarm the timer; any time that is past is due at once.
        self.set(unix_ms.unwrap_or(NEVER_MS).clamp(1, NEVER_MS))?;
        let mut events = Events::new();
        loop {
            let ready: Vec<u64> = self.epoll.wait(&mut events, true)?.collect();
            if ready.contains(&CALL) {
                self.call.drain();
                return Ok(Woken::Called);
            }
            match self.expired() {
                Ok(()) => return Ok(Woken::Due),
                // "If the clock was set": timerfd_create(2) on TFD_TIMER_CANCEL_ON_SET.
                Err(error) if error.raw_os_error() == Some(libc::ECANCELED) => return Ok(Woken::ClockSet),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn set(&self, unix_ms: i64) -> io::Result<()> {
        let none = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let at = libc::timespec {
            tv_sec: unix_ms / 1_000,
            tv_nsec: unix_ms % 1_000 * 1_000_000,
        };
        let time = libc::itimerspec {
            it_interval: none,
            it_value: at,
        };
        let flags = libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET;
        let set = || {
            // SAFETY: the descriptor is ours and open, `time` is valid for reading, and the old value is not asked for.
            check(unsafe {
                libc::timerfd_settime(
                    self.timer.as_raw_fd(),
                    flags,
                    &raw const time,
                    std::ptr::null_mut(),
                )
            })
        };
        match set() {
            // A clock that was set since the last sleep is told here; the timer is armed all the same (fs/timerfd.c).
            Err(error) if error.raw_os_error() == Some(libc::ECANCELED) => set().map(drop),
            other => other.map(drop),
        }
    }

    fn expired(&self) -> io::Result<()> {
        let mut count = 0_u64;
        retry(|| {
            // SAFETY: the buffer is eight bytes, as a timerfd writes.
            check_count(unsafe {
                libc::read(self.timer.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>())
            })
        })?;
        Ok(())
    }

    pub(super) fn call(&self) {
        self.call.wake();
    }
}
