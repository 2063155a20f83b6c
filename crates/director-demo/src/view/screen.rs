//! The view itself: what it knows, and the drawing of one frame.

use director_core::journal::JournalEntry;
use director_core::report::DirectorReport;
use director_sys::terminal::Key;

use super::command::Command;
use super::entries::{Entries, UtcOffset};
use super::{frame, keys};

/// Lines of output that are kept.
const OUTPUT_KEPT: usize = 100;

/// What is on the screen.
#[derive(Debug)]
pub struct View {
    size: (u16, u16),
    color: bool,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) report: Option<DirectorReport>,
    pub(super) entries: Entries,
    pub(super) output: Vec<String>,
    pub(super) notice: String,
    pub(super) help: bool,
}

impl View {
    /// An empty view of `size` (columns, rows). Without `color` (see [`super::color_allowed`]) it uses no colours at all.
    #[must_use]
    pub fn new(size: (u16, u16), color: bool, title: &str, url: &str) -> Self {
        Self {
            size,
            color,
            title: title.to_owned(),
            url: url.to_owned(),
            report: None,
            entries: Entries::default(),
            output: Vec::new(),
            notice: String::new(),
            help: false,
        }
    }

    /// Shows clock times in this offset from UTC instead of UTC itself.
    pub fn set_utc_offset(&mut self, offset: UtcOffset) {
        self.entries.offset = offset;
    }

    /// The terminal has another size now.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
    }

    /// One line of feedback to the person: what came of their last key. Empty: none.
    pub fn set_notice(&mut self, text: &str) {
        text.clone_into(&mut self.notice);
    }

    /// Takes in what is now. `journal` may be the latest entries or only the new ones: each number is shown once.
    pub fn apply(&mut self, report: &DirectorReport, journal: &[(u64, JournalEntry)], log_tail: &[String]) {
        self.report = Some(report.clone());
        self.entries.add(journal);
        let first = log_tail.len().saturating_sub(OUTPUT_KEPT);
        self.output = log_tail[first..].to_vec();
    }

    /// What a key asks for; `None`: nothing. Opening and closing the help is done here, and told so that a frame is drawn.
    pub fn key(&mut self, key: Key) -> Option<Command> {
        let command = keys::command(key, self.help)?;
        if command == Command::OpenHelp {
            self.help = !self.help;
        }
        Some(command)
    }

    /// The whole screen as text that is written over the screen before it, without clearing first and so without flicker.
    #[must_use]
    pub fn render(&self) -> String {
        let (columns, rows) = (usize::from(self.size.0), usize::from(self.size.1));
        // The last column stays free: "erase to the end of the line" behind a full line would erase its last character.
        let width = columns.saturating_sub(1);
        let lines = if self.help {
            frame::help(self, width, rows)
        } else {
            frame::main(self, width, rows)
        };
        let mut text = String::from("\x1b[H");
        for (index, line) in lines.iter().take(rows).enumerate() {
            if index > 0 {
                text.push_str("\r\n");
            }
            line.write(&mut text, width, self.color);
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        text
    }
}
