//! What several Linux capabilities share: thin, safe wrappers around the kernel's interfaces.

pub(crate) mod epoll;
pub(crate) mod mark;
pub(crate) mod pidfd;
pub(crate) mod procfs;
pub(crate) mod signals;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Turns the C convention of -1 and `errno` into a result.
pub(crate) fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// As [`check`], for the wider results of raw system calls and transfers; the number is never negative.
pub(crate) fn check_count(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Repeats a call that a signal interrupted.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A panic in one holder must not end the supervision of everything else; every guarded value here is valid between any
/// two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a thread that was told to end, unless it is the one that waits (a value dropped by its own sink).
pub(crate) fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
        // A panic of the thread was reported by the panic hook; there is nothing left to do for it.
        let _ = thread.join();
    }
}
