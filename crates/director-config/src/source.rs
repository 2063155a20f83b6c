//! The file's text, and what a configuration may learn of the machine.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// No configuration, and no env_file, is larger than this many bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// The byte order mark that Windows editors put before UTF-8 text.
pub(crate) const BOM: char = '\u{feff}';

/// A configuration's text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file; relative paths in it are relative to its folder.
    pub path: PathBuf,
    /// Its whole text. A leading byte order mark is tolerated.
    pub text: String,
}

impl Source {
    /// Reads a file of at most 1 MiB.
    ///
    /// # Errors
    /// One diagnostic: unreadable, too large, or not UTF-8 (with the place of the first bad byte).
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
            .map_err(|error| {
                fault(
                    path,
                    Code::Unreadable,
                    (1, 1),
                    0..0,
                    format!("cannot read the configuration: {error}"),
                )
            })?;
        Self::from_bytes(path, bytes)
    }

    /// Checks bytes that were read already.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        if bytes.len() > MAX_BYTES {
            return Err(fault(
                path,
                Code::TooLarge,
                (1, 1),
                0..0,
                "the configuration is larger than 1 MiB".to_owned(),
            ));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
            }),
            Err(error) => Err(not_utf8(path, error.as_bytes(), error.utf8_error().valid_up_to())),
        }
    }
}

fn not_utf8(path: &Path, bytes: &[u8], valid: usize) -> Diagnostics {
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let place = crate::position::Lines::new(&before).locate(&before, valid);
    let byte = bytes.get(valid).copied().unwrap_or_default();
    let message = format!("the configuration is not UTF-8 text: byte 0x{byte:02X} at offset {valid}");
    let mut found = fault(path, Code::NotUtf8, place, valid..valid + 1, message);
    for diagnostic in &mut found.list {
        diagnostic.help = Some("save the file as UTF-8 in the editor".to_owned());
    }
    found
}

fn fault(
    path: &Path,
    code: Code,
    place: (usize, usize),
    span: std::ops::Range<usize>,
    message: String,
) -> Diagnostics {
    let diagnostic = Diagnostic {
        line: place.0,
        column: place.1,
        span,
        ..Diagnostic::new(code, path, message)
    };
    Diagnostics::of_file(vec![diagnostic], path)
}

/// What a configuration may ask of the machine. Passed in, so that a file for the other system can be checked here.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The value of an environment variable.
    pub vars: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the file is for Windows: selects the ladder, the form of paths and what is allowed.
    pub windows: bool,
    /// Reads an `env_file`.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
}

impl std::fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("windows", &self.windows)
            .finish_non_exhaustive()
    }
}
