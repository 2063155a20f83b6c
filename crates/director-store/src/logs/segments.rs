//! One log file as a sequence of parts: bytes with their time and stream. Memory is bounded whatever the file holds.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::Stream;
use super::index::{IndexReader, IndexRecord};
use super::names::{self, CURRENT_INDEX};
use crate::files::with_suffix;

const PART_BYTES: usize = 64 << 10;

/// The bytes of a file, plain or compressed.
enum Source {
    Plain(File),
    Gzip(Box<MultiGzDecoder<BufReader<File>>>),
}

impl Source {
    fn gzip(file: File) -> Self {
        Self::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(file))))
    }
}

/// The current file and its index, opened in one moment.
pub(crate) struct Current {
    pub(crate) log: File,
    pub(crate) index: io::Result<File>,
    pub(crate) len: u64,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
        }
    }
}

/// A file being read from an offset on.
pub(crate) struct Segments {
    source: Source,
    index: Option<IndexReader>,
    /// The record that holds at `offset`.
    present: Option<IndexRecord>,
    /// The one after it, if it was read already.
    next: Option<IndexRecord>,
    /// Where in the uncompressed log the next byte stands.
    pub(crate) offset: u64,
    /// What is wrong with the index.
    pub(crate) warning: Option<String>,
    buffer: Vec<u8>,
}

/// One part.
pub(crate) struct Part<'a> {
    pub(crate) stream: Stream,
    pub(crate) unix_ms: Option<i64>,
    pub(crate) flags: u8,
    pub(crate) bytes: &'a [u8],
}

impl Segments {
    /// Opens the rotated file `log`. A bad index is a warning; the log reads without.
    pub(crate) fn open_rotated(log: &Path, gzip: bool) -> io::Result<Self> {
        let source = match File::open(log) {
            // It was compressed since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !gzip => {
                Source::gzip(File::open(with_suffix(log, ".gz"))?)
            }
            Ok(file) if gzip => Source::gzip(file),
            outcome => Source::Plain(outcome?),
        };
        let index = names::index_of(log);
        Ok(Self::new(source, File::open(&index), &index))
    }

    /// Reads the current file by handles that were opened together.
    pub(crate) fn open_current(current: &Current) -> io::Result<Self> {
        let mut log = current.log.try_clone()?;
        log.rewind()?;
        let index = match &current.index {
            Ok(index) => index
                .try_clone()
                .and_then(|mut index| index.rewind().map(|()| index)),
            Err(error) => Err(io::Error::from(error.kind())),
        };
        Ok(Self::new(Source::Plain(log), index, Path::new(CURRENT_INDEX)))
    }

    fn new(source: Source, index: io::Result<File>, path: &Path) -> Self {
        let (index, warning) = match index.and_then(IndexReader::new) {
            Ok(index) => (Some(index), None),
            Err(error) => (None, Some(format!("{}: {error}", path.display()))),
        };
        Self {
            source,
            index,
            present: None,
            next: None,
            offset: 0,
            warning,
            buffer: vec![0; PART_BYTES],
        }
    }

    /// Goes on to `offset`, which must not lie behind.
    pub(crate) fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        match &mut self.source {
            Source::Plain(file) => {
                file.seek(SeekFrom::Start(offset))?;
                self.offset = offset;
            }
            Source::Gzip(_) => {
                while self.offset < offset {
                    let want = usize::try_from(offset - self.offset)
                        .unwrap_or(PART_BYTES)
                        .min(PART_BYTES);
                    let read = self.source.read(&mut self.buffer[..want])?;
                    if read == 0 {
                        break;
                    }
                    self.offset += read as u64;
                }
            }
        }
        Ok(())
    }

    /// The bytes the file has now; none for a compressed one, which has no more to come.
    pub(crate) fn plain_len(&self) -> io::Result<Option<u64>> {
        match &self.source {
            Source::Plain(file) => Ok(Some(file.metadata()?.len())),
            Source::Gzip(_) => Ok(None),
        }
    }

    /// The next part that lies before `end`; none when there is none (yet).
    pub(crate) fn next_part(&mut self, end: u64) -> io::Result<Option<Part<'_>>> {
        if self.offset >= end {
            return Ok(None);
        }
        self.advance_index();
        let until = self.next.map_or(end, |next| next.offset.min(end));
        let want = usize::try_from(until - self.offset)
            .unwrap_or(PART_BYTES)
            .min(PART_BYTES);
        let read = loop {
            match self.source.read(&mut self.buffer[..want]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        if read == 0 {
            return Ok(None);
        }
        self.offset += read as u64;
        let (stream, unix_ms, flags) = match self.present {
            Some(record) => (record.stream, Some(record.unix_ms), record.flags),
            None => (Stream::Unknown, None, 0),
        };
        Ok(Some(Part {
            stream,
            unix_ms,
            flags,
            bytes: &self.buffer[..read],
        }))
    }

    /// Makes `present` the last record at or before the offset, and `next` the one after.
    fn advance_index(&mut self) {
        loop {
            if let Some(next) = self.next {
                if next.offset > self.offset {
                    return;
                }
                self.present = self.next.take();
            }
            let Some(index) = &mut self.index else { return };
            match index.next() {
                Ok(Some(record)) => self.next = Some(record),
                Ok(None) => return,
                Err(error) => {
                    // From here on nobody knows whose the bytes are; a guess would be worse.
                    self.warning = Some(format!("index: {error}"));
                    self.index = None;
                    self.present = None;
                    return;
                }
            }
        }
    }
}
