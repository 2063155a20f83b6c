//! WM_CLOSE to the windows of some processes. user32.dll is loaded on use, in the helper only.

use std::io;
use std::mem::transmute;

use windows_sys::Win32::Foundation::{HMODULE, HWND, LPARAM, WPARAM};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{GET_WINDOW_CMD, GW_OWNER, WM_CLOSE, WNDENUMPROC};
use windows_sys::core::{BOOL, PWSTR};

use crate::windows::check;
use crate::windows::text::{from_wide, wide};

/// Posts WM_CLOSE to the visible top-level windows of these processes; to the hidden ones when none is visible (a program in the
/// notification area has only such). Answers how many were reached.
pub(super) fn close(pids: &[u32]) -> io::Result<usize> {
    let user32 = User32::load()?;
    let mut search = Search {
        user32: &user32,
        pids,
        visible: Vec::new(),
        hidden: Vec::new(),
    };
    // SAFETY: the callback gets the pointer to `search` back during this call only, and `search` lives through it.
    check(unsafe { (user32.enum_windows)(Some(visit), std::ptr::from_mut(&mut search) as LPARAM) })?;
    let windows = if search.visible.is_empty() {
        search.hidden
    } else {
        search.visible
    };
    let mut reached = 0;
    for window in windows {
        // SAFETY: a window that has gone meanwhile is answered by an error.
        if unsafe { (user32.post_message)(window, WM_CLOSE, 0, 0) } != 0 {
            reached += 1;
        }
    }
    Ok(reached)
}

struct Search<'a> {
    user32: &'a User32,
    pids: &'a [u32],
    visible: Vec<HWND>,
    hidden: Vec<HWND>,
}

unsafe extern "system" fn visit(window: HWND, search: LPARAM) -> BOOL {
    // SAFETY: the pointer that `close` passed, for the duration of its call.
    let search = unsafe { &mut *(search as *mut Search<'_>) };
    let user32 = search.user32;
    let mut pid = 0;
    let mut class = [0_u16; 64];
    // SAFETY: the window was just enumerated; one that has gone yields zeros. The buffers have the lengths passed.
    let (owned, visible) = unsafe {
        (user32.get_pid)(window, &mut pid);
        (user32.get_class)(window, class.as_mut_ptr(), class.len() as i32);
        (
            !(user32.get_window)(window, GW_OWNER).is_null(),
            (user32.is_visible)(window) != 0,
        )
    };
    // A console's window claims to belong to the program in it, and closing it kills rather than asks.
    let class = from_wide(&class);
    let is_console = class == "ConsoleWindowClass" || class == "PseudoConsoleWindow";
    if search.pids.contains(&pid) && !owned && !is_console {
        if visible {
            search.visible.push(window)
        } else {
            search.hidden.push(window)
        }
    }
    1
}

type EnumWindowsFn = unsafe extern "system" fn(WNDENUMPROC, LPARAM) -> BOOL;
type GetPidFn = unsafe extern "system" fn(HWND, *mut u32) -> u32;
type GetClassFn = unsafe extern "system" fn(HWND, PWSTR, i32) -> i32;
type GetWindowFn = unsafe extern "system" fn(HWND, GET_WINDOW_CMD) -> HWND;
type IsVisibleFn = unsafe extern "system" fn(HWND) -> BOOL;
type PostMessageFn = unsafe extern "system" fn(HWND, u32, WPARAM, LPARAM) -> BOOL;

struct User32 {
    enum_windows: EnumWindowsFn,
    get_pid: GetPidFn,
    get_class: GetClassFn,
    get_window: GetWindowFn,
    is_visible: IsVisibleFn,
    post_message: PostMessageFn,
}

impl User32 {
    fn load() -> io::Result<Self> {
        let name = wide("user32.dll")?;
        // SAFETY: the name ends in NUL; the library comes from the system's folder only and is never unloaded.
        let library =
            unsafe { LoadLibraryExW(name.as_ptr(), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) };
        check((!library.is_null()).into())?;
        // SAFETY: each field has the signature that the documentation of the function with this name gives.
        unsafe {
            Ok(Self {
                enum_windows: transmute::<Function, EnumWindowsFn>(function(library, c"EnumWindows")?),
                get_pid: transmute::<Function, GetPidFn>(function(library, c"GetWindowThreadProcessId")?),
                get_class: transmute::<Function, GetClassFn>(function(library, c"GetClassNameW")?),
                get_window: transmute::<Function, GetWindowFn>(function(library, c"GetWindow")?),
                is_visible: transmute::<Function, IsVisibleFn>(function(library, c"IsWindowVisible")?),
                post_message: transmute::<Function, PostMessageFn>(function(library, c"PostMessageW")?),
            })
        }
    }
}

type Function = unsafe extern "system" fn() -> isize;

fn function(library: HMODULE, name: &core::ffi::CStr) -> io::Result<Function> {
    // SAFETY: the library is loaded and the name ends in NUL.
    unsafe { GetProcAddress(library, name.as_ptr().cast()) }.ok_or_else(io::Error::last_os_error)
}
