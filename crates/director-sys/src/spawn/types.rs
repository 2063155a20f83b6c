//! What a start needs, what it gives, how it fails.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use super::InputEnd;
use crate::accounts::Account;
use crate::limits::{Limits, Unenforced};
use crate::stdio::OutputEnd;
use crate::tree::Tree;

/// What the child reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdin {
    /// Nothing: the null device.
    #[default]
    Null,
    /// A pipe whose other end is [`Spawned::stdin`].
    Pipe,
}

/// Where the child writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Two pipes, [`Spawned::stdout`] and [`Spawned::stderr`].
    #[default]
    Captured,
    /// Our own standard output and error.
    Inherit,
    /// Nowhere: the null device.
    Null,
}

/// Everything a start needs.
#[derive(Clone, Debug)]
pub struct SpawnRequest {
    /// The program, absolute ([`crate::program::resolve`]).
    pub program: PathBuf,
    /// The arguments after the program's own name.
    pub args: Vec<OsString>,
    /// The working folder.
    pub cwd: PathBuf,
    /// The complete environment; nothing of ours is added but the invocation mark.
    pub env: Vec<(OsString, OsString)>,
    /// The run's mark, set as `DIRECTOR_INVOCATION` in the child's environment.
    pub invocation: String,
    /// What the child reads.
    pub stdin: Stdin,
    /// Where the child writes.
    pub output: Output,
    /// The account to run under; `None` is ours. Windows: `Unsupported`.
    pub user: Option<Account>,
    /// The limit on open files (soft and, if needed and allowed, hard); `None` is the limit we were started with. Where the hard one
    /// may not be raised, it is the limit, and that is told. Windows:
    /// `Unsupported`.
    pub open_files: Option<u64>,
    /// What the whole tree may take.
    pub limits: Limits,
}

/// A started program.
#[derive(Debug)]
pub struct Spawned {
    /// The run's processes.
    pub tree: Tree,
    /// Our end of the standard output, when captured.
    pub stdout: Option<OutputEnd>,
    /// Our end of the standard error, when captured.
    pub stderr: Option<OutputEnd>,
    /// Our end of the standard input, when a pipe.
    pub stdin: Option<InputEnd>,
    /// The limits that the system does not keep for it.
    pub unenforced: Vec<Unenforced>,
}

/// What kind of reason stopped a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnErrorKind {
    /// The program, or the interpreter its first line names, does not exist.
    NotFound,
    /// It exists but is no program this system can run.
    NotExecutable,
    /// We may not execute it, or may not become the wanted account.
    PermissionDenied,
    /// The working folder does not exist, is no folder or may not be entered.
    BadWorkingFolder,
    /// Out of memory, processes, file descriptors or handles: worth another try later.
    OutOfResources,
    /// Anything else; see the source.
    Other,
}

/// A start that failed; no process is left of it.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{}`: {source}", .program.display())]
pub struct SpawnError {
    /// The kind.
    pub kind: SpawnErrorKind,
    /// What the system said.
    pub source: io::Error,
    /// The program that was to be started.
    pub program: PathBuf,
}
