//! The index beside a log: from which offset on, at which time, from which stream.
//!
//! A header of 16 bytes and records of 24, little-endian. A record holds for the bytes from its offset to that of the
//! next. It is written before the bytes it is about: after a crash it may be ahead of the log, but bytes are never
//! ascribed to the wrong stream. Offsets are of uncompressed data.
//!
//! A record is written when stream or flags change; when 64 KiB were written since the last; when 100 ms passed and 4 KiB
//! were written; and when 1 s passed. So `--since` is right to 0.1 s in a busy log and to 1 s in a quiet one, and a flood
//! costs less than 0.1 %.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::Stream;

const MAGIC: [u8; 8] = *b"DIRLOGIX";
const VERSION: u16 = 1;
pub(crate) const HEADER_BYTES: u64 = 16;
pub(crate) const RECORD_BYTES: u64 = 24;

/// The part begins inside a line of its stream: another stream or a rotation came between.
pub(crate) const CONTINUES: u8 = 1;
/// A line end that the director added between two streams; the line goes on later.
pub(crate) const FILLER: u8 = 2;
/// A line end that the director added because the stream ended without one.
pub(crate) const ADDED: u8 = 4;

const BUSY_MS: i64 = 100;
const BUSY_BYTES: u64 = 4 << 10;
const QUIET_MS: i64 = 1000;
const FLOOD_BYTES: u64 = 64 << 10;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexRecord {
    pub(crate) offset: u64,
    pub(crate) unix_ms: i64,
    pub(crate) stream: Stream,
    pub(crate) flags: u8,
}

impl IndexRecord {
    /// Whether bytes at `offset` may go without a record of their own, this one being the last.
    pub(crate) fn covers(&self, offset: u64, unix_ms: i64, stream: Stream, flags: u8) -> bool {
        let bytes = offset - self.offset.min(offset);
        let ms = (unix_ms - self.unix_ms).abs();
        self.stream == stream
            && self.flags & !CONTINUES == 0
            && flags == 0
            && bytes < FLOOD_BYTES
            && ms < QUIET_MS
            && (ms < BUSY_MS || bytes < BUSY_BYTES)
    }

    fn encode(&self) -> [u8; RECORD_BYTES as usize] {
        let mut bytes = [0; RECORD_BYTES as usize];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.unix_ms.to_le_bytes());
        bytes[16] = match self.stream {
            Stream::Unknown => 0,
            Stream::Stdout => 1,
            Stream::Stderr => 2,
            Stream::Director => 3,
        };
        bytes[17] = self.flags;
        bytes
    }

    /// None for what this version never writes.
    fn decode(bytes: &[u8; RECORD_BYTES as usize]) -> Option<Self> {
        let stream = match bytes[16] {
            0 => Stream::Unknown,
            1 => Stream::Stdout,
            2 => Stream::Stderr,
            3 => Stream::Director,
            _ => return None,
        };
        if bytes[18..] != [0; 6] || bytes[17] & !(CONTINUES | FILLER | ADDED) != 0 {
            return None;
        }
        let (offset, rest) = bytes.split_first_chunk::<8>()?;
        let unix_ms = rest.first_chunk::<8>()?;
        Some(Self {
            offset: u64::from_le_bytes(*offset),
            unix_ms: i64::from_le_bytes(*unix_ms),
            stream,
            flags: bytes[17],
        })
    }
}

fn header() -> [u8; HEADER_BYTES as usize] {
    let mut bytes = [0; HEADER_BYTES as usize];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
    bytes[10] = RECORD_BYTES as u8;
    bytes
}

/// The index of the log being written.
#[derive(Debug)]
pub(crate) struct IndexWriter {
    file: File,
    pub(crate) len: u64,
    pub(crate) last: Option<IndexRecord>,
}

