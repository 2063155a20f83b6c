//! Facts that the source of an application tells about it.
//!
//! Each file is parsed once and looked at by itself; only the body of a health endpoint is followed into the functions that it calls.

mod calls;
mod frameworks;
mod health;
mod imports;
mod sqlite;

pub use health::HEALTH_WORDS;

use std::path::Path;

use crate::files;
use crate::place::{Place, Skipped};
use crate::syntax::Source;

/// More source than any application has; what comes after it is not read.
const MAX_TOTAL_BYTES: usize = 128 * 1024 * 1024;

/// What the source says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Where each framework is imported or constructed, first places first; one entry for each framework and file.
    pub frameworks: Vec<FrameworkUse>,
    /// Endpoints whose path ends in `health`, `healthz`, `livez`, `readyz` or the like.
    pub health_routes: Vec<HealthRoute>,
    /// Where connections of SQLite are set up.
    pub sqlite_settings: Vec<SqliteSetting>,
    /// Imported packages that belong neither to Python nor to the project, each with its first place, by name.
    pub imports: Vec<Import>,
    /// What was not looked at.
    pub skipped: Vec<Skipped>,
    /// How many files were read.
    pub files: usize,
    /// False when a bound ended the search.
    pub complete: bool,
}

/// A web framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framework {
    /// FastAPI, and Starlette below it.
    FastApi,
    /// Flask, and Quart with the same manner.
    Flask,
    /// Django.
    Django,
}

/// A file that uses a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkUse {
    /// Which one.
    pub framework: Framework,
    /// The import, or the construction of the application where there is one.
    pub place: Place,
    /// The name of the variable that holds the application (`app` in `app = FastAPI()`).
    pub application: Option<String>,
}

/// An endpoint for health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthRoute {
    /// As written in the source, with a leading slash; the prefix of a router is not added.
    pub path: String,
    /// Whose manner of routing it is.
    pub framework: Framework,
    /// The decorator or the entry of `urlpatterns`.
    pub place: Place,
    /// What it asks of the database.
    pub database: DatabaseCheck,
}

/// What the body of an endpoint, and the functions of the project that it calls, ask of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseCheck {
    /// The body could not be found.
    Unknown,
    /// Nothing.
    None,
    /// At most a query that reads no table, such as `SELECT 1`, which succeeds on a locked or corrupt SQLite file.
    WithoutTable,
    /// A query that reads the file.
    Query,
}

/// What a connection of SQLite is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SqliteOption {
    /// How long a statement waits for a lock.
    BusyTimeout,
    /// When it waits for the disk.
    Synchronous,
    /// WAL or a rollback journal.
    JournalMode,
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingManner {
    /// A `PRAGMA` in a function that listens to SQLAlchemy's `connect` event or Django's `connection_created`: each connection.
    OnConnect,
    /// A `PRAGMA` elsewhere: the connection at hand.
    Pragma,
    /// `OPTIONS` of Django's `DATABASES`, by `timeout` or `init_command`.
    DjangoOptions,
    /// `connect_args` of SQLAlchemy's `create_engine`.
    ConnectArgs,
    /// The argument of `sqlite3.connect` or `aiosqlite.connect`.
    Connect,
}

/// Where a connection is told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteSetting {
    /// What.
    pub option: SqliteOption,
    /// How.
    pub manner: SettingManner,
    /// As written; a `timeout` of Python is in seconds, a `PRAGMA busy_timeout` in milliseconds.
    pub value: Option<String>,
    /// Where.
    pub place: Place,
}

/// An imported package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The first word of the dotted name, which need not be the name in the package index (`yaml` comes with `PyYAML`).
    pub package: String,
    /// The first place that imports it.
    pub place: Place,
    /// Whether every import of it stands in a `try`, so that the application can do without.
    pub optional: bool,
}

/// A file that was parsed.
#[derive(Debug, Clone, Copy)]
struct Parsed<'a> {
    file: &'a Path,
    source: &'a Source,
}

/// Reads the Python source below `root`.
pub fn facts(root: &Path) -> Facts {
    let listing = files::list(root);
    let mut facts = Facts {
        skipped: listing.skipped,
        complete: listing.complete,
        ..Facts::default()
    };
    let own = imports::Own::of(&listing.python);
    let mut imports = imports::Collected::default();
    let mut bytes = 0;
    let mut followed = health::Followed::new(root, &listing.python);
    for file in &listing.python {
        let source = match files::read(root, file).and_then(|text| Source::parse(file, text)) {
            Ok(source) => source,
            Err(skipped) => {
                facts.skipped.push(skipped);
                continue;
            }
        };
        bytes += source.text.len();
        if bytes > MAX_TOTAL_BYTES {
            facts.complete = false;
            break;
        }
        facts.files += 1;
        let parsed = Parsed {
            file,
            source: &source,
        };
        imports.add(parsed, &own);
        facts.frameworks.extend(frameworks::find(parsed));
        facts.sqlite_settings.extend(sqlite::find(parsed));
        facts.health_routes.extend(health::find(parsed, &mut followed));
    }
    facts.imports = imports.finish();
    facts
}

/// Whether a file belongs to tests, which say nothing about the application as it runs.
pub(crate) fn is_test(file: &Path) -> bool {
    const FOLDERS: &[&str] = &[
        "test",
        "tests",
        "testing",
        "testproject",
        "testapp",
        "test_project",
    ];
    let in_folder = file.parent().is_some_and(|folder| {
        folder.components().any(|part| {
            part.as_os_str()
                .to_str()
                .is_some_and(|part| FOLDERS.contains(&part))
        })
    });
    let name = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    in_folder || name == "conftest" || name == "tests" || name.starts_with("test_") || name.ends_with("_test")
}
