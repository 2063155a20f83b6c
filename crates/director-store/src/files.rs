//! Replacing and reading small files: whole or not at all, and never trusting what cannot be understood.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::stamp;

/// No record of ours comes near this size; what does is not ours, and is not read into memory.
const MAX_RECORD_BYTES: u64 = 8 << 20;

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {source}", path.display())]
pub struct FileError {
    /// What was tried, such as `write`.
    pub operation: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    pub(crate) fn new(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            operation,
            path: path.to_owned(),
            source,
        }
    }
}

/// A file that is there and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFile {
    /// Where it was.
    pub path: PathBuf,
    /// Why it is not used.
    pub reason: String,
    /// Where it was kept for a person to look at; none when it was left in place.
    pub kept_as: Option<PathBuf>,
}

impl std::fmt::Display for BadFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not used: {}", self.path.display(), self.reason)?;
        match &self.kept_as {
            Some(kept) => write!(f, "; it was kept as {}", kept.display()),
            None => Ok(()),
        }
    }
}

/// What becomes of a file that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBad {
    /// It is renamed to `<name>.bad-<time>`: for the director, which will write a new one.
    KeepAside,
    /// It stays: for readers.
    Leave,
}

/// Whether a replaced file must also survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It survives the end of this process; nothing is waited for.
    Process,
    /// It is on the disk before the call returns (where the system can promise that).
    Disk,
}

/// Replaces `path` by `bytes`: whoever opens it sees the old or the new content, never a part.
///
/// The temporary file is `<path>.tmp`; one writer per path.
///
/// # Errors
/// The step that failed; the old content is then still there.
pub fn replace(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), FileError> {
    let temporary = with_suffix(path, ".tmp");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        if durability == Durability::Disk {
            file.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|source| FileError::new("write", &temporary, source))?;
    rename_over(&temporary, path).map_err(|source| FileError::new("replace", path, source))?;
    if durability == Durability::Disk {
        sync_folder(path);
    }
    Ok(())
}

/// Renames over an existing file.
///
/// On Windows a virus scanner or indexer may hold the target for some milliseconds without allowing its replacement,
/// which reads as access denied; a few short waits get past it. Elsewhere the first try decides in practice.
pub(crate) fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    for wait_ms in [1, 4, 16] {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                thread::sleep(Duration::from_millis(wait_ms));
            }
            decided => return decided,
        }
    }
    fs::rename(from, to)
}

/// A rename is durable once its folder is. Folders cannot be opened like this on Windows, where the file system's
/// own journal keeps renames in order; so a failure means nothing to act on.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent()
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

/// Serialises `value` as indented JSON, for a person to read, and replaces `path` by it.
pub(crate) fn replace_json<T: Serialize>(
    path: &Path,
    value: &T,
    durability: Durability,
) -> Result<(), FileError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| FileError::new("serialise", path, io::Error::other(error)))?;
    bytes.push(b'\n');
    replace(path, &bytes, durability)
}

/// What a versioned JSON file turned out to be.
pub(crate) enum Loaded<T> {
    Absent,
    Good(T),
    Bad(BadFile),
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Reads a JSON file whose `version` must be `version`.
pub(crate) fn load_json<T: DeserializeOwned>(path: &Path, version: u32, on_bad: OnBad) -> Loaded<T> {
    let bytes = match read_bounded(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Loaded::Absent,
        Err(error) => return Loaded::Bad(bad(path, format!("it cannot be read: {error}"), on_bad)),
    };
    match parse(&bytes, version) {
        Ok(value) => Loaded::Good(value),
        Err(reason) => Loaded::Bad(bad(path, reason, on_bad)),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], version: u32) -> Result<T, String> {
    // The version is looked at by itself first: a newer format need not fit our types.
    let found: Versioned =
        serde_json::from_slice(bytes).map_err(|error| format!("it is damaged: {error}"))?;
    if found.version != version {
        return Err(format!(
            "its format has version {}, this director knows version {version}",
            found.version
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("it is damaged: {error}"))
}

/// Reads a file that is expected to be small.
pub(crate) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_RECORD_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        return Err(io::Error::other(format!(
            "it is larger than {MAX_RECORD_BYTES} bytes"
        )));
    }
    Ok(bytes)
}

/// Builds the report on a bad file, and puts it aside if asked to.
pub(crate) fn bad(path: &Path, reason: String, on_bad: OnBad) -> BadFile {
    let kept_as = match on_bad {
        OnBad::KeepAside => set_aside(path, "bad").ok(),
        OnBad::Leave => None,
    };
    BadFile {
        path: path.to_owned(),
        reason,
        kept_as,
    }
}

/// Renames `path` to `<path>.<word>-<time>`, never over another file, and returns the new name.
pub(crate) fn set_aside(path: &Path, word: &str) -> io::Result<PathBuf> {
    let now = stamp::unix_ms();
    for bump in 0..1000 {
        let target = with_suffix(path, &format!(".{word}-{}", stamp::for_file_name(now + bump)));
        if !target.try_exists()? {
            fs::rename(path, &target)?;
            return Ok(target);
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// `path` with `suffix` appended to its last component.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a file; one that is not there is as good as removed.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
