//! What `director sqlite` shows, read from the file's bytes: SQLite does not open it for that.

use std::path::Path;

use director_core::report::Holder;
use serde::{Deserialize, Serialize};

use super::file::{self, JournalMode, beside, has_hot_journal, size_beside};
use super::locks::{self, Locked};
use super::{check, file::Header};

/// The state of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The file.
    pub file: String,
    /// Whether it is there.
    pub exists: bool,
    /// Its size.
    pub bytes: u64,
    /// How it keeps its changes; none where the file is empty or cannot be read.
    pub journal_mode: Option<JournalMode>,
    /// The size of a page.
    pub page_bytes: u32,
    /// Its pages, as of the last change that is in the file itself.
    pub pages: u32,
    /// Pages without content, which VACUUM would give back.
    pub free_pages: u32,
    /// The size of the `-wal`, if there is one.
    pub wal_bytes: Option<u64>,
    /// Whether there is a `-shm`.
    pub shm: bool,
    /// Whether a `-journal` with content lies beside it: a writer is at work, or was cut off.
    pub hot_journal: bool,
    /// The lock that keeps a writer out.
    pub locked: Option<Locked>,
    /// Who has it open. Filled in by who asks, since it takes other rights and another helper.
    pub holders: Vec<Holder>,
    /// What could not be learned, one sentence each.
    pub partial: Vec<String>,
}

/// What became of a wish for WAL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Changed {
    /// It is in WAL mode now.
    Set,
    /// It was before.
    Already,
    /// Nothing was changed.
    Refused {
        /// Why, in a clause.
        why: String,
        /// Whether somebody stands in the way, who can be asked to leave.
        held: bool,
    },
}

pub(super) fn read(path: &Path) -> Status {
    let mut status = Status {
        file: path.display().to_string(),
        exists: path.exists(),
        ..Status::default()
    };
    if !status.exists {
        return status;
    }
    status.bytes = std::fs::metadata(path).map_or(0, |meta| meta.len());
    status.wal_bytes = size_beside(path, "-wal");
    status.shm = beside(path, "-shm").exists();
    status.hot_journal = has_hot_journal(path);
    match file::header(path) {
        Ok(Some(header)) => take(&mut status, header),
        Ok(None) => {}
        Err(error) => status.partial.push(format!("its header: {error}")),
    }
    match locks::look(path) {
        Ok(locked) => status.locked = locked,
        Err(error) => status.partial.push(format!("its locks: {error}")),
    }
    status
}

fn take(status: &mut Status, header: Header) {
    status.journal_mode = Some(header.mode);
    status.page_bytes = header.page_bytes;
    status.pages = header.pages;
    status.free_pages = header.free_pages;
}

pub(super) fn change(path: &Path) -> Changed {
    let refused = |why: String, held| Changed::Refused { why, held };
    if !path.exists() {
        return refused(
            "there is no such file, and the application creates it".to_owned(),
            false,
        );
    }
    match file::header(path) {
        Ok(Some(header)) if header.mode == JournalMode::Wal => return Changed::Already,
        Ok(_) => {}
        Err(error) => return refused(error.to_string(), false),
    }
    match locks::look_for(path, check::BUSY) {
        Ok(None) => {}
        Ok(Some(_)) => return refused("it is locked".to_owned(), true),
        Err(error) => return refused(error.to_string(), false),
    }
    match check::set_wal(path) {
        Ok(_) => Changed::Set,
        Err(refusal) => refused(refusal.why, refusal.held),
    }
}
