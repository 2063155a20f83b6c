//! `current.log` and its index, as one thing: opened with repair, appended to, renamed away.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::Stream;
use super::index::{IndexRecord, IndexWriter};
use super::names::{self, CURRENT_INDEX, CURRENT_LOG};
use crate::files::rename_over;

/// The pair being written.
#[derive(Debug)]
pub(crate) struct LogFile {
    log: File,
    index: IndexWriter,
    /// Bytes in the log.
    pub(crate) len: u64,
    /// The stream whose bytes end the log without a line end.
    pub(crate) open_line: Option<Stream>,
    /// Nothing was written since it was opened: the next bytes get a record of their own.
    fresh: bool,
}

impl LogFile {
    /// Opens the pair in `folder`, makes what is missing, and repairs what a crash left. No byte of the log is changed.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(CURRENT_LOG);
        let index_path = folder.join(CURRENT_INDEX);
        if !path.try_exists()? && index_path.try_exists()? {
            give_orphan_back(folder, &index_path)?;
        }
        let mut log = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)?;
        let found = log.metadata()?;
        let len = found.len();
        let changed_ms = found
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(0));
        let index = IndexWriter::open(&index_path, len, changed_ms)?;
        let mut last_byte = *b"\n";
        if len > 0 {
            log.seek(SeekFrom::Start(len - 1))?;
            log.read_exact(&mut last_byte)?;
        }
        let ends_open = last_byte != *b"\n";
        let open_line = ends_open.then(|| index.last.map_or(Stream::Unknown, |record| record.stream));
        Ok(Self {
            log,
            index,
            len,
            open_line,
            fresh: true,
        })
    }

    /// Bytes of log and index together.
    pub(crate) fn total_len(&self) -> u64 {
        self.len + self.index.len
    }

    /// Appends bytes of one stream.
    ///
    /// # Errors
    /// How many of them are in the file all the same, and why the rest is not. The pair must then be opened anew.
    pub(crate) fn put(
        &mut self,
        stream: Stream,
        flags: u8,
        bytes: &[u8],
        unix_ms: i64,
    ) -> Result<(), (usize, io::Error)> {
        let covered = !self.fresh
            && self
                .index
                .last
                .is_some_and(|last| last.covers(self.len, unix_ms, stream, flags));
        if !covered {
            let record = IndexRecord {
                offset: self.len,
                unix_ms,
                stream,
                flags,
            };
            self.index.push(record).map_err(|error| (0, error))?;
            self.fresh = false;
        }
        let mut written = 0;
        while written < bytes.len() {
            match self.log.write(&bytes[written..]) {
                Ok(0) => return Err((written, io::Error::from(io::ErrorKind::WriteZero))),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((written, error)),
            }
        }
        self.len += written as u64;
        self.open_line = bytes.last().filter(|last| **last != b'\n').map(|_| stream);
        Ok(())
    }

    /// Gives the pair the name of the time `at_ms`, which no other may have.
    ///
    /// A reader on Windows may hold the file so that it cannot be renamed; then its content is copied and the file
    /// emptied.
    pub(crate) fn rotate(self, folder: &Path, at_ms: i64) -> io::Result<std::path::PathBuf> {
        drop(self);
        let target = names::rotated(folder, at_ms);
        let (log, index) = (folder.join(CURRENT_LOG), folder.join(CURRENT_INDEX));
        // The log first: if only that much happens, the index has no log, and the next opening gives it back.
        if let Err(error) = rename_over(&log, &target) {
            if error.kind() == io::ErrorKind::NotFound {
                return Err(error);
            }
            fs::copy(&log, &target)?;
            OpenOptions::new().write(true).open(&log)?.set_len(0)?;
        }
        let target_index = names::index_of(&target);
        if rename_over(&index, &target_index).is_err() {
            // Without its index the file still reads; that is no reason to lose lines.
            let _ = fs::copy(&index, &target_index);
            if let Ok(index) = OpenOptions::new().write(true).open(&index) {
                index.set_len(0)?;
            }
        }
        Ok(target)
    }
}

/// A crash between the two renames of a rotation left the index behind: its log is the newest one without index.
fn give_orphan_back(folder: &Path, index: &Path) -> io::Result<()> {
    let newest = names::list(folder)?.pop();
    match newest.map(|file| file.index()) {
        Some(target) if !target.try_exists()? => rename_over(index, &target),
        _ => fs::remove_file(index),
    }
}
