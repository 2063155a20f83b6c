//! Waiting for an object without a thread of one's own: the system's wait threads post to a completion port.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::sync::Arc;
use std::time::Duration;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{
    INFINITE, RegisterWaitForSingleObject, UnregisterWaitEx, WT_EXECUTEINWAITTHREAD, WT_EXECUTEONLYONCE,
    WaitForSingleObject,
};

use super::check;
use super::completion::{CompletionPort, post};

/// Whether the object becomes signalled within `limit`; `None` waits without end.
pub(crate) fn wait_for(object: BorrowedHandle<'_>, limit: Option<Duration>) -> io::Result<bool> {
    let milliseconds = limit.map_or(INFINITE, |limit| {
        u32::try_from(limit.as_millis())
            .unwrap_or(INFINITE)
            .min(INFINITE - 1)
    });
    // SAFETY: the handle is borrowed, so it is open through the call.
    match unsafe { WaitForSingleObject(object.as_raw_handle(), milliseconds) } {
        WAIT_OBJECT_0 => Ok(true),
        WAIT_TIMEOUT => Ok(false),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether the object is signalled now; for a process: whether it has ended.
pub(crate) fn is_signalled(object: impl AsHandle) -> io::Result<bool> {
    wait_for(object.as_handle(), Some(Duration::ZERO))
}

/// A wait that posts `key` to a port once, when its object is signalled. Dropping it ends the wait; afterwards nothing is posted.
#[derive(Debug)]
pub(crate) struct PostedWait {
    registration: HANDLE,
    context: *mut Context,
    /// Must outlive the registration.
    _object: Arc<OwnedHandle>,
}

// SAFETY: the registration may be ended from any thread, and `context` is only read by the callback until that has happened.
unsafe impl Send for PostedWait {}

#[derive(Debug)]
struct Context {
    port: Arc<CompletionPort>,
    key: usize,
}

impl PostedWait {
    pub(crate) fn new(object: Arc<OwnedHandle>, port: &Arc<CompletionPort>, key: usize) -> io::Result<Self> {
        let context = Box::into_raw(Box::new(Context {
            port: Arc::clone(port),
            key,
        }));
        let mut registration = std::ptr::null_mut();
        // SAFETY: the object is open and is kept open by the value returned; `context` stays allocated until the wait has been
        // unregistered. The callback is short and does not block, as WT_EXECUTEINWAITTHREAD asks.
        let result = check(unsafe {
            RegisterWaitForSingleObject(
                &mut registration,
                object.as_raw_handle(),
                Some(signalled),
                context.cast_const().cast(),
                INFINITE,
                WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE,
            )
        });
        if let Err(error) = result {
            // SAFETY: the registration failed, so nobody else has the pointer.
            drop(unsafe { Box::from_raw(context) });
            return Err(error);
        }
        Ok(Self {
            registration,
            context,
            _object: object,
        })
    }
}

impl Drop for PostedWait {
    fn drop(&mut self) {
        // SAFETY: the registration is ours and unregistered once. INVALID_HANDLE_VALUE makes the call wait for a callback that
        // runs; ours takes no lock, so that cannot deadlock. Even a one-shot wait must be unregistered.
        let ended = check(unsafe { UnregisterWaitEx(self.registration, INVALID_HANDLE_VALUE) });
        if ended.is_ok() {
            // SAFETY: no callback runs or will run; the pointer came from `Box::into_raw`. On failure it is leaked rather than
            // freed under a callback.
            drop(unsafe { Box::from_raw(self.context) });
        }
    }
}

unsafe extern "system" fn signalled(context: *mut core::ffi::c_void, _timed_out: bool) {
    // SAFETY: the pointer is the `Context` of a registration that has not been ended yet.
    let context = unsafe { &*context.cast::<Context>() };
    // A port with no memory for a packet cannot be helped from here; the reaper asks again on its next occasion.
    let _ = post(context.port.raw(), context.key);
}
