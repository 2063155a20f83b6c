//! `[service.NAME.watch]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// `watch.action`: what a change leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchAction {
    /// A new run.
    #[default]
    Restart,
    /// This command, beside the run, which goes on.
    Exec {
        /// Program and arguments. Never empty.
        command: Vec<String>,
        /// How long it may take.
        timeout_ms: Millis,
    },
}

/// `[service.NAME.watch]`, when it is enabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchSpec {
    /// Folders, with all below them, and files; absolute. Never empty.
    pub paths: Vec<PathBuf>,
    /// Files that count, as globs against the path below its folder; `*` crosses folders.
    pub patterns: Vec<String>,
    /// Files and folders that do not count, likewise.
    pub ignore: Vec<String>,
    /// A change counts when nothing else has changed for so long. Never 0.
    pub debounce_ms: Millis,
    /// While changes go on without a pause, what changed counts after this time.
    pub longest_ms: Millis,
    /// Looks at all files this often instead of waiting for the system's word.
    pub poll_ms: Option<Millis>,
    /// What a change leads to.
    #[serde(default)]
    pub action: WatchAction,
    /// A command that must succeed before anything is done for a change.
    pub validate: Option<Vec<String>>,
    /// How long that may take.
    pub validate_timeout_ms: Millis,
}

impl WatchSpec {
    /// The defaults around what is watched.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            paths,
            patterns: texts(&["*.py", "*.html", "*.js", "*.css"]),
            ignore: texts(&["*.pyc", "*__pycache__*", "*.log", "*.db*"]),
            debounce_ms: 2_000,
            longest_ms: 30_000,
            poll_ms: None,
            action: WatchAction::Restart,
            validate: None,
            validate_timeout_ms: 30_000,
        }
    }
}
