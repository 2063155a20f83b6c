//! Identities by creation time, read through handles.

use std::io;
use std::os::windows::io::AsHandle;
use std::time::Duration;

use windows_sys::Win32::System::Threading::PROCESS_TERMINATE;

use super::{Killed, ProcessId, ProcessInfo};
use crate::windows::process::{self, Opened};
use crate::windows::wait::wait_for;
use crate::windows::{job, security, snapshot};

pub(crate) fn boot_id() -> io::Result<String> {
    Ok(format!("{:016x}", snapshot::boot_time()?))
}

pub(crate) fn lookup(pid: u32) -> io::Result<Option<ProcessId>> {
    match process::open_to_watch(pid)? {
        Opened::Process(handle) => process::live_identity(pid, &handle),
        Opened::Gone => Ok(None),
        // Somebody else's process: the system's list tells its start without any right to it.
        Opened::Denied => Ok(snapshot::process(pid)?
            .filter(|listed| listed.threads > 0)
            .map(|listed| ProcessId {
                pid,
                start: listed.created,
            })),
    }
}

pub(crate) fn wait_end(id: ProcessId, limit: Duration) -> io::Result<bool> {
    match process::open_exactly(id, 0)? {
        Some(process) => wait_for(process.as_handle(), Some(limit)),
        None => Ok(true),
    }
}

pub(crate) fn kill(id: ProcessId) -> io::Result<Killed> {
    let Some(process) = process::open_exactly(id, PROCESS_TERMINATE)? else {
        return Ok(Killed::AlreadyGone);
    };
    Ok(if process::terminate(&process, job::TERMINATED)? {
        Killed::Done
    } else {
        Killed::AlreadyGone
    })
}

pub(crate) fn describe(pid: u32) -> io::Result<Option<ProcessInfo>> {
    let listed = snapshot::process(pid)?;
    let handle = match process::open_to_watch(pid)? {
        // An object that only somebody's handle keeps alive: it holds nothing any more.
        Opened::Process(handle) if process::has_ended(&handle)? => return Ok(None),
        Opened::Process(handle) => Some(handle),
        Opened::Gone => return Ok(None),
        Opened::Denied => None,
    };
    let start = match (&handle, &listed) {
        (Some(handle), _) => process::created(handle)?,
        (None, Some(listed)) => listed.created,
        (None, None) => return Ok(None),
    };
    // A list made before the pid changed hands says nothing about this process.
    let listed = listed.filter(|listed| listed.created == start);
    let exe = handle.as_ref().and_then(|handle| process::image(handle).ok());
    let name = listed
        .as_ref()
        .map(|listed| listed.name.clone())
        .filter(|name| !name.is_empty())
        .or_else(|| {
            exe.as_ref()
                .and_then(|exe| exe.file_name())
                .map(|name| name.to_string_lossy().into_owned())
        });
    Ok(Some(ProcessInfo {
        id: ProcessId { pid, start },
        name: name.unwrap_or_default(),
        user: handle
            .as_ref()
            .and_then(|handle| security::user_of(handle).ok())
            .map(|user| user.account().to_owned()),
        exe,
        started_unix_ms: process::unix_ms(start),
        frozen: listed.as_ref().is_some_and(|listed| listed.frozen),
        exiting: handle.as_ref().is_some_and(process::is_exiting)
            || listed.as_ref().is_some_and(|listed| listed.threads == 0),
    }))
}

pub(crate) fn find_marked(_mark: &str) -> io::Result<Vec<ProcessId>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "on Windows a tree is its job object and cannot outlive the director",
    ))
}
