//! What was found.

/// What an application is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// FastAPI.
    FastApi,
    /// Flask.
    Flask,
    /// Django.
    Django,
    /// Node.
    Node,
    /// .NET.
    DotNet,
    /// A Python script without any of these.
    Script,
    /// A plain executable.
    Program,
}

impl Framework {
    /// As a person says it, with its article.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::FastApi => "a FastAPI application",
            Self::Flask => "a Flask application",
            Self::Django => "a Django project",
            Self::Node => "a Node application",
            Self::DotNet => "a .NET application",
            Self::Script => "a Python script",
            Self::Program => "a program",
        }
    }

    /// As JSON has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::FastApi => "fastapi",
            Self::Flask => "flask",
            Self::Django => "django",
            Self::Node => "node",
            Self::DotNet => "dotnet",
            Self::Script => "script",
            Self::Program => "program",
        }
    }

    /// Whether it runs on Python.
    #[must_use]
    pub fn is_python(self) -> bool {
        match self {
            Self::FastApi | Self::Flask | Self::Django | Self::Script => true,
            Self::Node | Self::DotNet | Self::Program => false,
        }
    }
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Below the folder, with `/`.
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    /// What stands there, short.
    pub what: String,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            write!(f, "{} {}", self.file, self.what)
        } else {
            write!(f, "{}:{} has `{}`", self.file, self.line, self.what)
        }
    }
}

/// A text that may depend on the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// As it is.
    Text(String),
    /// The port.
    Port,
    /// `0.0.0.0:PORT`.
    Bind,
    /// `http://0.0.0.0:PORT`.
    Url,
}

impl Word {
    /// With the port put in.
    #[must_use]
    pub fn with(&self, port: u16) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Port => port.to_string(),
            Self::Bind => format!("0.0.0.0:{port}"),
            Self::Url => format!("http://0.0.0.0:{port}"),
        }
    }
}

/// Words without a port.
pub(super) fn words(texts: &[&str]) -> Vec<Word> {
    texts.iter().map(|text| Word::Text((*text).to_owned())).collect()
}

/// What is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// A file below the folder, with `/`.
    File(String),
    /// One of these bare names, the first that `PATH` has.
    Search(Vec<String>),
}

/// A TCP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Where it is named; none when nothing names one and the command decides.
    pub named: Option<Seen>,
}

/// What a health route answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A `status` of `healthy` or `degraded`.
    Status,
    /// A `status` with these other values.
    Other(Vec<String>),
    /// No such `status`, or none that can be read from the source.
    Nothing,
}

/// A health route in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its path, such as `/health`.
    pub path: String,
    /// Where.
    pub seen: Seen,
    /// What it answers.
    pub says: Says,
}

/// Set-up work of the database that must be done before the application starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What follows the interpreter.
    pub arguments: Vec<String>,
    /// Why it is known.
    pub seen: Seen,
}

/// One way to run what the folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it is made with.
    pub framework: Framework,
    /// Where it was seen.
    pub seen: Seen,
    /// Its working folder below the root, with `/`; empty for the root itself.
    pub cwd: String,
    /// What is executed.
    pub launch: Launch,
    /// What follows.
    pub arguments: Vec<Word>,
    /// Variables it needs.
    pub env: Vec<(String, Word)>,
    /// The port it listens on; none when it is not known to listen at all.
    pub port: Option<Port>,
    /// Its health route.
    pub health: Option<Route>,
    /// Its SQLite file, below the root with `/`, or absolute.
    pub database: Option<String>,
    /// Its migrations.
    pub migration: Option<Migration>,
    /// The application as `module:name`, where it has such a name.
    pub target: Option<String>,
    /// Where a new module of the application belongs: a folder below the root, and the package it is in (empty: none).
    pub place: Option<(String, String)>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
    /// The higher the likelier.
    pub(super) likelihood: i32,
}

impl Candidate {
    pub(super) fn new(framework: Framework, seen: Seen, launch: Launch) -> Self {
        Self {
            framework,
            seen,
            cwd: String::new(),
            launch,
            arguments: Vec::new(),
            env: Vec::new(),
            port: None,
            health: None,
            database: None,
            migration: None,
            target: None,
            place: None,
            notes: Vec::new(),
            likelihood: 0,
        }
    }
}
