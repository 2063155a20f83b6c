//! From chunks of several streams to whole lines.

use director_store::logs::{Chunk, Stream};

/// A line longer than this is cut into pieces, so that one without an end does not fill the memory.
const MAX_LINE_BYTES: usize = 1 << 20;

/// A line without its line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) stream: &'static str,
    pub(super) unix_ms: Option<i64>,
    pub(super) bytes: Vec<u8>,
}

/// Collects the pieces of lines, per stream: the two may interrupt each other anywhere.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: Vec<Found>,
}

impl Lines {
    pub(super) fn push(&mut self, chunk: &Chunk<'_>, each: &mut impl FnMut(Found)) {
        for piece in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = self.line(chunk);
            line.bytes.extend_from_slice(piece);
            let ended = piece.ends_with(b"\n");
            if ended || line.bytes.len() >= MAX_LINE_BYTES {
                let stream = line.stream;
                self.close(stream, each);
            }
        }
    }

    /// The pieces of lines that have no end.
    pub(super) fn finish(&mut self, each: &mut impl FnMut(Found)) {
        while let Some(line) = self.open.first() {
            let stream = line.stream;
            self.close(stream, each);
        }
    }

    /// The unfinished line of the chunk's stream; it has the time of its first piece.
    fn line(&mut self, chunk: &Chunk<'_>) -> &mut Found {
        let stream = name(chunk.stream);
        let index = match self.open.iter().position(|line| line.stream == stream) {
            Some(index) => index,
            None => {
                self.open.push(Found {
                    stream,
                    unix_ms: chunk.unix_ms,
                    bytes: Vec::new(),
                });
                self.open.len() - 1
            }
        };
        &mut self.open[index]
    }

    fn close(&mut self, stream: &str, each: &mut impl FnMut(Found)) {
        let Some(index) = self.open.iter().position(|line| line.stream == stream) else {
            return;
        };
        let mut line = self.open.remove(index);
        if line.bytes.ends_with(b"\n") {
            line.bytes.pop();
        }
        if line.bytes.ends_with(b"\r") {
            line.bytes.pop();
        }
        each(line);
    }
}

/// The stream as the JSON has it.
const fn name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
        Stream::Director => "director",
        Stream::Unknown => "unknown",
    }
}
