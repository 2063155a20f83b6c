//! The exit codes, declared once: commands return them, `--help` and docs/cli.md list them.

/// How a command ended, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; for `status`: every goal is met.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is invalid or not to be found.
    ConfigInvalid = 3,
    /// No director is running.
    NotRunning = 4,
    /// Needs Administrator or root, or was refused for safety.
    Refused = 5,
    /// Blocked: a person must act.
    Blocked = 6,
    /// A director already runs for this configuration.
    AlreadyRuns = 7,
    /// Not settled in time.
    TimedOut = 8,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// One of several services decides the exit code of all: the one that most needs a person to look.
    #[must_use]
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Done => 0,
            Self::TimedOut => 1,
            Self::Blocked => 2,
            Self::Failed => 3,
            Self::Usage | Self::ConfigInvalid | Self::NotRunning | Self::Refused | Self::AlreadyRuns => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// The end of `director --help`.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done                                     5  needs Administrator or root, or refused for safety
  1  failed                                   6  blocked: a person must act
  2  wrong usage                              7  a director already runs for this configuration
  3  the configuration is invalid             8  timed out
  4  no director is running";
