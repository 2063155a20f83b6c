//! Console control events to the director.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
    SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::OsSignal;
use crate::windows::check;

/// How long the system waits after these events by default (documentation of `HandlerRoutine`).
const BUDGET_MS: u64 = 5_000;

/// Where the handler posts to; `None` while nobody watches.
static POST: Mutex<Option<Sender<OsSignal>>> = Mutex::new(None);

fn post_box() -> MutexGuard<'static, Option<Sender<OsSignal>>> {
    POST.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(crate) struct Watch {
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn start(sink: Box<dyn Fn(OsSignal) + Send>) -> io::Result<Self> {
        let mut post = post_box();
        if post.is_some() {
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
        let (sender, receiver): (_, Receiver<OsSignal>) = channel();
        let thread = thread::Builder::new()
            .name("signals".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || receiver.into_iter().for_each(sink))?;
        *post = Some(sender);
        Ok(Self { thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread ends with the last sender. The handler stays, so that the events stay caught.
        drop(post_box().take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // A panic of the sink has been reported by the panic hook.
            let _ = thread.join();
        }
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
    let reported = post_box()
        .as_ref()
        .is_some_and(|sender| sender.send(signal).is_ok());
    if reported && matches!(signal, OsSignal::Shutdown { .. }) {
        // The system ends the process as soon as this returns, so it does not: the end of the director's own main ends this
        // thread with all others, and the system's patience bounds it.
        loop {
            thread::park();
        }
    }
    1
}
