//! `config.last-good.toml`: the configuration that last ran well, for a boot with a broken one (guarantee 9).
//!
//! One file, so that text and origin cannot disagree: the first line is a TOML comment with version, checksum, time and
//! source path as JSON; what follows is the user's text to the byte.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{BadFile, Durability, FileError, OnBad, bad, read_bounded, replace};

const MARK: &str = "# kept by director: ";
const VERSION: u32 = 1;

/// A configuration that ran well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastGood {
    /// Its text.
    pub text: String,
    /// The file it was read from; relative paths in it are relative to that file's folder.
    pub source: PathBuf,
    /// When it was kept, in Unix milliseconds.
    pub saved_unix_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    fnv64: String,
    saved_unix_ms: i64,
    source: PathBuf,
}

/// Where it is kept.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("config.last-good.toml")
}

/// Keeps `text`, read from `source`, through to the disk. Does nothing if just that is kept already.
///
/// # Errors
/// The file could not be replaced; the earlier one is still there.
pub fn save(data_dir: &Path, text: &str, source: &Path, now_unix_ms: i64) -> Result<(), FileError> {
    if let Ok(Some(kept)) = load(data_dir, OnBad::Leave)
        && kept.text == text
        && kept.source == source
    {
        return Ok(());
    }
    let path = path(data_dir);
    let header = Header {
        version: VERSION,
        fnv64: fnv64(text),
        saved_unix_ms: now_unix_ms,
        source: source.to_owned(),
    };
    let header = serde_json::to_string(&header)
        .map_err(|error| FileError::new("serialise", &path, std::io::Error::other(error)))?;
    let bytes = format!("{MARK}{header}\n{text}");
    replace(&path, bytes.as_bytes(), Durability::Disk)
}

/// Reads what was kept; none if nothing was.
///
/// # Errors
/// A report, if it is there but damaged: it is then not used.
pub fn load(data_dir: &Path, on_bad: OnBad) -> Result<Option<LastGood>, BadFile> {
    let path = path(data_dir);
    let bytes = match read_bounded(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(bad(&path, format!("it cannot be read: {error}"), on_bad)),
    };
    match parse(bytes) {
        Ok(kept) => Ok(Some(kept)),
        Err(reason) => Err(bad(&path, reason, on_bad)),
    }
}

fn parse(bytes: Vec<u8>) -> Result<LastGood, String> {
    let text = String::from_utf8(bytes).map_err(|error| format!("it is no UTF-8: {error}"))?;
    let (first, rest) = text.split_once('\n').ok_or("its first line is missing")?;
    let header = first.strip_prefix(MARK).ok_or("its first line is missing")?;
    let header: Header =
        serde_json::from_str(header).map_err(|error| format!("its first line is damaged: {error}"))?;
    if header.version != VERSION {
        return Err(format!(
            "its format has version {}, this director knows {VERSION}",
            header.version
        ));
    }
    if header.fnv64 != fnv64(rest) {
        return Err("it was changed after the director kept it".to_owned());
    }
    Ok(LastGood {
        text: rest.to_owned(),
        source: header.source,
        saved_unix_ms: header.saved_unix_ms,
    })
}

/// FNV-1a, 64 bits: finds accidents. It is no defence; whoever may write the data folder may do worse.
#[must_use]
pub fn fnv64(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
