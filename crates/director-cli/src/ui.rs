//! Where commands write, and what that can show.

use std::io::{self, IsTerminal, Write};

use crate::failure::Failure;

/// The two outputs of a command. Results go to `out`; progress, warnings and errors to `err`.
pub struct Ui {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Whether the standard output is a terminal.
    pub(crate) out_terminal: bool,
    /// Whether the standard error is a terminal that understands escape sequences.
    pub(crate) err_terminal: bool,
    /// Whether colours may be used.
    pub(crate) color: bool,
    /// Whether colours may be used on the standard error.
    pub(crate) err_color: bool,
    /// Columns; none when nothing should be cut.
    pub(crate) width: Option<usize>,
    /// `-v`.
    pub(crate) verbose: bool,
}

impl Ui {
    /// The process's own outputs.
    pub(crate) fn standard(no_color: bool, verbose: bool) -> Self {
        let out_terminal = io::stdout().is_terminal();
        let err_terminal = io::stderr().is_terminal();
        let escapes = (out_terminal || err_terminal) && director_sys::terminal::enable_vt();
        // The convention of no-color.org: set and not empty.
        let wanted = !no_color && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let width = out_terminal.then(director_sys::terminal::size).flatten();
        Self {
            out: Box::new(io::BufWriter::new(io::stdout())),
            err: Box::new(io::stderr()),
            out_terminal,
            err_terminal: err_terminal && escapes,
            color: wanted && escapes && out_terminal,
            err_color: wanted && escapes && err_terminal,
            width: width
                .map(|(columns, _)| usize::from(columns))
                .filter(|columns| *columns > 0),
            verbose,
        }
    }

    /// Writes to the given places; for tests.
    #[must_use]
    pub fn plain(out: Box<dyn Write>, err: Box<dyn Write>) -> Self {
        Self {
            out,
            err,
            out_terminal: false,
            err_terminal: false,
            color: false,
            err_color: false,
            width: None,
            verbose: false,
        }
    }

    /// Writes a result, to the last byte.
    ///
    /// # Errors
    /// The output is closed or full.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.print_bytes(text.as_bytes())
    }

    /// The same for bytes that need not be text.
    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes)?;
        self.out.flush()?;
        Ok(())
    }

    /// Writes a value as indented JSON.
    pub(crate) fn print_json<T: serde::Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.print(&format!("{text}\n"))
    }

    /// Writes a value as one line of JSON.
    pub(crate) fn print_json_line<T: serde::Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(io::Error::other)?;
        self.print(&format!("{text}\n"))
    }

    /// Says something beside the result. A standard error that nobody reads is no reason to fail.
    pub(crate) fn say(&mut self, text: &str) {
        self.write_err(&format!("{text}\n"));
    }

    /// In one piece, so that lines of several programs do not mix.
    fn write_err(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
        let _ = self.err.flush();
    }

    /// Replaces the present line of the terminal; an empty text clears it. Does nothing on anything else.
    pub(crate) fn say_over(&mut self, text: &str) {
        if self.err_terminal {
            self.write_err(&format!("\r\x1b[K{text}"));
        }
    }

    pub(crate) fn warn(&mut self, text: &str) {
        self.say(&format!("warning: {text}"));
    }

    pub(crate) fn fail(&mut self, failure: &Failure) {
        let mut text = String::new();
        if !failure.message.is_empty() {
            text.push_str(&format!("error: {}\n", failure.message));
        }
        for hint in &failure.hints {
            text.push_str(&format!("hint: {hint}\n"));
        }
        self.write_err(&text);
    }
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}
