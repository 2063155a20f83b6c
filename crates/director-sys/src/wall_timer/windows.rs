//! A waitable timer on the wall clock, and an event for calls.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{
    CancelWaitableTimer, CreateEventW, CreateWaitableTimerW, INFINITE, SetEvent, SetWaitableTimer,
    WaitForMultipleObjects,
};

use super::Woken;
use crate::windows::{check, own};

/// From 1601, where the system's time begins, to 1970.
const EPOCH_MS: i64 = 11_644_473_600_000;
/// The system counts in 100 ns.
const UNITS_PER_MS: i64 = 10_000;

#[derive(Debug)]
pub(super) struct WallTimer {
    timer: OwnedHandle,
    call: OwnedHandle,
}

impl WallTimer {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: without attributes and a name the call makes a new timer; it resets itself when a wait ends.
        let timer = unsafe { own(CreateWaitableTimerW(std::ptr::null(), 0, std::ptr::null())) }?;
        // SAFETY: the same for an event that resets itself and is not signalled.
        let call = unsafe { own(CreateEventW(std::ptr::null(), 0, 0, std::ptr::null())) }?;
        Ok(Self { timer, call })
    }

    pub(super) fn sleep_until(&self, unix_ms: Option<i64>) -> io::Result<Woken> {
        match unix_ms {
            Some(ms) => self.set(ms)?,
            // SAFETY: the handle is ours and open.
            None => check(unsafe { CancelWaitableTimer(self.timer.as_raw_handle()) })?,
        }
        let objects = [self.call.as_raw_handle(), self.timer.as_raw_handle()];
        // SAFETY: both handles are open through the call and the count is theirs.
        match unsafe { WaitForMultipleObjects(2, objects.as_ptr(), 0, INFINITE) } {
            WAIT_OBJECT_0 => Ok(Woken::Called),
            other if other == WAIT_OBJECT_0 + 1 => Ok(Woken::Due),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn set(&self, unix_ms: i64) -> io::Result<()> {
        // Positive is absolute and negative relative, so nothing before 1601 may come through. Setting it takes an earlier
        // signal back.
        let due = unix_ms
            .saturating_add(EPOCH_MS)
            .saturating_mul(UNITS_PER_MS)
            .max(1);
        // SAFETY: the handle is ours and open, and `due` lives through the call; there is no completion routine.
        check(unsafe {
            SetWaitableTimer(
                self.timer.as_raw_handle(),
                &raw const due,
                0,
                None,
                std::ptr::null(),
                0,
            )
        })
    }

    pub(super) fn call(&self) {
        // SAFETY: the handle is ours and open. The call cannot fail for an event that we may modify.
        unsafe { SetEvent(self.call.as_raw_handle()) };
    }
}
