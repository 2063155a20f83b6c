//! Console control events. The system calls the handler on a thread of its own, so it may block.

use std::io;

use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_BREAK_EVENT, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent,
    SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::{Plan, arrived};
use crate::options::Rung;

pub(super) fn install(_plan: &'static Plan) -> io::Result<()> {
    // SAFETY: the handler is a function that lives as long as the process.
    match unsafe { SetConsoleCtrlHandler(Some(on_event), 1) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

unsafe extern "system" fn on_event(event: u32) -> BOOL {
    let rung = match event {
        CTRL_C_EVENT => Rung::CtrlC,
        CTRL_BREAK_EVENT => Rung::CtrlBreak,
        _ => return 0,
    };
    BOOL::from(arrived(rung))
}

pub(super) fn send_to_console(pid: u32, rung: Rung) -> io::Result<()> {
    let event = match rung {
        Rung::CtrlC => CTRL_C_EVENT,
        Rung::CtrlBreak => CTRL_BREAK_EVENT,
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    // SAFETY: plain values only. We ignore Ctrl-C ourselves first; group 0 is all of that console.
    let sent = unsafe {
        FreeConsole();
        AttachConsole(pid) != 0
            && SetConsoleCtrlHandler(None, 1) != 0
            && GenerateConsoleCtrlEvent(event, 0) != 0
    };
    if sent {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
