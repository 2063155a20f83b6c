//! What the scan reports.

use std::fmt;

use crate::place::{Place, Skipped};

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of files and lines.
    pub findings: Vec<Finding>,
    /// The `AppConfig` classes whose `ready()` was followed, as `folder/apps.py:Name`.
    pub configs: Vec<String>,
    /// What was not looked at.
    pub skipped: Vec<Skipped>,
    /// How many Python files there are.
    pub files: usize,
    /// False when a bound ended the scan, so that there may be more.
    pub complete: bool,
}

/// One access to the database, or one guard that does not guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// When it happens.
    pub rule: Rule,
    /// What it does; nothing for a guard.
    pub access: Option<Access>,
    /// Where the database is asked.
    pub place: Place,
    /// The line as it stands there, without its indentation.
    pub code: String,
    /// How the start of the application comes there, outermost first; empty when the place itself is the beginning.
    pub chain: Vec<Step>,
    /// Why this is reported, in one sentence.
    pub reason: String,
}

impl Finding {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }
}

/// When a database is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// From `AppConfig.ready()`, so each start waits for it.
    ReadyDatabase,
    /// While a module is imported, so each start waits for it.
    ImportDatabase,
    /// From a thread or timer that the start begins: the start does not wait, but the file is used at once.
    ThreadDatabase,
    /// A test of `sys.argv` stands before the access and does not hold for each way to start the application.
    ArgvGuard,
}

impl Rule {
    /// The name in lists and tests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadyDatabase => "ready-database",
            Self::ImportDatabase => "import-database",
            Self::ThreadDatabase => "thread-database",
            Self::ArgvGuard => "argv-guard",
        }
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::ReadyDatabase | Self::ImportDatabase | Self::ArgvGuard => Severity::Warning,
            Self::ThreadDatabase => Severity::Note,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Can hold up a start.
    Warning,
}

/// How the database is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// A queryset is evaluated.
    Query,
    /// A row is written or deleted.
    Write,
    /// A connection is opened, or a cursor taken from it.
    Connection,
    /// A transaction begins.
    Transaction,
    /// A management command that uses the database.
    Command,
}

impl Access {
    /// The name in lists and tests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Write => "write",
            Self::Connection => "connection",
            Self::Transaction => "transaction",
            Self::Command => "command",
        }
    }
}

/// One step of the way to an access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The call or import.
    pub place: Place,
    /// What happens there: `PollsConfig.ready()`, `calls load()`, `imports polls.tasks`.
    pub text: String,
}
