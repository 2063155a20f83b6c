//! One fault, and the list of all.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::codes::Code;

/// Whether a diagnostic forbids the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not; a person should know.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One fault, with everything a person needs to cure it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The file it is in: the configuration, or an env_file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes in the file's text.
    pub span: Range<usize>,
    /// The full key, such as `service.web.health.interval`; empty when the fault concerns none.
    pub key: String,
    /// What is wrong, in one lower-case sentence.
    pub message: String,
    /// What was found; never a value of the environment.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
    /// What to do, when it can be said.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at the beginning of `file`; the caller fills in the rest.
    pub(crate) fn new(code: Code, file: &Path, message: String) -> Self {
        Self {
            code,
            severity: Severity::Error,
            file: file.to_owned(),
            line: 1,
            column: 1,
            span: 0..0,
            key: String::new(),
            message,
            found: String::new(),
            allowed: String::new(),
            help: None,
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "code": self.code.as_str(),
            "severity": self.severity.as_str(),
            "file": self.file.display().to_string(),
            "line": self.line,
            "column": self.column,
            "span": { "start": self.span.start, "end": self.span.end },
            "key": self.key,
            "message": self.message,
            "found": self.found,
            "allowed": self.allowed,
            "help": self.help,
        })
    }
}

/// All faults of one configuration, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The faults; at most 200.
    pub list: Vec<Diagnostic>,
    /// How many more there were.
    pub omitted: usize,
    /// The configuration file.
    pub(crate) file: PathBuf,
    /// The text that is quoted: the configuration's, with every value of an environment masked.
    pub(crate) quoted: String,
}

impl Diagnostics {
    /// Faults of a file whose text cannot be quoted.
    pub(crate) fn of_file(list: Vec<Diagnostic>, file: &Path) -> Self {
        Self {
            list,
            file: file.to_owned(),
            ..Self::default()
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many there are of one severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.list
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    }

    /// All of them for a terminal: each with its quoted line, and a line that counts them.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        crate::render::render(self, color)
    }

    /// An array of objects with the fields of [`Diagnostic`]; only ever grows.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.list.iter().map(Diagnostic::to_json).collect()
    }

    /// `2 errors and 1 warning in director.toml`.
    #[must_use]
    pub fn summary(&self) -> String {
        let plural = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        let counted = match (errors, warnings) {
            (errors, 0) => plural(errors, "error"),
            (0, warnings) => plural(warnings, "warning"),
            (errors, warnings) => format!("{} and {}", plural(errors, "error"), plural(warnings, "warning")),
        };
        let more = match self.omitted {
            0 => String::new(),
            omitted => format!(", {omitted} more not shown"),
        };
        format!("{counted} in {}{more}", self.file.display())
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
