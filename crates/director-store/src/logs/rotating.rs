//! One service's log: whole lines from two streams, limits, and losses that are said.
//!
//! Complete lines are written as they come, in one write per chunk. The beginning of a line is held back for a moment, so
//! that the other stream does not write into its middle; when it must be written unfinished and the other stream comes
//! next, a line end is put between and the index says so. Every byte of a service is kept exactly as it was.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use director_core::spec::{LogSpec, ServiceName};

use super::Stream;
use super::file::LogFile;
use super::index::{ADDED, CONTINUES, FILLER};
use super::limits::{bounded, fitting, pair_limit};
use super::lost::{Lost, Moment};
use super::names;
use super::tail::Tail;
use crate::stamp;

/// The unfinished line of a stream is held back for so long …
const HOLD: Duration = Duration::from_millis(200);
/// … and up to this size.
const HOLD_BYTES: usize = 64 << 10;
/// After a failure the file is tried again this late.
const RETRY: Duration = Duration::from_secs(1);

/// The log of one service. It opens its files with the first output, so that a silent service costs nothing.
#[derive(Debug)]
pub struct RotatingLog {
    folder: PathBuf,
    spec: LogSpec,
    file: Option<LogFile>,
    streams: [StreamState; 2],
    retry_at: Option<(Instant, String)>,
    unmarked: Lost,
    last_rotation_ms: i64,
    to_compress: Vec<PathBuf>,
    tail: Option<Arc<Tail>>,
    stamped: Vec<u8>,
    known: bool,
}

#[derive(Debug, Default)]
struct StreamState {
    held: Vec<u8>,
    held_since: Option<Instant>,
    /// What was passed on last did not end a line.
    open: bool,
    /// That line is counted as lost already.
    counted: bool,
}

impl StreamState {
    /// What is lost of `bytes` when only the first `written` are kept. A line that comes in parts is counted once.
    fn lost(&mut self, continues: bool, bytes: &[u8], written: usize, because: &str) -> Lost {
        let (kept, gone) = bytes.split_at(written);
        let mut lost = Lost::of(gone, because);
        if self.counted && continues && !gone.is_empty() && !kept.contains(&b'\n') {
            lost.lines -= 1;
        }
        self.counted = match gone.last() {
            Some(last) => *last != b'\n',
            None => self.counted && continues && !kept.contains(&b'\n'),
        };
        lost
    }
}

impl RotatingLog {
    /// The log of `service` under `log_dir`. Touches nothing yet.
    #[must_use]
    pub fn new(log_dir: &Path, service: &ServiceName, spec: LogSpec) -> Self {
        Self {
            folder: log_dir.join(service.as_str()),
            spec: bounded(spec),
            file: None,
            streams: [StreamState::default(), StreamState::default()],
            retry_at: None,
            unmarked: Lost::default(),
            last_rotation_ms: i64::MIN,
            to_compress: Vec::new(),
            tail: None,
            stamped: Vec::new(),
            known: false,
        }
    }

    pub(crate) fn with_tail(mut self, tail: Arc<Tail>) -> Self {
        self.tail = Some(tail);
        self
    }

    /// Changes the limits for what comes.
    pub fn set_spec(&mut self, spec: LogSpec) {
        self.spec = bounded(spec);
    }

    /// Takes output of `stream` ([`Stream::Stdout`] or [`Stream::Stderr`]).
    ///
    /// # Errors
    /// What could not be kept, and why. The log goes on: it tries its files again at most once a second, and the first
    /// thing it then writes is a line that says how much is missing.
    pub fn write(&mut self, stream: Stream, bytes: &[u8], now: Moment) -> Result<(), Lost> {
        let slot = slot(stream);
        let complete = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let (lines, rest) = bytes.split_at(complete);
        let mut lost = Lost::default();
        if !lines.is_empty() {
            lost.add(self.release(stream, now));
            lost.add(self.emit(stream, lines, now));
        }
        let state = &mut self.streams[slot];
        if state.held.len() + rest.len() > HOLD_BYTES {
            lost.add(self.release(stream, now));
            lost.add(self.emit(stream, rest, now));
        } else if !rest.is_empty() {
            state.held.extend_from_slice(rest);
            state.held_since.get_or_insert(now.at);
        }
        into_result(lost)
    }

    /// When [`Self::flush_partial`] is to be called; none while nothing is held back.
    #[must_use]
    pub fn pending_deadline(&self) -> Option<Instant> {
        self.streams
            .iter()
            .filter_map(|state| state.held_since)
            .min()
            .map(|since| since + HOLD)
    }

