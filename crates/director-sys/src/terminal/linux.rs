//! The terminal by termios.

use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::Key;
use crate::linux::check;
use crate::linux::epoll::{Epoll, Events, Wake};

const KEY_INPUT: u64 = 0;
const KEY_WAKE: u64 = 1;

/// The changed terminal and the thread that reads it.
pub(crate) struct RawMode {
    before: libc::termios,
    wake: Arc<Wake>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for RawMode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RawMode").finish_non_exhaustive()
    }
}

impl RawMode {
    pub(crate) fn start(sender: Sender<Key>) -> io::Result<Self> {
        if !io::stdin().is_terminal() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the standard input is no terminal",
            ));
        }
        // A descriptor of our own: the standard library's input has a buffer and a lock that others may hold.
        // SAFETY: F_DUPFD_CLOEXEC takes an integer; descriptor 0 is open, as was just seen.
        let fd = check(unsafe { libc::fcntl(0, libc::F_DUPFD_CLOEXEC, 3) })?;
        // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
        let input = unsafe { OwnedFd::from_raw_fd(fd) };
        let wake = Arc::new(Wake::new()?);
        let stop = Arc::new(AtomicBool::new(false));
        let epoll = Epoll::new()?;
        epoll.add(std::os::fd::AsFd::as_fd(&input), KEY_INPUT)?;
        epoll.add(wake.fd(), KEY_WAKE)?;
        let before = switch(input.as_raw_fd())?;
        let mut mode = Self {
            before,
            wake,
            stop: Arc::clone(&stop),
            thread: None,
        };
        let read = move || read_keys(std::fs::File::from(input), &epoll, &stop, &sender);
        // A failure drops `mode`, which puts the terminal back.
        mode.thread = Some(
            thread::Builder::new()
                .name("keys".to_owned())
                .stack_size(128 << 10)
                .spawn(read)?,
        );
        Ok(mode)
    }
}

/// Single keys, no echo, no signals; output stays as it is. Returns the settings before.
fn switch(fd: libc::c_int) -> io::Result<libc::termios> {
    // SAFETY: termios is plain data for which all zeroes is a valid value.
    let mut before: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the descriptor is open and `before` valid for writing.
    check(unsafe { libc::tcgetattr(fd, &raw mut before) })?;
    let mut raw = before;
    raw.c_lflag &= !(libc::ICANON | libc::ECHO | libc::ISIG | libc::IEXTEN);
    raw.c_iflag &= !(libc::IXON | libc::ICRNL);
    raw.c_cc[libc::VMIN] = 1;
    raw.c_cc[libc::VTIME] = 0;
    // SAFETY: the descriptor is open and `raw` valid for reading.
    check(unsafe { libc::tcsetattr(fd, libc::TCSANOW, &raw const raw) })?;
    Ok(before)
}

fn read_keys(mut input: std::fs::File, epoll: &Epoll, stop: &AtomicBool, sender: &Sender<Key>) {
    let mut events = Events::new();
    while !stop.load(Ordering::Acquire) {
        let Ok(ready) = epoll.wait(&mut events, true).map(Iterator::collect::<Vec<u64>>) else {
            break;
        };
        if !ready.contains(&KEY_INPUT) {
            continue;
        }
        let mut bytes = [0; 64];
        let count = input.read(&mut bytes).unwrap_or(0);
        if count == 0 {
            break;
        }
        for key in keys(&bytes[..count]) {
            if sender.send(key).is_err() {
                return;
            }
        }
    }
    // Nobody listening is fine.
    let _ = sender.send(Key::End);
}

/// What one read brought. Arrow keys and the like come as one piece that begins with escape; they mean nothing here.
fn keys(bytes: &[u8]) -> Vec<Key> {
    if bytes.len() > 1 && bytes[0] == 0x1b {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .filter_map(|character| match character {
            '\u{3}' => Some(Key::CtrlC),
            '\u{4}' => Some(Key::End),
            '\u{1b}' => Some(Key::Escape),
            '\r' | '\n' => Some(Key::Enter),
            other if !other.is_control() => Some(Key::Char(other)),
            _ => None,
        })
        .collect()
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // SAFETY: `before` holds valid settings. If the terminal is gone there is nothing to put back.
        unsafe { libc::tcsetattr(0, libc::TCSANOW, &raw const self.before) };
        self.stop.store(true, Ordering::Release);
        self.wake.wake();
        crate::linux::join(self.thread.take());
    }
}

pub(crate) fn size() -> Option<(u16, u16)> {
    let mut found = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: TIOCGWINSZ stores one winsize through a valid pointer.
    let result = unsafe { libc::ioctl(1, libc::TIOCGWINSZ, &raw mut found) };
    (result == 0 && found.ws_col > 0 && found.ws_row > 0).then_some((found.ws_col, found.ws_row))
}

pub(crate) fn enable_vt() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

#[cfg(test)]
mod tests;
