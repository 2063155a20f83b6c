//! What a check came to.

use director_core::report::Finding;
use serde::Serialize;

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// A stable word: `program`, `folder`, `logs`, `disk`, `port`, `database-folder`, `database`, `holders`.
    pub name: &'static str,
    /// What it came to.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// All is well, in a line.
    Ok {
        /// The line.
        line: String,
    },
    /// Something is not as it should be, and does not forbid a start.
    Warned {
        /// What.
        finding: Finding,
    },
    /// A start would not succeed.
    Found {
        /// Why.
        finding: Finding,
    },
}

impl Outcome {
    pub(super) fn ok(line: impl Into<String>) -> Self {
        let line = line.into();
        Self::Ok { line }
    }

    pub(super) fn found(finding: Finding) -> Self {
        Self::Found { finding }
    }

    pub(super) fn warned(finding: Finding) -> Self {
        Self::Warned { finding }
    }
}
