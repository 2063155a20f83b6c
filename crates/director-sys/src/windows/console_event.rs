//! Console events and window messages, sent by a short-lived helper process.
//!
//! To raise Ctrl-C on another console a process must give up its own and attach to that one, which is process-wide state: so it
//! happens in a helper, our own executable with a hidden subcommand. WM_CLOSE goes the same way for another reason: a process
//! that has loaded user32.dll is no longer told of the machine's shutdown by a console event, and the director must be.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_GEN_FAILURE, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, STATUS_CONTROL_C_EXIT,
};
use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_BREAK_EVENT, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent,
    SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::DETACHED_PROCESS;
use windows_sys::core::BOOL;

use super::child::{self, ChildRequest};
use super::job::Job;
use super::{check, is_error, process, wait};
use crate::program::windows_command_line;

mod close_windows;

/// How long a helper may take. It only makes a handful of calls; a system that is slower than this has other troubles.
const LIMIT: Duration = Duration::from_secs(3);

/// The helper's exit codes. 0, 1 and 2 are left alone: they also come from programs that never got that far.
const DELIVERED: i32 = 20;
const NO_CONSOLE: i32 = 21;
const GONE: i32 = 22;
const REFUSED: i32 = 23;
const NO_WINDOW: i32 = 24;
const USAGE: i32 = 2;

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    CtrlC,
    CtrlBreak,
    /// WM_CLOSE, to the windows of all processes named.
    Close,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Self::CtrlC => "c",
            Self::CtrlBreak => "break",
            Self::Close => "close",
        }
    }

    fn parse(word: &OsStr) -> Option<Self> {
        [Self::CtrlC, Self::CtrlBreak, Self::Close]
            .into_iter()
            .find(|event| word == event.word())
    }
}

/// What the helper reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    /// The process has no console.
    NoConsole,
    /// The process has ended.
    Gone,
    /// None of the processes has a window.
    NoWindow,
}

struct Helper {
    exe: PathBuf,
    args: Vec<OsString>,
}

static HELPER: Mutex<Option<Helper>> = Mutex::new(None);

pub(crate) fn set_helper(exe: PathBuf, args: Vec<OsString>) {
    let mut helper = HELPER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *helper = Some(Helper { exe, args });
}

/// Sends the event to the console of the one process, or to the windows of all of them. The caller holds handles of these
/// processes, so that the pids stay theirs.
pub(crate) fn send(pids: &[u32], event: Event) -> io::Result<Outcome> {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    let (exe, line) = {
        let helper = HELPER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let helper = helper.as_ref().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                "no program is set that delivers console events",
            )
        })?;
        let mut args = helper.args.clone();
        args.push(pids.join(",").into());
        args.push(event.word().into());
        let line = windows_command_line(&helper.exe, &args).map_err(io::Error::other)?;
        (helper.exe.clone(), line)
    };
    let job = Job::new()?;
    let child = child::create(&ChildRequest {
        application: &exe,
        command_line: &line,
        cwd: None,
        environment: None,
        stdio: None,
        // With no console of its own, it has none to give up.
        flags: DETACHED_PROCESS,
        job: &job,
    })?;
    if !wait::wait_for(
        std::os::windows::io::AsHandle::as_handle(&child.process),
        Some(LIMIT),
    )? {
        // Closing the job ends the helper.
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the helper that delivers console events did not end in time",
        ));
    }
    let code = process::exit_code(&child.process)?;
    match code.cast_signed() {
        DELIVERED => Ok(Outcome::Delivered),
        // It was hit by its own event, so the event was raised.
        code if code == STATUS_CONTROL_C_EXIT => Ok(Outcome::Delivered),
        NO_CONSOLE => Ok(Outcome::NoConsole),
        GONE => Ok(Outcome::Gone),
        NO_WINDOW => Ok(Outcome::NoWindow),
        REFUSED => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the system refused the console event",
        )),
        _ => Err(io::Error::other(format!(
            "the helper that delivers console events ended with code {code}"
        ))),
    }
}

/// The helper's own main: `… PID[,PID…] c|break|close`.
pub(crate) fn helper_main(args: &[OsString]) -> i32 {
    let [.., pids, word] = args else { return USAGE };
    let pids: Option<Vec<u32>> = pids
        .to_str()
        .and_then(|pids| pids.split(',').map(|pid| pid.parse().ok()).collect());
    let (Some(pids), Some(event)) = (pids, Event::parse(word)) else {
        return USAGE;
    };
    let result = match event {
        Event::Close => {
            close_windows::close(&pids).map(|count| if count == 0 { NO_WINDOW } else { DELIVERED })
        }
        Event::CtrlC => pids.first().map_or(Ok(USAGE), |pid| raise(*pid, CTRL_C_EVENT)),
        Event::CtrlBreak => pids
            .first()
            .map_or(Ok(USAGE), |pid| raise(*pid, CTRL_BREAK_EVENT)),
    };
    result.unwrap_or(REFUSED)
}

fn raise(pid: u32, event: u32) -> io::Result<i32> {
    // SAFETY: no arguments. Failure means that there was no console to leave.
    unsafe { FreeConsole() };
    // SAFETY: a plain number.
    if let Err(error) = check(unsafe { AttachConsole(pid) }) {
        return match &error {
            error if is_error(error, ERROR_INVALID_HANDLE) => Ok(NO_CONSOLE),
            error if is_error(error, ERROR_INVALID_PARAMETER) || is_error(error, ERROR_GEN_FAILURE) => {
                Ok(GONE)
            }
            _ => Err(error),
        };
    }
    // Attaching has reset the table of handlers, so this must come after it. It keeps us alive through our own event.
    // SAFETY: the handler is a function of this program and stays valid.
    check(unsafe { SetConsoleCtrlHandler(Some(survive), 1) })?;
    // Group 0 is everybody on this console: only the run, and us. Ctrl-C cannot be sent to any other group.
    // SAFETY: plain numbers.
    check(unsafe { GenerateConsoleCtrlEvent(event, 0) })?;
    Ok(DELIVERED)
}

unsafe extern "system" fn survive(event: u32) -> BOOL {
    (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT).into()
}
