//! Console control events. The system calls the handler on a thread of its own, so it may block.

use std::io;

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
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
