//! The Restart Manager, which installers ask. It is loaded when it is needed: few directors ever do.
//!
//! Only asked, never told to end anything. A session belongs to the user, who may have 64 of them, so that it is ended whatever
//! happens (documentation of `RmStartSession`).

use std::io;

use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, FreeLibrary, HMODULE};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};
use windows_sys::Win32::System::RestartManager::{CCH_RM_SESSION_KEY, RM_PROCESS_INFO, RM_UNIQUE_PROCESS};
use windows_sys::core::{PCWSTR, PWSTR};

use super::{Seen, Target};
use crate::windows::os_error;
use crate::windows::text::wide;

type Start = unsafe extern "system" fn(*mut u32, u32, PWSTR) -> u32;
type Register = unsafe extern "system" fn(
    u32,
    u32,
    *const PCWSTR,
    u32,
    *const RM_UNIQUE_PROCESS,
    u32,
    *const PCWSTR,
) -> u32;
type List = unsafe extern "system" fn(u32, *mut u32, *mut u32, *mut RM_PROCESS_INFO, *mut u32) -> u32;
type End = unsafe extern "system" fn(u32) -> u32;

/// Processes come and go between two calls: asked again at most so often.
const TRIES: usize = 8;

pub(super) fn find(files: &[Target<'_>]) -> Seen {
    let mut seen = Seen::default();
    let manager = match Manager::load() {
        Ok(manager) => manager,
        Err(error) => {
            seen.partial = Some(format!("the Restart Manager cannot be loaded: {error}"));
            return seen;
        }
    };
    for file in files {
        match manager.processes(file) {
            Ok(pids) => seen.holders.extend(pids.into_iter().map(|pid| (pid, file.index))),
            Err(error) => {
                seen.partial = Some(format!(
                    "the Restart Manager does not tell who uses {}: {error}",
                    file.path.display()
                ));
            }
        }
    }
    seen
}

/// The library with the functions that are used.
struct Manager {
    library: HMODULE,
    start: Start,
    register: Register,
    list: List,
    end: End,
}

impl Drop for Manager {
    fn drop(&mut self) {
        // SAFETY: the library was loaded by us once, and none of its functions runs.
        unsafe { FreeLibrary(self.library) };
    }
}

impl Manager {
    fn load() -> io::Result<Self> {
        let name = wide("rstrtmgr.dll")?;
        // SAFETY: the name ends in a NUL and lives through the call. Only the system's own folder is searched.
        let library =
            unsafe { LoadLibraryExW(name.as_ptr(), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) };
        if library.is_null() {
            return Err(io::Error::last_os_error());
        }
        let function = |name: &std::ffi::CStr| {
            // SAFETY: the library is loaded and the name ends in a NUL.
            unsafe { GetProcAddress(library, name.as_ptr().cast()) }.ok_or_else(io::Error::last_os_error)
        };
        let found = (|| {
            let (start, register) = (function(c"RmStartSession")?, function(c"RmRegisterResources")?);
            let (list, end) = (function(c"RmGetList")?, function(c"RmEndSession")?);
            // SAFETY: these are the documented signatures of the functions of these names.
            unsafe {
                Ok(Self {
                    library,
                    start: std::mem::transmute::<unsafe extern "system" fn() -> isize, Start>(start),
                    register: std::mem::transmute::<unsafe extern "system" fn() -> isize, Register>(register),
                    list: std::mem::transmute::<unsafe extern "system" fn() -> isize, List>(list),
                    end: std::mem::transmute::<unsafe extern "system" fn() -> isize, End>(end),
                })
            }
        })();
        if found.is_err() {
            // SAFETY: loaded above, and nothing of it is used.
            unsafe { FreeLibrary(library) };
        }
        found
    }

    fn processes(&self, file: &Target<'_>) -> io::Result<Vec<u32>> {
        let mut session = 0;
        let mut key = [0_u16; CCH_RM_SESSION_KEY as usize + 1];
        // SAFETY: the buffer has the documented size, and both out parameters live through the call.
        answer(unsafe { (self.start)(&mut session, 0, key.as_mut_ptr()) })?;
        let listed = self.list(session, file);
        // SAFETY: the session was started above and is ended once.
        unsafe { (self.end)(session) };
        listed
    }

    fn list(&self, session: u32, file: &Target<'_>) -> io::Result<Vec<u32>> {
        let path = wide(std::path::absolute(file.path)?)?;
        let names = [path.as_ptr()];
        // SAFETY: one name, which ends in a NUL and lives through the call; the other lists are empty.
        answer(unsafe {
            (self.register)(
                session,
                1,
                names.as_ptr(),
                0,
                std::ptr::null(),
                0,
                std::ptr::null(),
            )
        })?;
        let mut room = 16_u32;
        for _ in 0..TRIES {
            let mut list = vec![RM_PROCESS_INFO::default(); room as usize];
            let (mut needed, mut given, mut reasons) = (0, room, 0);
            // SAFETY: the list has room for as many entries as `given` says; all out parameters live through the call.
            let code =
                unsafe { (self.list)(session, &mut needed, &mut given, list.as_mut_ptr(), &mut reasons) };
            if code == ERROR_MORE_DATA {
                room = needed.saturating_add(8).min(64 * 1024);
                continue;
            }
            answer(code)?;
            list.truncate(given as usize);
            return Ok(list.iter().map(|info| info.Process.dwProcessId).collect());
        }
        Err(os_error(ERROR_MORE_DATA))
    }
}

fn answer(code: u32) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(os_error(code)) }
}
