//! From chunks of several streams to whole lines.

use director_store::logs::Chunk;

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
        let stream = chunk.stream.word();
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

#[cfg(test)]
mod tests {
    use director_store::logs::Stream;

    use super::*;

    /// The lines of some chunks, as `stream:text`.
    fn split(chunks: &[(Stream, &[u8])]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut each = |line: Found| {
            found.push(format!(
                "{}:{}",
                line.stream,
                String::from_utf8_lossy(&line.bytes)
            ));
        };
        for (stream, bytes) in chunks {
            let chunk = Chunk {
                stream: *stream,
                unix_ms: Some(1),
                bytes,
            };
            lines.push(&chunk, &mut each);
        }
        lines.finish(&mut each);
        found
    }

    #[test]
    fn lines_are_put_together_per_stream() {
        let chunks: [(Stream, &[u8]); 5] = [
            (Stream::Stdout, b"one\ntw"),
            (Stream::Stderr, b"wrong"),
            (Stream::Stdout, b"o\r\n\nthree"),
            (Stream::Stderr, b"!\n"),
            (Stream::Stdout, b"\xff"),
        ];
        let expected = [
            "stdout:one",
            "stdout:two",
            "stdout:",
            "stderr:wrong!",
            "stdout:three\u{fffd}",
        ];
        assert_eq!(split(&chunks), expected);
    }

    #[test]
    fn a_line_without_an_end_is_cut_into_pieces() {
        let piece = vec![b'a'; MAX_LINE_BYTES / 2];
        let chunks = vec![(Stream::Stdout, piece.as_slice()); 5];
        let lengths: Vec<usize> = split(&chunks).iter().map(String::len).collect();
        assert_eq!(lengths.len(), 3);
        assert!(
            lengths.iter().all(|length| *length <= MAX_LINE_BYTES + 8),
            "{lengths:?}"
        );
    }
}
