//! A Windows command line from a list of arguments. Pure, compiled on both systems so that both test it.
//!
//! Windows hands a program one string; the program splits it. Two splitters matter: the C runtime's (nearly every program),
//! and `cmd.exe`'s, which runs `.cmd` and `.bat` files and would execute part of an argument that is quoted only for the C
//! runtime (the vulnerability known as BatBadBut). What cannot be quoted safely is refused, never guessed.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The longest command line of `CreateProcessW`, in UTF-16 units, without the closing NUL.
const MAX_UNITS: usize = 32_766;
/// The longest command line of `cmd.exe`, in UTF-16 units.
const MAX_CMD_UNITS: usize = 8_191;

/// Why arguments cannot be passed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// A NUL character would end the command line early.
    #[error("argument {index} contains a NUL character")]
    Nul {
        /// Which argument; 0 is the program.
        index: usize,
    },
    /// `cmd.exe` ends the command at a line break, and no quoting prevents it.
    #[error("argument {index} contains a line break, which cannot be passed to a .cmd or .bat file")]
    LineBreak {
        /// Which argument; 0 is the program.
        index: usize,
    },
    /// The program's path contains a quotation mark; no file on Windows has one in its name.
    #[error("the program's path contains a quotation mark")]
    QuoteInProgram,
    /// Longer than the system takes.
    #[error("the command line has {units} characters, the most is {max}")]
    TooLong {
        /// How long it is, in UTF-16 units.
        units: usize,
        /// How long it may be.
        max: usize,
    },
}

/// Whether Windows would run this file through `cmd.exe`. Trailing dots and spaces do not count, as Windows drops them.
pub fn is_batch_file(program: &Path) -> bool {
    let bytes = program.as_os_str().as_encoded_bytes();
    let end = bytes
        .iter()
        .rposition(|byte| !matches!(byte, b'.' | b' '))
        .map_or(0, |last| last + 1);
    let tail = &bytes[end.saturating_sub(4)..end];
    tail.eq_ignore_ascii_case(b".cmd") || tail.eq_ignore_ascii_case(b".bat")
}

/// The command line that makes `program` see exactly `args`.
///
/// For a `.cmd` or `.bat` file it is a command line of `cmd.exe`, to be started with the full path of `cmd.exe` as the
/// application: extensions on (the escape of `%` needs them), delayed expansion and registry autorun off.
///
/// # Errors
/// [`QuoteError`]. A batch file that itself hands an argument to `call` or strips its quotes is beyond our reach.
pub fn windows_command_line(program: &Path, args: &[OsString]) -> Result<OsString, QuoteError> {
    let program_bytes = program.as_os_str().as_encoded_bytes();
    if program_bytes.contains(&b'"') {
        return Err(QuoteError::QuoteInProgram);
    }
    let words = std::iter::once(program.as_os_str()).chain(args.iter().map(OsString::as_os_str));
    let (line, max) = if is_batch_file(program) {
        (batch_line(words)?, MAX_CMD_UNITS)
    } else {
        (plain_line(words)?, MAX_UNITS)
    };
    let units = utf16_units(&line);
    if units > max {
        return Err(QuoteError::TooLong { units, max });
    }
    // SAFETY: `line` consists of whole encoded `OsStr`s, split only before or after ASCII characters, with ASCII text
    // between them; `OsStr::from_encoded_bytes_unchecked` documents that such bytes are valid.
    Ok(unsafe { OsString::from_encoded_bytes_unchecked(line) })
}

/// For programs that split as the C runtime does. The first word follows simpler rules there: quotes, and nothing is escaped.
fn plain_line<'a>(words: impl Iterator<Item = &'a OsStr>) -> Result<Vec<u8>, QuoteError> {
    let mut line = Vec::new();
    for (index, word) in words.enumerate() {
        let bytes = word.as_encoded_bytes();
        if bytes.contains(&0) {
            return Err(QuoteError::Nul { index });
        }
        if index == 0 {
            line.push(b'"');
            line.extend_from_slice(bytes);
            line.push(b'"');
            continue;
        }
        line.push(b' ');
        let bare = !bytes.is_empty()
            && !bytes
                .iter()
                .any(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | b'"'));
        if bare {
            line.extend_from_slice(bytes);
        } else {
            push_quoted(&mut line, bytes, b"\\\"", |line, byte| line.push(byte));
        }
    }
    Ok(line)
}

/// For `cmd.exe`, and then for the C runtime of whatever the batch file passes its arguments on to.
fn batch_line<'a>(words: impl Iterator<Item = &'a OsStr>) -> Result<Vec<u8>, QuoteError> {
    // The outermost pair of quotes is removed by /c, since more than two quotes follow it.
    let mut line = b"cmd.exe /e:ON /v:OFF /d /c \"".to_vec();
    for (index, word) in words.enumerate() {
        let bytes = word.as_encoded_bytes();
        if bytes.contains(&0) {
            return Err(QuoteError::Nul { index });
        }
        if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            return Err(QuoteError::LineBreak { index });
        }
        if index > 0 {
            line.push(b' ');
        }
        if index > 0 && !bytes.is_empty() && bytes.iter().all(|byte| is_plain_for_cmd(*byte)) {
            line.extend_from_slice(bytes);
        } else if index == 0 {
            // A path cannot contain a quote, and cmd does not treat a backslash before a quote specially.
            line.push(b'"');
            bytes.iter().for_each(|byte| push_for_cmd(&mut line, *byte));
            line.push(b'"');
        } else {
            // A doubled quote means a quote to the C runtime, and to cmd it leaves and enters quotes again at once, so the
            // special characters of the rest stay inside quotes. A backslash before it would break this for cmd only.
            push_quoted(&mut line, bytes, b"\"\"", push_for_cmd);
        }
    }
    line.push(b'"');
    Ok(line)
}

/// Adds `bytes` in quotes: backslashes are doubled where they come before a quote, and a quote becomes `quote`.
fn push_quoted(line: &mut Vec<u8>, bytes: &[u8], quote: &[u8], push: impl Fn(&mut Vec<u8>, u8)) {
    line.push(b'"');
    let mut backslashes = 0;
    for &byte in bytes {
        match byte {
            b'\\' => {
                backslashes += 1;
                line.push(byte);
                continue;
            }
            b'"' => {
                line.extend(std::iter::repeat_n(b'\\', backslashes));
                line.extend_from_slice(quote);
            }
            _ => push(line, byte),
        }
        backslashes = 0;
    }
    line.extend(std::iter::repeat_n(b'\\', backslashes));
    line.push(b'"');
}

/// A percent sign begins a variable even inside quotes. After the first, literal one, `%cd:~,%` is a piece of length 0 of a
/// variable that always exists: nothing.
fn push_for_cmd(line: &mut Vec<u8>, byte: u8) {
    if byte == b'%' {
        line.extend_from_slice(b"%%cd:~,%");
    } else {
        line.push(byte);
    }
}

/// Characters that need no quotes, kept bare since batch files compare such arguments without quotes. All others (the
/// separators `,;=` and every non-ASCII character included) are quoted.
fn is_plain_for_cmd(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_' | b'.' | b'/' | b':' | b'\\' | b'+' | b'@' | b'#' | b'$'
        )
}

/// How many UTF-16 units the text has, counted in its encoded bytes (a superset of UTF-8).
fn utf16_units(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .map(|byte| match byte {
            0x80..=0xbf => 0,
            0xf0.. => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests;
