//! Who has a file open: asked in a short-lived helper of its own, since the search looks into other processes and may hang.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use director_core::report::{Holder, HolderState};
use director_core::time::WallTime;
use director_sys::file_holders::{self, FileHolder, HolderSearch, LockKind};
use director_sys::identity::ProcessInfo;
use serde::{Deserialize, Serialize};

use crate::database::beside;

/// The hidden subcommand of the director that runs [`helper_main`].
pub const SUBCOMMAND: &str = "__holders";
/// The helper is killed after this long.
pub const LIMIT: Duration = Duration::from_secs(2);

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Each process once, with the first of the files that it has.
    pub holders: Vec<Holder>,
    /// The pids of those that keep others out by a lock, where the system tells.
    pub lockers: Vec<u32>,
    /// What could not be looked at, one sentence each.
    pub partial: Vec<String>,
}

/// The files of a database that somebody may have open.
#[must_use]
pub fn files_of(database: &Path) -> Vec<PathBuf> {
    let beside = ["-wal", "-shm", "-journal"].map(|suffix| beside(database, suffix));
    std::iter::once(database.to_owned()).chain(beside).collect()
}

/// The helper's command line.
#[must_use]
pub fn helper_command(director: &Path, files: &[PathBuf]) -> Vec<String> {
    let files = files.iter().map(|file| file.to_string_lossy().into_owned());
    [director.to_string_lossy().into_owned(), SUBCOMMAND.to_owned()]
        .into_iter()
        .chain(files)
        .collect()
}

/// What the hidden subcommand runs; prints one line of JSON and returns the exit code.
#[must_use]
pub fn helper_main(args: &[OsString]) -> i32 {
    let files: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
    match serde_json::to_string(&search(&files)) {
        Ok(line) => {
            println!("{line}");
            0
        }
        Err(_) => 1,
    }
}

/// What the helper's output means; a search that failed has found nobody, and says so.
#[must_use]
pub fn understood(output: Result<Vec<u8>, String>) -> Found {
    let told = output.and_then(|output| serde_json::from_slice(&output).map_err(|error| error.to_string()));
    told.unwrap_or_else(|error| unknown(&error))
}

fn unknown(error: &dyn std::fmt::Display) -> Found {
    Found {
        partial: vec![format!("who has it open could not be found out: {error}")],
        ..Found::default()
    }
}

/// The search itself, without this process.
fn search(files: &[PathBuf]) -> Found {
    let HolderSearch { holders, partial } = match file_holders::find(files) {
        Ok(search) => search,
        Err(error) => return unknown(&error),
    };
    let mut found = Found {
        partial,
        ..Found::default()
    };
    for FileHolder { process, file, lock } in holders {
        let pid = process.id.pid;
        let locks = lock == Some(LockKind::Exclusive);
        match found.holders.iter_mut().find(|known| known.pid == pid) {
            None => found.holders.push(of(&process, Some(&file))),
            // The file that it locks says more.
            Some(known) if locks && !found.lockers.contains(&pid) => *known = of(&process, Some(&file)),
            Some(_) => {}
        }
        if locks {
            found.lockers.push(pid);
        }
    }
    found
}

/// Who else has a database open, for a helper that is about to change it.
pub(crate) fn others(database: &Path) -> Vec<Holder> {
    search(&files_of(database)).holders
}

/// A process as a finding tells it.
#[must_use]
pub fn of(process: &ProcessInfo, file: Option<&Path>) -> Holder {
    Holder {
        pid: process.id.pid,
        start: process.id.start,
        name: process.name.clone(),
        user: process.user.clone(),
        file: file.map(|file| file.display().to_string()),
        since: process.started_unix_ms.map(WallTime),
        state: match (process.exiting, process.frozen) {
            (true, _) => HolderState::Exiting,
            (false, true) => HolderState::Suspended,
            (false, false) => HolderState::Alive,
        },
    }
}

/// `python.exe (pid 4312), user alice, suspended`, for a summary.
#[must_use]
pub fn brief(holder: &Holder) -> String {
    let state = match holder.state {
        HolderState::Alive => String::new(),
        HolderState::Suspended | HolderState::Exiting => format!(", {}", holder.state.word()),
    };
    let user = holder.user.as_deref().map(|user| format!(", user {user}"));
    format!(
        "{} (pid {}{}{state})",
        holder.name,
        holder.pid,
        user.unwrap_or_default()
    )
}
