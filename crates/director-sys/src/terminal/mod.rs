//! The terminal of a person: colours, size, single keys.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::sync::mpsc::Receiver;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// Ctrl-C or Ctrl-Break as a key; it raises no signal while keys are read.
    CtrlC,
    /// The input has ended.
    End,
}

/// Raw keys; the terminal is put back as it was on drop.
#[derive(Debug)]
pub struct Keys {
    receiver: Receiver<Key>,
    _inner: imp::RawMode,
}

impl Keys {
    /// Switches the terminal to single keys without echo, and reads them in a thread of its own.
    ///
    /// # Errors
    /// `Unsupported` when the standard input is no terminal; otherwise what the system said.
    pub fn start() -> io::Result<Self> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let inner = imp::RawMode::start(sender)?;
        Ok(Self {
            receiver,
            _inner: inner,
        })
    }

    /// Where the keys arrive.
    pub fn receiver(&self) -> &Receiver<Key> {
        &self.receiver
    }
}

/// Columns and rows of the terminal at standard output; `None` when it is no terminal.
pub fn size() -> Option<(u16, u16)> {
    imp::size()
}

/// Makes the terminal understand escape sequences. `false`: it does not, write plain text. Linux: `true` unless `TERM` says `dumb`.
pub fn enable_vt() -> bool {
    imp::enable_vt()
}
