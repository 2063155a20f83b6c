//! The helper: what it may be asked for, and its answers.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{check, status};

/// The hidden subcommand of the director that runs [`helper_main`].
pub const SUBCOMMAND: &str = "__database-check";
/// The helper is killed after this long.
pub const LIMIT: Duration = Duration::from_secs(5);

/// What a helper is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Whether a service that is down can use it. Answered by an [`Answer`].
    Check,
    /// The same, and put it into WAL mode if nobody has it open.
    CheckWal,
    /// The same as [`Task::Check`], changing nothing, not even what SQLite changes by itself.
    Look,
    /// What state it is in. Answered by a [`Status`](super::Status).
    Status,
    /// Put it into WAL mode. Answered by a [`Changed`](super::Changed).
    SetWal,
}

impl Task {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Check, "check"),
        (Self::CheckWal, "check-wal"),
        (Self::Look, "look"),
        (Self::Status, "status"),
        (Self::SetWal, "set-wal"),
    ];

    fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(task, _)| *task == self);
        found.map_or("check", |(_, word)| word)
    }
}

/// Whether a service can use its database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The verdict.
    #[serde(flatten)]
    pub state: State,
    /// What is worth saying beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The verdict of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// Free, or not there yet.
    Usable,
    /// Somebody holds a lock.
    Locked {
        /// Who, where the system tells.
        pid: Option<u32>,
    },
    /// It cannot be used, and this is why.
    Unusable {
        /// What SQLite or the system said.
        error: String,
    },
}

impl Answer {
    pub(super) fn usable() -> Self {
        let state = State::Usable;
        Self { state, note: None }
    }

    pub(super) fn noted(note: &str) -> Self {
        let note = Some(note.to_owned());
        Self {
            note,
            ..Self::usable()
        }
    }

    pub(super) fn locked(pid: Option<u32>) -> Self {
        let state = State::Locked { pid };
        Self { state, note: None }
    }

    pub(super) fn unusable(error: &dyn std::fmt::Display) -> Self {
        let error = error.to_string();
        let state = State::Unusable { error };
        Self { state, note: None }
    }
}

/// The helper's command line.
#[must_use]
pub fn helper_command(director: &Path, task: Task, file: &Path) -> Vec<String> {
    [
        &*director.to_string_lossy(),
        SUBCOMMAND,
        task.word(),
        &*file.to_string_lossy(),
    ]
    .map(str::to_owned)
    .into()
}

/// What the hidden subcommand runs; prints one line of JSON and returns the exit code.
#[must_use]
pub fn helper_main(args: &[OsString]) -> i32 {
    let [word, path] = args else { return 2 };
    let path = Path::new(path);
    let Some((task, _)) = Task::ALL.into_iter().find(|(_, known)| word == known) else {
        return 2;
    };
    let line = match task {
        Task::Check => serde_json::to_string(&check::check(path, false)),
        Task::CheckWal => serde_json::to_string(&check::check(path, true)),
        Task::Look => serde_json::to_string(&check::look(path)),
        Task::Status => serde_json::to_string(&status::read(path)),
        Task::SetWal => serde_json::to_string(&status::change(path)),
    };
    match line {
        Ok(line) => {
            println!("{line}");
            0
        }
        Err(_) => 1,
    }
}
