//! The vocabulary shared by the state machine, the journal, the API and the command line.

use serde::{Deserialize, Serialize};

/// What the operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// It shall run.
    Up,
    /// It shall not.
    Down,
}

/// What is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseName {
    /// Down, nothing to do.
    Idle,
    /// Waits for a dependency.
    Waiting,
    /// A finding that needs a person.
    Blocked,
    /// Checks before the start, the start, and until proven.
    Starting,
    /// Proven alive.
    Running,
    /// On the ladder, or emptying its tree.
    Stopping,
    /// Waits before the next run.
    Backoff,
    /// The policy forbids a restart, or the program cannot be executed.
    Failed,
    /// A oneshot that succeeded.
    Completed,
}

/// What the probe says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// No answer yet, or no probe.
    #[default]
    Unknown,
    /// Well.
    Healthy,
    /// Answers, but says that something is wrong; never restarts.
    Degraded,
    /// The last probe failed.
    Unhealthy,
}

/// The number of one incarnation of a service, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNumber(pub u64);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitKind {
    /// By itself, with this code.
    Code(i64),
    /// By this signal.
    Signal(i32),
    /// Ended, but nobody could learn how.
    Unknown,
}

impl std::fmt::Display for ExitKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // Windows status codes (0xC0000005 …) are known by their hexadecimal form.
            Self::Code(code) if *code > 0xFFFF => write!(f, "exit code 0x{code:08X}"),
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => match signal_name(*number) {
                Some(name) => write!(f, "signal {name}"),
                None => write!(f, "signal {number}"),
            },
            Self::Unknown => f.write_str("an unknown exit status"),
        }
    }
}

impl ExitKind {
    /// In one word, for programs: the exit code, `signal:SIGTERM`, `unknown`.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Signal(number) => match signal_name(number) {
                Some(name) => format!("signal:{name}"),
                None => format!("signal:{number}"),
            },
            Self::Unknown => "unknown".to_owned(),
        }
    }
}

/// The names of the signals that end processes on Linux (signal(7), x86 and ARM numbering).
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// Why a run is being ended, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// `director stop`.
    Operator,
    /// `director restart`.
    OperatorRestart,
    /// Watched files changed.
    FilesChanged,
    /// What it requires has a new run, and `restart_with` is set.
    DependencyRestarted,
    /// Its schedule says so.
    Schedule,
    /// It has been up for `limits.max_age`.
    MaxAge,
    /// It takes more memory than `limits.restart_above`.
    MemoryAbove,
    /// It takes more memory than `limits.memory`.
    MemoryLimit,
    /// A reload brought a new definition of its program.
    Reload,
    /// It is no longer in the configuration.
    Removed,
    /// The probe failed too often.
    Unhealthy,
    /// Another process answers in its place.
    StaleTwin,
    /// The director shuts down.
    Shutdown,
    /// The operating system shuts down.
    SystemShutdown,
    /// The first process ended; the rest of its tree follows.
    MainExited,
    /// The spawn half succeeded; what there is must go.
    SpawnAborted,
}

impl StopReason {
    /// In one word, for programs; the same as in the journal.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::OperatorRestart => "operator-restart",
            Self::FilesChanged => "files-changed",
            Self::DependencyRestarted => "dependency-restarted",
            Self::Schedule => "schedule",
            Self::MaxAge => "max-age",
            Self::MemoryAbove => "memory-above",
            Self::MemoryLimit => "memory-limit",
            Self::Reload => "reload",
            Self::Removed => "removed",
            Self::Unhealthy => "unhealthy",
            Self::StaleTwin => "stale-twin",
            Self::Shutdown => "shutdown",
            Self::SystemShutdown => "system-shutdown",
            Self::MainExited => "main-exited",
            Self::SpawnAborted => "spawn-aborted",
        }
    }
}
