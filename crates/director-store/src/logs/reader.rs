//! Reading a service's output: the last lines, since a time, of one stream or both; over all its files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use director_core::spec::ServiceName;

use super::Stream;
use super::index::{ADDED, FILLER, IndexReader};
use super::names::{self, CURRENT_INDEX, CURRENT_LOG, Rotated};
use super::segments::{Current, Part, Segments};
use crate::files::FileError;

/// How often a listing that a rotation overtook is made again.
const LISTING_TRIES: u32 = 20;

/// Whose lines are wanted. The director's notes on lost lines belong to every selection; output that nobody can ascribe
/// (its index was lost) too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
    /// The director's notes.
    pub director: bool,
}

impl Selection {
    /// Everything, as the file has it.
    pub const ALL: Self = Self {
        stdout: true,
        stderr: true,
        director: true,
    };
    /// Standard error, and the director's notes.
    pub const STDERR: Self = Self {
        stdout: false,
        stderr: true,
        director: true,
    };
    /// Standard output, and the director's notes.
    pub const STDOUT: Self = Self {
        stdout: true,
        stderr: false,
        director: true,
    };

    pub(crate) fn takes(self, part: &Part<'_>) -> bool {
        if part.flags & FILLER != 0 {
            // Keeps the lines of two streams apart; in one stream alone it would cut a line.
            return self.stdout && self.stderr;
        }
        if part.flags & ADDED != 0 && !self.director {
            return false;
        }
        match part.stream {
            Stream::Stdout => self.stdout,
            Stream::Stderr => self.stderr,
            Stream::Director => self.director,
            Stream::Unknown => true,
        }
    }
}

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Only so many last lines.
    pub last_lines: Option<u64>,
    /// Only what came at this time or later, in Unix milliseconds.
    pub since_unix_ms: Option<i64>,
    /// Whose.
    pub selection: Selection,
}

/// Some output of one stream: any bytes, not cut at lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Whose.
    pub stream: Stream,
    /// When it came (see [`super`] on how exact that is); none if the index was lost.
    pub unix_ms: Option<i64>,
    /// What.
    pub bytes: &'a [u8],
}

/// How far a reader came: where a [`super::Follower`] goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The newest rotated file then, by its time; none if there was none.
    pub(crate) newest_ms: Option<i64>,
    /// The offset in the file that was then current.
    pub(crate) offset: u64,
}

/// What a reading found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How far it came.
    pub position: Position,
    /// What is wrong: damaged indexes and files. The rest was read all the same.
    pub warnings: Vec<String>,
}

/// A file to read, and how much of it.
struct Source {
    path: PathBuf,
    file: Which,
    from: u64,
    end: u64,
}

enum Which {
    Rotated { gzip: bool },
    Current(Current),
}

