//! Numbered output: written by `rogue --flood`, checked by tests. Every line carries its number and has
//! the same length, so that loss, tearing, repetition and reordering all show.

use std::io::{self, BufRead, Write};

/// Digits of a line's number.
const DIGITS: usize = 12;

/// The shortest line: number, space, newline.
pub const SHORTEST_LINE: usize = DIGITS + 2;

/// Bytes per write: enough that the writing costs little.
const BLOCK_BYTES: usize = 64 << 10;

/// Produces numbered lines.
pub struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// `length`: bytes of each line, newline included, at least [`SHORTEST_LINE`].
    #[must_use]
    pub fn new(length: usize) -> Self {
        let mut line = vec![b'x'; length.max(SHORTEST_LINE)];
        line[..DIGITS].fill(b'0');
        line[DIGITS] = b' ';
        if let Some(last) = line.last_mut() {
            *last = b'\n';
        }
        Self { line }
    }

    /// Writes whole lines until at least `bytes` are out.
    ///
    /// # Errors
    /// What the target says.
    pub fn write(&mut self, to: impl Write, bytes: u64) -> io::Result<()> {
        write_repeated(to, &mut self.line, bytes)
    }
}

/// Numbered text without any newline: `000000000000 000000000001 `…
pub struct Unbroken {
    chunk: Vec<u8>,
}

impl Default for Unbroken {
    fn default() -> Self {
        let mut chunk = vec![b'0'; DIGITS];
        chunk.push(b' ');
        Self { chunk }
    }
}

impl Unbroken {
    /// Writes whole numbers until at least `bytes` are out.
    ///
    /// # Errors
    /// What the target says.
    pub fn write(&mut self, to: impl Write, bytes: u64) -> io::Result<()> {
        write_repeated(to, &mut self.chunk, bytes)
    }
}

/// Writes `unit` again and again, counting up the number at its start.
fn write_repeated(mut to: impl Write, unit: &mut [u8], bytes: u64) -> io::Result<()> {
    let mut left = bytes;
    let mut block = Vec::with_capacity(BLOCK_BYTES + unit.len());
    while left > 0 {
        block.clear();
        while left > 0 && block.len() < BLOCK_BYTES {
            block.extend_from_slice(unit);
            count_up(&mut unit[..DIGITS]);
            left = left.saturating_sub(unit.len() as u64);
        }
        to.write_all(&block)?;
    }
    Ok(())
}

/// Adds one to a decimal number in place: far cheaper than formatting it.
fn count_up(digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
}

/// What a flood looks like after its way through somebody's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines read, whole or not.
    pub lines: u64,
    /// Numbers that never came, up to the highest that did.
    pub missing: u64,
    /// Lines that are not exactly as they were written.
    pub torn: u64,
    /// Lines whose number is not higher than all before.
    pub out_of_order: u64,
    /// The first thing that was wrong.
    pub first_trouble: Option<String>,
}

impl Report {
    /// Exactly the lines `0..lines`, each once, whole and in order.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing == 0 && self.torn == 0 && self.out_of_order == 0
    }

    fn trouble(&mut self, what: impl FnOnce() -> String) {
        if self.first_trouble.is_none() {
            self.first_trouble = Some(what());
        }
    }
}

/// Reads a flood of lines of `length` bytes to its end. To check what was spread over rotated files,
/// chain their readers.
///
/// # Errors
/// What the reader says.
pub fn check(mut from: impl BufRead, length: usize) -> io::Result<Report> {
    let mut report = Report::default();
    let mut expected = Lines::new(length).line;
    let mut next = 0;
    let mut line = Vec::with_capacity(length);
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(report);
        }
        report.lines += 1;
        if line == expected {
            next += 1;
            count_up(&mut expected[..DIGITS]);
            continue;
        }
        let number = number_of(&line, &expected);
        match number {
            None => {
                report.torn += 1;
                let at = report.lines;
                report.trouble(|| format!("line {at} is torn: {:?}", String::from_utf8_lossy(&line)));
            }
            Some(number) if number < next => {
                report.out_of_order += 1;
                report.trouble(|| format!("number {number} comes after {}", next - 1));
            }
            Some(number) => {
                report.missing += number - next;
                report.trouble(|| format!("numbers {next} to {} are missing", number - 1));
                next = number + 1;
                expected.copy_from_slice(&line);
                count_up(&mut expected[..DIGITS]);
            }
        }
    }
}

/// The number of a whole line; none if it is torn.
fn number_of(line: &[u8], like: &[u8]) -> Option<u64> {
    if line.len() != like.len() || line[DIGITS..] != like[DIGITS..] {
        return None;
    }
    std::str::from_utf8(&line[..DIGITS]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