    /// Writes the unfinished lines whose time has come.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn flush_partial(&mut self, now: Moment) -> Result<(), Lost> {
        let mut lost = Lost::default();
        for stream in [Stream::Stdout, Stream::Stderr] {
            if self.streams[slot(stream)]
                .held_since
                .is_some_and(|since| now.at >= since + HOLD)
            {
                lost.add(self.release(stream, now));
            }
        }
        into_result(lost)
    }

    /// The stream has ended: writes its unfinished line. What comes next is a new line.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn end_stream(&mut self, stream: Stream, now: Moment) -> Result<(), Lost> {
        let lost = self.release(stream, now);
        let state = &mut self.streams[slot(stream)];
        (state.open, state.counted) = (false, false);
        state.held = Vec::new();
        into_result(lost)
    }

    /// Ends both streams and closes the files. Further output opens them again.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn close(&mut self, now: Moment) -> Result<(), Lost> {
        let mut lost = self.end_stream(Stream::Stdout, now).err().unwrap_or_default();
        lost.add(self.end_stream(Stream::Stderr, now).err().unwrap_or_default());
        self.file = None;
        into_result(lost)
    }

    /// Notes a loss that happened before the output came here (a full queue), and marks it in the file if that can be
    /// written now; else with the next thing written.
    pub fn note_lost(&mut self, lost: Lost, now: Moment) {
        self.unmarked.add(lost);
        if self.waits(now).is_none()
            && let Err(error) = self.ready(now)
        {
            self.fail(&error, now);
        }
    }

    /// A rotated file that is to be compressed with [`super::compress`].
    pub fn next_to_compress(&mut self) -> Option<PathBuf> {
        self.to_compress.pop()
    }

    /// Passes on what was held back.
    fn release(&mut self, stream: Stream, now: Moment) -> Lost {
        let state = &mut self.streams[slot(stream)];
        state.held_since = None;
        if state.held.is_empty() {
            return Lost::default();
        }
        let mut held = std::mem::take(&mut state.held);
        let lost = self.emit(stream, &held, now);
        held.clear();
        held.shrink_to(4096);
        self.streams[slot(stream)].held = held;
        lost
    }

    /// To the tail and to the file.
    fn emit(&mut self, stream: Stream, bytes: &[u8], now: Moment) -> Lost {
        let Some(last) = bytes.last() else {
            return Lost::default();
        };
        let state = &mut self.streams[slot(stream)];
        let continues = std::mem::replace(&mut state.open, *last != b'\n');
        let mut stamped = std::mem::take(&mut self.stamped);
        let bytes = if self.spec.timestamps {
            stamp_lines(&mut stamped, bytes, continues, now.wall_ms);
            &stamped
        } else {
            bytes
        };
        if let Some(tail) = &self.tail {
            tail.push(bytes);
        }
        let (written, because) = match self.waits(now) {
            Some(because) => (0, because),
            None => match self.append(stream, continues, bytes, now) {
                Ok(()) => (bytes.len(), String::new()),
                Err((written, error)) => (written, self.fail(&error, now)),
            },
        };
        let lost = self.streams[slot(stream)].lost(continues, bytes, written, &because);
        self.unmarked.add(lost.clone());
        stamped.clear();
        stamped.shrink_to(64 << 10);
        self.stamped = stamped;
        lost
    }

    /// The reason, while the files are not to be tried yet.
    fn waits(&self, now: Moment) -> Option<String> {
        self.retry_at
            .as_ref()
            .filter(|(at, _)| now.at < *at)
            .map(|(_, because)| because.clone())
    }

    fn fail(&mut self, error: &io::Error, now: Moment) -> String {
        self.file = None;
        let because = match error.kind() {
            io::ErrorKind::StorageFull => "no space left on device".to_owned(),
            _ => error.to_string(),
        };
        self.retry_at = Some((now.at + RETRY, because.clone()));
        because
    }

    fn append(
        &mut self,
        stream: Stream,
        continues: bool,
        bytes: &[u8],
        now: Moment,
    ) -> Result<(), (usize, io::Error)> {
        self.ready(now).map_err(|error| (0, error))?;
        self.end_open_line(Some(stream).filter(|_| continues), now)
            .map_err(|error| (0, error))?;
        let mut at = 0;
        while at < bytes.len() {
            let Some(file) = &mut self.file else {
                self.file = Some(LogFile::open(&self.folder).map_err(|error| (at, error))?);
                continue;
            };
            let take = fitting(file, self.spec.max_file_bytes, &bytes[at..]);
            if take == 0 {
                self.rotate(now).map_err(|error| (at, error))?;
                continue;
            }
            let inside = if at == 0 {
                continues
            } else {
                bytes[at - 1] != b'\n'
            };
            let flags = if inside && file.open_line.is_none() {
                CONTINUES
            } else {
                0
            };
            file.put(stream, flags, &bytes[at..at + take], now.wall_ms)
                .map_err(|(written, error)| (at + written, error))?;
            at += take;
        }
        Ok(())
    }

    /// Opens the files if needed and marks what was lost.
    fn ready(&mut self, now: Moment) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(LogFile::open(&self.folder)?);
            if !self.known {
                // What cannot be tidied is no reason to lose lines; it is tried again with the next opening.
                self.known = self.tidy().is_ok();
            }
        }
        self.retry_at = None;
        if self.unmarked.is_nothing() {
            return Ok(());
        }
        self.end_open_line(None, now)?;
        let time = if self.spec.timestamps {
            stamp::rfc3339(now.wall_ms) + " "
        } else {
            String::new()
        };
        let Lost {
            lines,
            bytes,
            because,
        } = &self.unmarked;
        let marker = format!("{time}[director: {lines} lines ({bytes} bytes) were not kept: {because}]\n");
        if let Some(file) = &mut self.file {
            file.put(Stream::Director, 0, marker.as_bytes(), now.wall_ms)
                .map_err(|(_, error)| error)?;
        }
        if let Some(tail) = &self.tail {
            tail.push(marker.as_bytes());
        }
        self.unmarked = Lost::default();
        Ok(())
    }

    /// Puts a line end after an unfinished line, unless `going_on` is the stream that goes on with it.
    fn end_open_line(&mut self, going_on: Option<Stream>, now: Moment) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let Some(open) = file.open_line.filter(|open| Some(*open) != going_on) else {
            return Ok(());
        };
        let goes_on_later = match open {
            Stream::Stdout | Stream::Stderr => self.streams[slot(open)].open && going_on != Some(open),
            Stream::Unknown | Stream::Director => false,
        };
        let flags = if goes_on_later { FILLER } else { ADDED };
        file.put(open, flags, b"\n", now.wall_ms)
            .map_err(|(_, error)| error)
    }

    fn rotate(&mut self, now: Moment) -> io::Result<()> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        // Names are in the order of rotation, also when the clock was set back.
        self.last_rotation_ms = now.wall_ms.max(self.last_rotation_ms.saturating_add(1));
        let rotated = file.rotate(&self.folder, self.last_rotation_ms)?;
        if self.spec.gzip {
            self.to_compress.push(rotated);
        }
        // What cannot be removed now is tried again with the next rotation; no line is lost for it.
        let _ = self.remove_oldest();
        Ok(())
    }

    /// Once per director: learns the newest name, finishes what a crash left, and applies limits that have changed.
    fn tidy(&mut self) -> io::Result<()> {
        let files = names::list(&self.folder)?;
        if let Some(newest) = files.last() {
            self.last_rotation_ms = newest.at_ms;
        }
        if self.spec.gzip {
            self.to_compress
                .extend(files.into_iter().filter(|file| !file.gzip).map(|file| file.path));
        }
        self.remove_oldest()
    }

    /// Removes the oldest files until, with a full current file, the total keeps its limit.
    fn remove_oldest(&self) -> io::Result<()> {
        let budget = self
            .spec
            .max_total_bytes
            .saturating_sub(pair_limit(self.spec.max_file_bytes));
        let files = names::list(&self.folder)?;
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        for file in &files {
            if total <= budget {
                break;
            }
            // One that cannot be removed (held open on Windows) is tried again at the next rotation.
            if crate::files::remove_if_there(&file.path).is_ok() {
                let _ = crate::files::remove_if_there(&file.index());
                total -= file.bytes;
            }
        }
        Ok(())
    }
}

fn slot(stream: Stream) -> usize {
    usize::from(stream == Stream::Stderr)
}

fn into_result(lost: Lost) -> Result<(), Lost> {
    if lost.is_nothing() { Ok(()) } else { Err(lost) }
}

fn stamp_lines(out: &mut Vec<u8>, bytes: &[u8], continues: bool, unix_ms: i64) {
    let time = stamp::rfc3339(unix_ms) + " ";
    out.clear();
    out.reserve(bytes.len() + time.len());
    let mut inside = continues;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !inside {
            out.extend_from_slice(time.as_bytes());
        }
        out.extend_from_slice(line);
        inside = false;
    }
}