/// Reads what `query` asks for, oldest first, and hands it to `each`. A service without output has nothing to read; that is
/// no error. Works while a director writes, and when none runs.
///
/// # Errors
/// The folder cannot be listed, or `each` failed.
pub fn read(
    log_dir: &Path,
    service: &ServiceName,
    query: &Query,
    mut each: impl FnMut(Chunk<'_>) -> io::Result<()>,
) -> Result<Summary, FileError> {
    let folder = log_dir.join(service.as_str());
    let failed = |source| FileError::new("read logs in", &folder, source);
    let (mut sources, position) = sources(&folder, query.since_unix_ms).map_err(failed)?;
    let mut summary = Summary {
        position,
        warnings: Vec::new(),
    };
    let mut skip_lines = 0;
    if let Some(wanted) = query.last_lines {
        skip_lines = keep_last(&mut sources, wanted, query.selection);
    }
    for source in &sources {
        let outcome = scan(source, query.selection, |chunk| {
            let bytes = after_lines(chunk.bytes, &mut skip_lines);
            if bytes.is_empty() {
                Ok(())
            } else {
                each(Chunk { bytes, ..chunk })
            }
        });
        match outcome {
            Ok(warning) => summary.warnings.extend(warning),
            Err(Failure::Sink(error)) => return Err(failed(error)),
            Err(Failure::File(error)) => summary
                .warnings
                .push(format!("{}: {error}", source.path.display())),
        }
    }
    Ok(summary)
}

/// The files of a folder, oldest first, from `since` on.
fn sources(folder: &Path, since: Option<i64>) -> io::Result<(Vec<Source>, Position)> {
    let (rotated, current) = snapshot(folder)?;
    let position = Position {
        newest_ms: rotated.last().map(|file| file.at_ms),
        offset: current.as_ref().map_or(0, |current| current.len),
    };
    let mut found = Vec::new();
    // Everything in a file is older than its rotation.
    for file in rotated
        .iter()
        .filter(|file| since.is_none_or(|since| file.at_ms >= since))
    {
        let from = since.map_or(Some(0), |since| start(File::open(file.index()), since));
        let which = Which::Rotated { gzip: file.gzip };
        found.extend(from.map(|from| Source {
            path: file.path.clone(),
            file: which,
            from,
            end: u64::MAX,
        }));
    }
    if let Some(current) = current {
        let index = current
            .index
            .as_ref()
            .map_err(|error| io::Error::from(error.kind()));
        let from = since.map_or(Some(0), |since| start(index.and_then(File::try_clone), since));
        let (path, end) = (folder.join(CURRENT_LOG), current.len);
        found.extend(from.map(|from| Source {
            path,
            file: Which::Current(current),
            from,
            end,
        }));
    }
    Ok((found, position))
}

/// Where the output since `since` begins; a file without a good index is read whole: too much is better than too little.
fn start(index: io::Result<File>, since: i64) -> Option<u64> {
    index
        .and_then(|index| IndexReader::offset_since(index, since))
        .unwrap_or(Some(0))
}

/// The rotated files and the current one, of one moment.
pub(crate) fn snapshot(folder: &Path) -> io::Result<(Vec<Rotated>, Option<Current>)> {
    let mut before = names::list(folder)?;
    for _ in 0..LISTING_TRIES {
        let current = open_current(folder)?;
        let after = names::list(folder)?;
        let same = before.last().map(|file| file.at_ms) == after.last().map(|file| file.at_ms);
        if same {
            return Ok((after, current));
        }
        before = after;
    }
    Err(io::Error::other(
        "the files are rotated faster than they can be listed",
    ))
}

fn open_current(folder: &Path) -> io::Result<Option<Current>> {
    let log = match File::open(folder.join(CURRENT_LOG)) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Length first: the records on everything before it are written already.
    let len = log.metadata()?.len();
    Ok(Some(Current {
        log,
        index: File::open(folder.join(CURRENT_INDEX)),
        len,
    }))
}

/// Drops the files that the last `wanted` lines do not reach, and says how many lines of the rest to skip.
fn keep_last(sources: &mut Vec<Source>, wanted: u64, selection: Selection) -> u64 {
    let mut lines = 0;
    let mut first = sources.len();
    // Whether what follows (in time) begins with a new line: an unfinished last line counts.
    let mut open_end = true;
    // One line more than wanted: only then is the end of the line before the wanted ones known, and a line may have begun
    // in an earlier file.
    while first > 0 && lines <= wanted {
        first -= 1;
        let mut ends = 0;
        let mut last = None;
        let _ = scan(&sources[first], selection, |chunk| {
            ends += count_ends(chunk.bytes);
            last = chunk.bytes.last().copied().or(last);
            Ok(())
        });
        if last.is_some() {
            lines += ends + u64::from(open_end && last != Some(b'\n'));
            open_end = false;
        }
    }
    sources.drain(..first);
    lines.saturating_sub(wanted)
}

fn count_ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// What follows after the first `skip` line ends; counts `skip` down.
fn after_lines<'a>(bytes: &'a [u8], skip: &mut u64) -> &'a [u8] {
    let mut rest = bytes;
    while *skip > 0 {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return &[];
        };
        rest = &rest[end + 1..];
        *skip -= 1;
    }
    rest
}

enum Failure {
    File(io::Error),
    Sink(io::Error),
}

/// Hands the selected parts of one file to `each`; returns what is wrong with its index.
fn scan(
    source: &Source,
    selection: Selection,
    mut each: impl FnMut(Chunk<'_>) -> io::Result<()>,
) -> Result<Option<String>, Failure> {
    let opened = match &source.file {
        Which::Rotated { gzip } => Segments::open_rotated(&source.path, *gzip),
        Which::Current(current) => Segments::open_current(current),
    };
    let mut file = opened.map_err(Failure::File)?;
    file.skip_to(source.from).map_err(Failure::File)?;
    while let Some(part) = file.next_part(source.end).map_err(Failure::File)? {
        if selection.takes(&part) {
            each(Chunk {
                stream: part.stream,
                unix_ms: part.unix_ms,
                bytes: part.bytes,
            })
            .map_err(Failure::Sink)?;
        }
    }
    Ok(file.warning.take())
}
