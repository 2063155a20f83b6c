//! A hidden top-level window: a program that ends by WM_CLOSE.

use crate::options::Options;

/// The window exists when this returns.
pub(crate) fn open(options: &Options) {
    if options.window {
        system::open();
    }
}

#[cfg(unix)]
mod system {
    pub(super) fn open() {
        crate::die(crate::EXIT_USAGE, "--window exists on Windows only");
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::process::exit;
    use std::sync::mpsc;

    use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
    use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
    use windows_sys::Win32::UI::WindowsAndMessaging::{
        CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, RegisterClassW, WM_CLOSE, WNDCLASSW,
        WS_OVERLAPPEDWINDOW,
    };
    use windows_sys::w;

    const EXIT_CLOSED: i32 = 7;

    pub(super) fn open() {
        let (sender, opened) = mpsc::channel();
        // Messages go to the thread that made the window.
        std::thread::spawn(move || {
            let created = create();
            let failed = created.is_err();
            if sender.send(created).is_ok() && !failed {
                pump();
            }
        });
        match opened.recv() {
            Ok(Ok(())) => {}
            other => crate::die(crate::EXIT_SETUP, &format!("cannot open a window: {other:?}")),
        }
    }

    fn create() -> io::Result<()> {
        let class_name = w!("rogue");
        // SAFETY: the class structure is plain data for which zero is valid; the strings are constants;
        // the window procedure is a function of this program.
        let window = unsafe {
            let instance = GetModuleHandleW(std::ptr::null());
            let mut class: WNDCLASSW = std::mem::zeroed();
            class.lpfnWndProc = Some(on_message);
            class.hInstance = instance;
            class.lpszClassName = class_name;
            if RegisterClassW(&class) == 0 {
                return Err(io::Error::last_os_error());
            }
            let (none, nothing) = (std::ptr::null_mut(), std::ptr::null());
            // Never shown: WS_VISIBLE is missing.
            CreateWindowExW(
                0,
                class_name,
                w!("rogue"),
                WS_OVERLAPPEDWINDOW,
                0,
                0,
                9,
                9,
                none,
                none,
                instance,
                nothing,
            )
        };
        if window.is_null() {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    fn pump() {
        // SAFETY: the message structure is plain data, filled by GetMessageW before it is used.
        unsafe {
            let mut message = std::mem::zeroed();
            while GetMessageW(&mut message, std::ptr::null_mut(), 0, 0) > 0 {
                DispatchMessageW(&message);
            }
        }
    }

    unsafe extern "system" fn on_message(window: HWND, message: u32, w: WPARAM, l: LPARAM) -> LRESULT {
        if message == WM_CLOSE {
            if !crate::rungs::window_close_arrived() {
                exit(EXIT_CLOSED);
            }
            return 0;
        }
        // SAFETY: the system's own arguments, passed on.
        unsafe { DefWindowProcW(window, message, w, l) }
    }
}