impl IndexWriter {
    /// Opens the index of a log that has `log_len` bytes and was changed last at `log_changed_ms`, and repairs it: half
    /// records and records ahead of the log are cut off; one that is absent or not ours begins anew, with all bytes
    /// ascribed to an unknown stream.
    pub(crate) fn open(path: &Path, log_len: u64, log_changed_ms: i64) -> io::Result<Self> {
        // Not in append mode: Windows cuts no file that is open for appending only.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let len = file.metadata()?.len();
        let mut index = if len >= HEADER_BYTES && read_header(&mut file).is_ok() {
            let whole = len - (len - HEADER_BYTES) % RECORD_BYTES;
            Self {
                file,
                len: whole,
                last: None,
            }
        } else {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header())?;
            Self {
                file,
                len: HEADER_BYTES,
                last: None,
            }
        };
        index.drop_what_is_ahead(log_len)?;
        index.file.set_len(index.len)?;
        index.file.seek(SeekFrom::Start(index.len))?;
        if index.last.is_none() && log_len > 0 {
            index.push(IndexRecord {
                offset: 0,
                unix_ms: log_changed_ms,
                stream: Stream::Unknown,
                flags: 0,
            })?;
        }
        Ok(index)
    }

    fn drop_what_is_ahead(&mut self, log_len: u64) -> io::Result<()> {
        while self.len > HEADER_BYTES {
            self.file.seek(SeekFrom::Start(self.len - RECORD_BYTES))?;
            let mut bytes = [0; RECORD_BYTES as usize];
            self.file.read_exact(&mut bytes)?;
            match IndexRecord::decode(&bytes) {
                Some(record) if record.offset < log_len => {
                    self.last = Some(record);
                    return Ok(());
                }
                _ => self.len -= RECORD_BYTES,
            }
        }
        Ok(())
    }

    /// Appends a record.
    pub(crate) fn push(&mut self, record: IndexRecord) -> io::Result<()> {
        self.file.write_all(&record.encode())?;
        self.len += RECORD_BYTES;
        self.last = Some(record);
        Ok(())
    }
}

fn read_header(file: &mut impl Read) -> io::Result<()> {
    let mut found = [0; HEADER_BYTES as usize];
    file.read_exact(&mut found)?;
    if found == header() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "its header is not that of an index this director knows",
    ))
}

/// Reads records one by one.
#[derive(Debug)]
pub(crate) struct IndexReader {
    file: BufReader<File>,
    last_offset: u64,
}

impl IndexReader {
    /// Reads the index `file` from its beginning.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let mut file = BufReader::new(file);
        read_header(&mut file)?;
        Ok(Self { file, last_offset: 0 })
    }

    /// From where on the output since `since` is to be read; none if all of it is older. What lies there may be up to a
    /// second older (in a busy log 0.1 s), and nothing younger lies before it.
    pub(crate) fn offset_since(file: File, since: i64) -> io::Result<Option<u64>> {
        let mut index = Self::new(file)?;
        let mut before: Option<IndexRecord> = None;
        let mut after = None;
        while let Some(record) = index.next()? {
            if record.unix_ms >= since {
                after = Some(record.offset);
                break;
            }
            before = Some(record);
        }
        // What a record holds for came within a second of it.
        Ok(match before {
            Some(record) if since - record.unix_ms < QUIET_MS => Some(record.offset),
            _ => after,
        })
    }

    /// The next record; none at the end, and at a record that is still being written.
    pub(crate) fn next(&mut self) -> io::Result<Option<IndexRecord>> {
        let mut bytes = [0; RECORD_BYTES as usize];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read(&mut bytes[filled..])? {
                0 => {
                    // The next call reads it again, whole.
                    self.file.seek_relative(-(filled as i64))?;
                    return Ok(None);
                }
                read => filled += read,
            }
        }
        match IndexRecord::decode(&bytes) {
            Some(record) if record.offset >= self.last_offset => {
                self.last_offset = record.offset;
                Ok(Some(record))
            }
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a record of it is damaged",
            )),
        }
    }
}
