//! `director.log`: what the director says about itself, for when nothing else works.
//!
//! It is written from before the config is read. When its folder cannot be written, the temp folder takes its place.
//! Each record is one line, `2026-11-23T22:15:12.123Z LEVEL message`; at 5 MiB the file is renamed to a dated name and
//! the five newest files are kept. It never fails its caller: a line that could not be written is counted and said later.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::files::{FileError, rename_over};
use crate::stamp;

/// A file that reaches this size is rotated.
const MAX_FILE_BYTES: u64 = 5 << 20;
/// Files kept, the current one included.
const MAX_FILES: usize = 5;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was lost or must be looked at.
    Error,
    /// Something is not as it should be.
    Warn,
    /// What happens.
    Info,
    /// What happens in detail; written only when asked for.
    Debug,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN ",
            Self::Info => "INFO ",
            Self::Debug => "DEBUG",
        }
    }
}

/// A line that waits to be written.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its time, in milliseconds since 1970.
    pub unix_ms: i64,
    /// How grave it is.
    pub level: Level,
    /// What it says.
    pub message: String,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// The least grave level that is written.
    pub level: Level,
    /// Whether each line also goes to standard error.
    pub echo: bool,
}

/// The log. A cheap clone writes to the same file; any thread may.
#[derive(Clone, Debug)]
pub struct Log {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: LogOptions,
    sink: Mutex<Sink>,
}

#[derive(Debug)]
struct Sink {
    path: PathBuf,
    file: Option<File>,
    len: u64,
    lost: u64,
    max_file_bytes: u64,
    text: String,
}

/// A log that was opened, and where.
#[derive(Debug)]
pub struct Opened {
    /// The log.
    pub log: Log,
    /// Set when the wished folder could not be used and the temp folder took its place.
    pub fell_back: Option<FileError>,
}

impl Log {
    /// Opens `<log_dir>/director.log` for appending, and `director-<name>.log` in `fallback_dir` (the system's temp
    /// folder) when that is not possible.
    ///
    /// # Errors
    /// Neither is possible: the error of the wished folder.
    pub fn open(
        log_dir: &Path,
        fallback_dir: &Path,
        name: &str,
        options: LogOptions,
    ) -> Result<Opened, FileError> {
        let wished = log_dir.join("director.log");
        let opened = fs::create_dir_all(log_dir).and_then(|()| Sink::open(&wished));
        let error = match opened {
            Ok(sink) => {
                return Ok(Opened {
                    log: Self::new(sink, options),
                    fell_back: None,
                });
            }
            Err(source) => FileError::new("open", &wished, source),
        };
        let safe: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        match Sink::open(&fallback_dir.join(format!("director-{safe}.log"))) {
            Ok(sink) => Ok(Opened {
                log: Self::new(sink, options),
                fell_back: Some(error),
            }),
            Err(_) => Err(error),
        }
    }

    /// A log without a file, to standard error only: for short commands, and for when [`Log::open`] failed.
    #[must_use]
    pub fn to_stderr(level: Level) -> Self {
        Self::new(Sink::none(), LogOptions { level, echo: true })
    }

    fn new(sink: Sink, options: LogOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                sink: Mutex::new(sink),
            }),
        }
    }

    /// The file that is written; empty for a log without one.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.inner
            .sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .path
            .clone()
    }

    /// Writes one line.
    pub fn write(&self, level: Level, message: fmt::Arguments<'_>) {
        if level > self.inner.options.level {
            return;
        }
        let mut sink = self.inner.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp::unix_ms();
        let line = std::iter::once((now, level, message));
        sink.write(now, line, self.inner.options.echo);
    }

    /// Writes several lines at once.
    pub fn write_all(&self, lines: &[Line]) {
        let wanted = |line: &&Line| line.level <= self.inner.options.level;
        let mut lines = lines
            .iter()
            .filter(wanted)
            .map(|line| (line.unix_ms, line.level, &line.message))
            .peekable();
        if lines.peek().is_some() {
            let mut sink = self.inner.sink.lock().unwrap_or_else(PoisonError::into_inner);
            sink.write(stamp::unix_ms(), lines, self.inner.options.echo);
        }
    }

    /// Writes an error.
    pub fn error(&self, message: impl fmt::Display) {
        self.write(Level::Error, format_args!("{message}"));
    }

    /// Writes a warning.
    pub fn warn(&self, message: impl fmt::Display) {
        self.write(Level::Warn, format_args!("{message}"));
    }

    /// Writes what happens.
    pub fn info(&self, message: impl fmt::Display) {
        self.write(Level::Info, format_args!("{message}"));
    }

    /// Writes a detail.
    pub fn debug(&self, message: impl fmt::Display) {
        self.write(Level::Debug, format_args!("{message}"));
    }
}

