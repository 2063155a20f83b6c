//! Console control events to the director.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
    SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::OsSignal;
use crate::windows::check;

/// How long the system waits after these events by default (documentation of `HandlerRoutine`).
const BUDGET_MS: u64 = 5_000;

type Sink = Box<dyn Fn(OsSignal) + Send>;

/// Who is told; `None` while nobody watches.
static SINK: Mutex<Option<Sink>> = Mutex::new(None);

fn sink() -> MutexGuard<'static, Option<Sink>> {
    // A panic of the sink was reported by the panic hook; the next event reaches it all the same.
    SINK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The handler runs in a thread that the system makes for each event, so the watch needs none.
#[derive(Debug)]
pub(crate) struct Watch;

impl Watch {
    pub(crate) fn start(told: Sink) -> io::Result<Self> {
        let mut sink = sink();
        if sink.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "signals are watched already",
            ));
        }
        // SAFETY: the handler is a function of this program and stays valid. Adding it again replaces nothing and removes
        // nothing, so a later watch takes the handler of an earlier one away first.
        unsafe { SetConsoleCtrlHandler(Some(handle), 0) };
        // SAFETY: as above.
        check(unsafe { SetConsoleCtrlHandler(Some(handle), 1) })?;
        *sink = Some(told);
        Ok(Self)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The handler stays, so that the events stay caught.
        drop(sink().take());
    }
}

/// Called by the system in a thread of its own.
unsafe extern "system" fn handle(event: u32) -> BOOL {
    let signal = match event {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => OsSignal::Interrupt,
        CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT => OsSignal::Shutdown {
            budget_ms: Some(BUDGET_MS),
        },
        _ => return 0,
    };
    let reported = sink().as_ref().is_some_and(|told| {
        // A panic must not leave a function that the system has called.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| told(signal))).is_ok()
    });
    if reported && matches!(signal, OsSignal::Shutdown { .. }) {
        // The system ends the process as soon as this returns, so it does not: the end of the director's own main ends this
        // thread with all others, and the system's patience bounds it.
        loop {
            thread::park();
        }
    }
    1
}
