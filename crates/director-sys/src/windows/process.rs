//! Opening processes and reading what their handles tell.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER, FILETIME, STILL_ACTIVE};
use windows_sys::Win32::System::Threading::{
    GetExitCodeProcess, GetProcessTimes, OpenProcess, PROCESS_ACCESS_RIGHTS,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, QueryFullProcessImageNameW, TerminateProcess,
};

use super::{check, is_error, own, text, wait};
use crate::identity::ProcessId;

/// 100 ns units from 1601-01-01 to 1970-01-01.
const UNIX_EPOCH_FILETIME: u64 = 116_444_736_000_000_000;

/// What [`open`] found.
#[derive(Debug)]
pub(crate) enum Opened {
    /// The process, alive or ended.
    Process(OwnedHandle),
    /// No such process.
    Gone,
    /// It exists and may not be opened with these rights.
    Denied,
}

pub(crate) fn open(pid: u32, rights: PROCESS_ACCESS_RIGHTS) -> io::Result<Opened> {
    // Pid 0 is the idle process: it cannot be opened, and the call answers as if there were none.
    // SAFETY: plain values; the fresh handle is owned at once.
    match unsafe { own(OpenProcess(rights, 0, pid)) } {
        Ok(handle) => Ok(Opened::Process(handle)),
        Err(error) if is_error(&error, ERROR_INVALID_PARAMETER) => Ok(Opened::Gone),
        Err(error) if is_error(&error, ERROR_ACCESS_DENIED) => Ok(Opened::Denied),
        Err(error) => Err(error),
    }
}

/// Opens for asking and waiting, the rights that [`has_ended`] needs.
pub(crate) fn open_to_watch(pid: u32) -> io::Result<Opened> {
    open(pid, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE)
}

/// The moment the process was created, as a FILETIME: with the pid its identity.
pub(crate) fn created(process: &OwnedHandle) -> io::Result<u64> {
    let mut times = [FILETIME::default(); 4];
    let [created, exited, kernel, user] = &mut times;
    // SAFETY: the handle is open with query rights and the four out parameters live through the call.
    check(unsafe { GetProcessTimes(process.as_raw_handle(), created, exited, kernel, user) })?;
    Ok(filetime(*created))
}

pub(crate) fn filetime(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

pub(crate) fn unix_ms(filetime: u64) -> Option<i64> {
    i64::try_from(filetime.checked_sub(UNIX_EPOCH_FILETIME)? / 10_000).ok()
}

/// Whether the process has ended. By a wait: the exit code 259 looks like "still active".
pub(crate) fn has_ended(process: &OwnedHandle) -> io::Result<bool> {
    wait::is_signalled(process)
}

/// The exit code of a process that has ended.
pub(crate) fn exit_code(process: &OwnedHandle) -> io::Result<u32> {
    let mut code = 0;
    // SAFETY: the handle is open with query rights and the out parameter lives through the call.
    check(unsafe { GetExitCodeProcess(process.as_raw_handle(), &mut code) })?;
    Ok(code)
}

/// Whether a process that has not ended yet has its exit code already: it is on its way out.
pub(crate) fn is_exiting(process: &OwnedHandle) -> bool {
    exit_code(process).is_ok_and(|code| code.cast_signed() != STILL_ACTIVE)
}

/// The live process behind a handle; `None` when it has ended.
pub(crate) fn live_identity(pid: u32, process: &OwnedHandle) -> io::Result<Option<ProcessId>> {
    if has_ended(process)? {
        Ok(None)
    } else {
        Ok(Some(ProcessId {
            pid,
            start: created(process)?,
        }))
    }
}

/// Opens exactly this process, with the rights to ask and wait and `more`. `None` when it has ended.
pub(crate) fn open_exactly(id: ProcessId, more: PROCESS_ACCESS_RIGHTS) -> io::Result<Option<OwnedHandle>> {
    match open(
        id.pid,
        PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE | more,
    )? {
        // The identity is compared after opening: from here on the pid cannot be given away.
        Opened::Process(process) => Ok((live_identity(id.pid, &process)? == Some(id)).then_some(process)),
        Opened::Gone => Ok(None),
        Opened::Denied if crate::identity::lookup(id.pid)? != Some(id) => Ok(None),
        Opened::Denied => Err(super::os_error(ERROR_ACCESS_DENIED)),
    }
}

/// Ends the process behind the handle. `false`: it had ended already.
pub(crate) fn terminate(process: &OwnedHandle, code: u32) -> io::Result<bool> {
    // SAFETY: the handle is open with the right to terminate.
    match check(unsafe { TerminateProcess(process.as_raw_handle(), code) }) {
        Ok(()) => Ok(true),
        // The documented answer for a process that has already ended.
        Err(error)
            if is_error(&error, ERROR_ACCESS_DENIED) && (has_ended(process)? || is_exiting(process)) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The path of the program file.
pub(crate) fn image(process: &OwnedHandle) -> io::Result<PathBuf> {
    let mut buffer = vec![0_u16; 1_024];
    loop {
        let mut length = buffer.len() as u32;
        // SAFETY: `buffer` has room for `length` units.
        let result = check(unsafe {
            QueryFullProcessImageNameW(process.as_raw_handle(), 0, buffer.as_mut_ptr(), &mut length)
        });
        match result {
            Ok(()) => {
                return Ok(PathBuf::from(text::from_wide(&buffer[..length as usize])));
            }
            Err(_) if buffer.len() < 32_768 => buffer.resize(32_768, 0),
            Err(error) => return Err(error),
        }
    }
}