impl Sink {
    fn none() -> Self {
        let path = PathBuf::new();
        Self {
            path,
            file: None,
            len: 0,
            lost: 0,
            max_file_bytes: MAX_FILE_BYTES,
            text: String::new(),
        }
    }

    fn open(path: &Path) -> io::Result<Self> {
        let file = append(path)?;
        let len = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
            len,
            ..Self::none()
        })
    }

    fn write<M: fmt::Display>(&mut self, now: i64, lines: impl Iterator<Item = (i64, Level, M)>, echo: bool) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        if self.lost > 0 {
            let time = stamp::rfc3339(now);
            let _ = writeln!(text, "{time} WARN  {} lines before this were not kept", self.lost);
        }
        let mut count = 0;
        // Lines that are written together mostly have the same time.
        let mut stamped = (now, stamp::rfc3339(now));
        for (unix_ms, level, message) in lines {
            if stamped.0 != unix_ms {
                stamped = (unix_ms, stamp::rfc3339(unix_ms));
            }
            let _ = write!(text, "{} {} ", stamped.1, level.word());
            let _ = write!(OneLine(&mut text), "{message}");
            text.push('\n');
            count += 1;
        }
        if echo {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
        if !self.path.as_os_str().is_empty() {
            match self.append(now, text.as_bytes()) {
                Ok(()) => self.lost = 0,
                Err(_) => self.lost += count,
            }
        }
        text.shrink_to(4096);
        self.text = text;
    }

    fn append(&mut self, now: i64, line: &[u8]) -> io::Result<()> {
        if self.len >= self.max_file_bytes {
            self.rotate(now);
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(append(&self.path)?),
        };
        // After a failure the file is opened anew with the next line: its folder may have been replaced.
        if let Err(error) = file.write_all(line) {
            self.file = None;
            return Err(error);
        }
        self.len += line.len() as u64;
        Ok(())
    }

    /// Gives the file a dated name. If somebody holds it so that it cannot be renamed, the log goes on in it and tries
    /// again after a quarter of its size.
    fn rotate(&mut self, now: i64) {
        self.file = None;
        let dated = self
            .path
            .with_extension(format!("{}.log", stamp::for_file_name(now)));
        if dated.exists() || rename_over(&self.path, &dated).is_err() {
            self.len -= self.max_file_bytes / 4;
            return;
        }
        self.len = 0;
        remove_oldest(&self.path);
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Removes all but the newest dated files. Best effort: the next rotation tries again.
fn remove_oldest(current: &Path) {
    let Some((folder, stem)) = current
        .parent()
        .zip(current.file_stem().and_then(|stem| stem.to_str()))
    else {
        return;
    };
    let Ok(listing) = fs::read_dir(folder) else { return };
    let prefix = format!("{stem}.");
    let is_dated = |name: &String| {
        name.strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(".log"))
            .is_some_and(|time| stamp::from_file_name(time).is_some())
    };
    let names = listing
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut dated: Vec<String> = names.filter(is_dated).collect();
    dated.sort_unstable();
    let excess = dated.len().saturating_sub(MAX_FILES - 1);
    for name in &dated[..excess] {
        let _ = fs::remove_file(folder.join(name));
    }
}

/// Keeps a message on one line, and harmless on a terminal.
struct OneLine<'a>(&'a mut String);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.chars().any(char::is_control) {
            self.0.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            match c {
                '\n' => self.0.push_str("\\n"),
                '\t' => self.0.push('\t'),
                c if c.is_control() => write!(self.0, "\\u{{{:x}}}", u32::from(c))?,
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
