//! The console by its modes and input records.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use windows_sys::Win32::Foundation::{HANDLE, WAIT_OBJECT_0};
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, CONSOLE_SCREEN_BUFFER_INFO, ENABLE_ECHO_INPUT, ENABLE_EXTENDED_FLAGS, ENABLE_LINE_INPUT,
    ENABLE_PROCESSED_INPUT, ENABLE_PROCESSED_OUTPUT, ENABLE_QUICK_EDIT_MODE, ENABLE_VIRTUAL_TERMINAL_INPUT,
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetConsoleScreenBufferInfo, GetStdHandle,
    INPUT_RECORD, KEY_EVENT, KEY_EVENT_RECORD, ReadConsoleInputW, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    SetConsoleMode,
};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, SetEvent, WaitForMultipleObjects};

use super::Key;
use crate::windows::{check, own};

/// The changed console and the thread that reads it.
#[derive(Debug)]
pub(crate) struct RawMode {
    before: CONSOLE_MODE,
    stop: Arc<OwnedHandle>,
    thread: Option<JoinHandle<()>>,
}

impl RawMode {
    pub(crate) fn start(sender: Sender<Key>) -> io::Result<Self> {
        let before = mode(STD_INPUT_HANDLE).map_err(|error| {
            io::Error::new(
                io::ErrorKind::Unsupported,
                format!("the standard input is no terminal: {error}"),
            )
        })?;
        // SAFETY: no attributes, manual reset, not signalled, no name; the fresh handle is owned at once.
        let stop = Arc::new(unsafe { own(CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()))? });
        // Selecting with the mouse would make every write to the console wait.
        let cleared = ENABLE_ECHO_INPUT
            | ENABLE_LINE_INPUT
            | ENABLE_PROCESSED_INPUT
            | ENABLE_QUICK_EDIT_MODE
            | ENABLE_VIRTUAL_TERMINAL_INPUT;
        set_mode(STD_INPUT_HANDLE, before & !cleared | ENABLE_EXTENDED_FLAGS)?;
        let mut raw = Self {
            before,
            stop: Arc::clone(&stop),
            thread: None,
        };
        // A failure drops `raw`, which puts the console back.
        raw.thread = Some(
            thread::Builder::new()
                .name("keys".to_owned())
                .stack_size(128 * 1024)
                .spawn(move || read_keys(&stop, &sender))?,
        );
        Ok(raw)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // If the console is gone there is nothing to put back.
        let _ = set_mode(STD_INPUT_HANDLE, self.before | ENABLE_EXTENDED_FLAGS);
        // SAFETY: the event is open as long as `self`.
        unsafe { SetEvent(self.stop.as_raw_handle()) };
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

fn read_keys(stop: &OwnedHandle, sender: &Sender<Key>) {
    let input = standard(STD_INPUT_HANDLE);
    let mut high_surrogate = None;
    loop {
        let objects = [input, stop.as_raw_handle()];
        // SAFETY: both handles stay open through the call: the process's own input, and the event that we hold.
        if unsafe { WaitForMultipleObjects(2, objects.as_ptr(), 0, INFINITE) } != WAIT_OBJECT_0 {
            break;
        }
        let mut records = [INPUT_RECORD::default(); 32];
        let mut count = 0;
        // SAFETY: the array has the length that is passed; the out parameter lives through the call. It does not wait, since the
        // input is signalled.
        if check(unsafe { ReadConsoleInputW(input, records.as_mut_ptr(), records.len() as u32, &mut count) })
            .is_err()
        {
            break;
        }
        for record in records
            .iter()
            .take(count as usize)
            .filter(|record| u32::from(record.EventType) == KEY_EVENT)
        {
            // SAFETY: the type of the record says that the union holds a key.
            let event = unsafe { record.Event.KeyEvent };
            if let Some(key) = key(&event, &mut high_surrogate)
                && sender.send(key).is_err()
            {
                return;
            }
        }
    }
    // Nobody listening is fine.
    let _ = sender.send(Key::End);
}

/// The key of a record; a release, and a key without a meaning here, is none.
fn key(event: &KEY_EVENT_RECORD, high_surrogate: &mut Option<u16>) -> Option<Key> {
    /// `VK_CANCEL`: Ctrl-Break.
    const CANCEL: u16 = 3;
    if event.bKeyDown == 0 {
        return None;
    }
    if event.wVirtualKeyCode == CANCEL {
        return Some(Key::CtrlC);
    }
    // SAFETY: both members of the union are plain numbers; the wide functions fill this one.
    let unit = unsafe { event.uChar.UnicodeChar };
    match unit {
        0x03 => Some(Key::CtrlC),
        // Ctrl-D and Ctrl-Z: the end of the input, on either system's habit.
        0x04 | 0x1a => Some(Key::End),
        0x0a | 0x0d => Some(Key::Enter),
        0x1b => Some(Key::Escape),
        0xd800..0xdc00 => {
            *high_surrogate = Some(unit);
            None
        }
        _ => {
            let units = high_surrogate.take().into_iter().chain([unit]);
            let character = char::decode_utf16(units).next()?.ok()?;
            (!character.is_control()).then_some(Key::Char(character))
        }
    }
}

fn standard(which: u32) -> HANDLE {
    // SAFETY: a plain number; the handle stays the process's own.
    unsafe { GetStdHandle(which) }
}

fn mode(which: u32) -> io::Result<CONSOLE_MODE> {
    let mut mode = 0;
    // SAFETY: what is no console is answered by an error; the out parameter lives through the call.
    check(unsafe { GetConsoleMode(standard(which), &mut mode) })?;
    Ok(mode)
}

fn set_mode(which: u32, mode: CONSOLE_MODE) -> io::Result<()> {
    // SAFETY: plain values; what is no console is answered by an error.
    check(unsafe { SetConsoleMode(standard(which), mode) })
}

pub(crate) fn size() -> Option<(u16, u16)> {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: what is no console is answered by an error; the out parameter lives through the call.
    check(unsafe { GetConsoleScreenBufferInfo(standard(STD_OUTPUT_HANDLE), &mut info) }).ok()?;
    // The window, not the buffer behind it, which may have thousands of rows.
    let window = info.srWindow;
    let columns = u16::try_from(i32::from(window.Right) - i32::from(window.Left) + 1).ok()?;
    let rows = u16::try_from(i32::from(window.Bottom) - i32::from(window.Top) + 1).ok()?;
    (columns > 0 && rows > 0).then_some((columns, rows))
}

pub(crate) fn enable_vt() -> bool {
    mode(STD_OUTPUT_HANDLE).is_ok_and(|mode| {
        set_mode(
            STD_OUTPUT_HANDLE,
            mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING,
        )
        .is_ok()
    })
}
