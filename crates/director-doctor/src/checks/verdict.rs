//! What a check says.

use std::path::PathBuf;

use director_core::report::{Finding, Holder};
use director_core::spec::ServiceName;
use serde::{Deserialize, Serialize};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It works today, and will not one day.
    Warning,
    /// It does not work.
    Error,
}

/// What may be done about it without asking: nothing that belongs to somebody else is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Create this folder, which is for our own logs.
    CreateFolder(PathBuf),
    /// Give our data folder the rights of a private one.
    MakePrivate(PathBuf),
    /// Put this database into WAL mode, when nobody has it open.
    SetWal(PathBuf),
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is the matter, in one line.
    pub summary: String,
    /// What was seen.
    pub evidence: Vec<String>,
    /// What a person can do.
    pub remedy: Vec<String>,
    /// Where it differs from the check's own.
    pub severity: Option<Severity>,
    /// A restart does not cure it, and a person must act before a start.
    pub blocks: bool,
    /// What `--fix` does.
    pub fix: Option<Fix>,
    /// What a person should not do.
    pub avoid: Vec<String>,
    /// Who holds what the service needs.
    pub holders: Vec<Holder>,
}

impl Problem {
    /// With one line of evidence and one of remedy, as nearly all have.
    pub(crate) fn new(
        summary: impl Into<String>,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            summary: summary.into(),
            evidence: vec![evidence.into()],
            remedy: vec![remedy.into()],
            severity: None,
            blocks: false,
            fix: None,
            avoid: Vec::new(),
            holders: Vec::new(),
        }
    }

    /// What keeps a service from starting, as a start says it.
    pub(crate) fn of_start(finding: Finding) -> Self {
        Self {
            summary: finding.summary,
            evidence: finding.evidence,
            remedy: finding.remedy,
            severity: None,
            blocks: true,
            fix: None,
            avoid: finding.avoid,
            holders: finding.holders,
        }
    }

    pub(crate) fn evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    pub(crate) fn remedy(mut self, line: impl Into<String>) -> Self {
        self.remedy.push(line.into());
        self
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    pub(crate) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// The outcome of one check of one service, or of the director.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well, and this was seen.
    Pass(String),
    /// It does not concern this service.
    Irrelevant,
    /// It could not be looked at, and this is why.
    Unknown(String),
    /// It is not well.
    Found(Problem),
}

impl From<Problem> for Verdict {
    fn from(problem: Problem) -> Self {
        Self::Found(problem)
    }
}

/// How a line of the report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All is well.
    Ok,
    /// See [`Severity::Note`].
    Note,
    /// See [`Severity::Warning`].
    Warning,
    /// See [`Severity::Error`].
    Error,
    /// It could not be looked at.
    Unknown,
}

/// One line of the report. Its JSON form only ever grows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The check's stable code.
    pub code: String,
    /// What it is about.
    pub title: String,
    /// Whose; none for the director itself and the machine.
    pub service: Option<ServiceName>,
    /// How it stands.
    pub state: State,
    /// What was found, in one line.
    pub summary: String,
    /// What was seen.
    pub evidence: Vec<String>,
    /// What a person can do.
    pub remedy: Vec<String>,
    /// What a person should not do.
    pub avoid: Vec<String>,
    /// Who holds what the service needs.
    pub holders: Vec<Holder>,
    /// Whether it keeps a service down until a person acts.
    pub blocks: bool,
    /// Whether `--fix` mends it.
    pub fixable: bool,
    /// What `--fix` did.
    #[serde(default)]
    pub fixed: Option<String>,
    /// What it would do.
    #[serde(skip)]
    pub fix: Option<Fix>,
}

impl Item {
    /// A line of one check; none when it does not concern the service.
    pub(super) fn new(check: &super::Check, service: Option<&ServiceName>, verdict: Verdict) -> Option<Self> {
        let mut item = Self {
            code: check.code.to_owned(),
            title: check.title.to_owned(),
            service: service.cloned(),
            state: State::Ok,
            summary: String::new(),
            evidence: Vec::new(),
            remedy: Vec::new(),
            avoid: Vec::new(),
            holders: Vec::new(),
            blocks: false,
            fixable: false,
            fixed: None,
            fix: None,
        };
        match verdict {
            Verdict::Irrelevant => return None,
            Verdict::Pass(line) => item.summary = line,
            Verdict::Unknown(why) => {
                item.state = State::Unknown;
                item.summary = why;
            }
            Verdict::Found(problem) => {
                item.state = match problem.severity.unwrap_or(check.severity) {
                    Severity::Note => State::Note,
                    Severity::Warning => State::Warning,
                    Severity::Error => State::Error,
                };
                item.summary = problem.summary;
                item.evidence = problem.evidence;
                item.remedy = problem.remedy;
                item.avoid = problem.avoid;
                item.holders = problem.holders;
                item.blocks = problem.blocks;
                item.fixable = problem.fix.is_some();
                item.fix = problem.fix;
            }
        }
        Some(item)
    }
}
