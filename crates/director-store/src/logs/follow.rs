//! Following a service's output as it is written, across rotations.
//!
//! This runs in the command line, where looking at a file's size four times a second costs nobody anything; the director
//! itself never polls.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use director_core::spec::ServiceName;

use super::names::Rotated;
use super::reader::{Chunk, Position, Selection, snapshot};
use super::segments::{Current, Segments};
use crate::files::FileError;

const POLL: Duration = Duration::from_millis(250);

/// Reads what is added.
pub struct Follower {
    folder: PathBuf,
    selection: Selection,
    newest_ms: Option<i64>,
    offset: u64,
    current: Option<Segments>,
    warnings: Vec<String>,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("folder", &self.folder)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl Follower {
    /// Follows the output of `service` from where [`super::read`] ended.
    #[must_use]
    pub fn new(log_dir: &Path, service: &ServiceName, selection: Selection, from: Position) -> Self {
        Self {
            folder: log_dir.join(service.as_str()),
            selection,
            newest_ms: from.newest_ms,
            offset: from.offset,
            current: None,
            warnings: Vec::new(),
        }
    }

    /// What went wrong since this was asked last: damaged indexes, files that were removed before they could be read.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Waits for new output, at most for `timeout`, and hands it to `each`. False if there was none.
    ///
    /// # Errors
    /// The files cannot be read, or `each` failed.
    pub fn next_change(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> Result<bool, FileError> {
        let end = Instant::now() + timeout;
        loop {
            let found = self.look(&mut each);
            if found.map_err(|source| FileError::new("follow logs in", &self.folder, source))? {
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            thread::sleep(left.min(POLL));
        }
    }

    fn look(&mut self, each: &mut impl FnMut(Chunk<'_>) -> io::Result<()>) -> io::Result<bool> {
        let (rotated, current) = snapshot(&self.folder)?;
        let fresh: Vec<&Rotated> = rotated
            .iter()
            .filter(|file| self.newest_ms.is_none_or(|newest| file.at_ms > newest))
            .collect();
        let mut any = false;
        // The first of these is the file that was current until now; it is read on by its new name, since the old one may
        // have been emptied instead of renamed.
        for file in fresh {
            self.current = None;
            match Segments::open_rotated(&file.path, file.gzip) {
                Ok(mut segments) => {
                    segments.skip_to(self.offset)?;
                    any |= hand_over(&mut segments, u64::MAX, self.selection, each)?;
                    self.warnings.extend(segments.warning.take());
                }
                Err(error) => self.warnings.push(format!("{}: {error}", file.path.display())),
            }
            self.newest_ms = Some(file.at_ms);
            self.offset = 0;
        }
        if let Some(current) = current {
            any |= self.read_current(&current, each)?;
        }
        Ok(any)
    }

    fn read_current(
        &mut self,
        found: &Current,
        each: &mut impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> io::Result<bool> {
        let segments = match &mut self.current {
            Some(segments) => segments,
            // Opened in the instant in which it was made, perhaps before its index. Whatever it holds by now is read at the next
            // look, with the index that is there then.
            None if found.len == 0 => return Ok(false),
            None => {
                let mut segments = Segments::open_current(found)?;
                segments.skip_to(self.offset)?;
                self.current.insert(segments)
            }
        };
        // Length first: the records on everything before it are written already.
        let Some(len) = segments.plain_len()? else {
            return Ok(false);
        };
        let any = hand_over(segments, len, self.selection, each)?;
        self.offset = segments.offset;
        self.warnings.extend(segments.warning.take());
        Ok(any)
    }
}

fn hand_over(
    segments: &mut Segments,
    end: u64,
    selection: Selection,
    each: &mut impl FnMut(Chunk<'_>) -> io::Result<()>,
) -> io::Result<bool> {
    let mut any = false;
    while let Some(part) = segments.next_part(end)? {
        if selection.takes(&part) {
            any = true;
            each(Chunk {
                stream: part.stream,
                unix_ms: part.unix_ms,
                bytes: part.bytes,
            })?;
        }
    }
    Ok(any)
}
