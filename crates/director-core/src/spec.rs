//! What the configuration asks of a service: plain, validated values.
//!
//! `director-config` builds these from TOML; the core acts on them. Defaults live here, once, and both the config
//! crate and the generated schema read them from here. The values are those of the table in the product contract.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::time::Millis;

mod dependency;
mod hooks;
mod instance;
mod limits;
mod probe;
mod schedule;
mod watch;

pub use dependency::{Condition, Dependency};
pub use hooks::{HookName, HookSpec, HooksSpec};
pub use instance::Instance;
pub use limits::{Limit, LimitsSpec, Priority, Samples};
pub use probe::{AnyProbe, HealthSpec, HttpSpec, ProbeKind, ProbeRole, ProbeSpec, StatusRange};
pub use schedule::{ScheduleSpec, WindowSpec};
pub use watch::{WatchAction, WatchSpec};

/// The name of a service: `[service.NAME]`. Letters, digits, `-`, `_` and `.`, at most 64 bytes, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(String);

/// Why a text is no service name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// The text is empty.
    Empty,
    /// Longer than 64 bytes.
    TooLong,
    /// This character may not stand at this place.
    BadCharacter(char),
    /// A file name that Windows reserves for a device (`con`, `nul`, `com1` …); names become file and folder names.
    Reserved,
}

impl ServiceName {
    /// Checks `text` and makes it a name.
    ///
    /// # Errors
    /// The first [`NameFault`] found.
    pub fn new(text: &str) -> Result<Self, NameFault> {
        if text.is_empty() {
            return Err(NameFault::Empty);
        }
        if text.len() > 64 {
            return Err(NameFault::TooLong);
        }
        for (index, found) in text.chars().enumerate() {
            let inner = matches!(found, '-' | '_' | '.');
            if !(found.is_ascii_alphanumeric() || (inner && index > 0)) {
                return Err(NameFault::BadCharacter(found));
            }
        }
        if text.ends_with('.') {
            return Err(NameFault::BadCharacter('.'));
        }
        if is_reserved(text) {
            return Err(NameFault::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ServiceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Windows device names, which no file may bear, with or without an extension (Naming Files, Paths, and Namespaces).
fn is_reserved(text: &str) -> bool {
    let stem = text.split('.').next().unwrap_or(text).to_ascii_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || ((stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.len() == 4
            && stem.as_bytes()[3].is_ascii_digit())
}

/// `kind`: what sort of program a service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Runs until it is stopped.
    #[default]
    Daemon,
    /// Set-up work that ends, such as migrations.
    Oneshot,
}

/// `restart.when`: after which exits a new run starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartWhen {
    /// After every exit.
    #[default]
    Always,
    /// After an exit code outside `success_exit_codes`, a signal, or a hang.
    OnFailure,
    /// Never.
    Never,
}

/// `restart.window`: which earlier restarts the throttle counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThrottleWindow {
    /// All since a run last stayed up for `stable_after`.
    #[default]
    Run,
    /// Those younger than `stable_after`: the algorithm of the original specification, to the letter.
    Sliding,
}

/// `[service.NAME.restart]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartSpec {
    /// Waits before the first, second, … restart; the last repeats. Never empty.
    pub backoff_ms: Vec<Millis>,
    /// A run that stayed up this long clears the count.
    pub stable_after_ms: Millis,
    /// Which restarts count.
    pub window: ThrottleWindow,
    /// After which exits.
    pub when: RestartWhen,
    /// Exit codes that are no failure.
    pub success_exit_codes: Vec<i64>,
    /// After this many consecutive counted restarts the service is `failed`; none: never.
    pub max: Option<u32>,
}

impl Default for RestartSpec {
    fn default() -> Self {
        Self {
            backoff_ms: vec![0, 30_000, 60_000, 120_000, 300_000],
            stable_after_ms: 600_000,
            window: ThrottleWindow::Run,
            when: RestartWhen::Always,
            success_exit_codes: vec![0],
            max: None,
        }
    }
}

/// One way to ask a run to end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RungKind {
    /// A unix signal by its lower-case short name: `term`, `int`, `quit`, `hup`, `usr1`, `usr2`.
    Signal(String),
    /// Windows: Ctrl-C in the service's console.
    CtrlC,
    /// Windows: Ctrl-Break in the service's console.
    CtrlBreak,
    /// Windows: WM_CLOSE to the top-level windows of the tree.
    Close,
    /// An HTTP POST to this URL.
    Http(String),
    /// A command, run in the service's folder and environment.
    Exec(Vec<String>),
    /// This text on the service's standard input; an empty text closes it.
    Stdin(String),
    /// The end: SIGKILL, or TerminateJobObject, to the whole tree.
    Terminate,
}

/// One rung of the stop ladder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rung {
    /// The way.
    pub kind: RungKind,
    /// How long to wait before the next rung. Unused for [`RungKind::Terminate`].
    pub grace_ms: Millis,
}

/// `stop.to`: whom the rungs address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopTarget {
    /// The process group, or everything attached to the console.
    #[default]
    Group,
    /// The first process alone, where the system can tell them apart.
    Main,
}

/// `[service.NAME.stop]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopSpec {
    /// The rungs in order. The last is always [`RungKind::Terminate`].
    pub ladder: Vec<Rung>,
    /// Whom they address.
    pub to: StopTarget,
}

/// `run.follow`: what ends a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Follow {
    /// The end of the first process.
    #[default]
    Main,
    /// The end of the last process of the tree, for programs that daemonise.
    Tree,
}

/// `[service.NAME.database]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSpec {
    /// The SQLite file.
    pub sqlite: PathBuf,
    /// Whether to put the file into WAL mode before a start.
    pub wal: bool,
    /// `synchronous` that the application should use; belongs to each connection and cannot be set from outside.
    pub synchronous: String,
    /// `busy_timeout` that the application should use; belongs to each connection likewise.
    pub busy_timeout_ms: Millis,
}

/// `[service.NAME.log]`: what becomes of the output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSpec {
    /// A file that reaches this size is rotated at the next line end.
    pub max_file_bytes: u64,
    /// All files of one service together; the oldest go first.
    pub max_total_bytes: u64,
    /// Whether rotated files are compressed with gzip.
    pub gzip: bool,
    /// Whether each line in the file begins with a UTC timestamp.
    pub timestamps: bool,
}

impl Default for LogSpec {
    fn default() -> Self {
        Self {
            max_file_bytes: 10 << 20,
            max_total_bytes: 100 << 20,
            gzip: false,
            timestamps: false,
        }
    }
}

/// One service, complete and validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Its name.
    pub name: ServiceName,
    /// Its kind.
    pub kind: Kind,
    /// Program and arguments. Never empty.
    pub command: Vec<String>,
    /// Working folder, absolute.
    pub cwd: PathBuf,
    /// Variables added to the director's own environment (`env_file` first, `env` over it).
    pub env: BTreeMap<String, String>,
    /// Account to run as (Linux).
    pub user: Option<String>,
    /// Address the service binds, for the port check.
    pub host: String,
    /// TCP port checked before each start.
    pub port: Option<u16>,
    /// Whether the service starts with the director.
    pub autostart: bool,
    /// What ends a run.
    pub follow: Follow,
    /// Whether standard input is a pipe (needed by a `stdin` rung) instead of empty.
    pub stdin_pipe: bool,
    /// The throttle and policy.
    pub restart: RestartSpec,
    /// The ladder.
    pub stop: StopSpec,
    /// The liveness probe.
    pub health: Option<HealthSpec>,
    /// Further probes.
    #[serde(default)]
    pub probes: Vec<ProbeSpec>,
    /// The database to check before a start.
    pub database: Option<DatabaseSpec>,
    /// The output's files.
    pub log: LogSpec,
    /// The files whose change restarts it.
    #[serde(default)]
    pub watch: Option<WatchSpec>,
    /// Planned times and maintenance windows.
    #[serde(default)]
    pub schedule: Option<ScheduleSpec>,
    /// What a run may take.
    #[serde(default)]
    pub limits: LimitsSpec,
    /// Commands that run before, beside and after its runs.
    #[serde(default)]
    pub hooks: HooksSpec,
    /// Modules that its Python must be able to import; only the doctor looks.
    #[serde(default)]
    pub python_requires: Vec<String>,
    /// What must be there before a run of it begins. Without a cycle, as all of it.
    #[serde(default)]
    pub requires: Vec<Dependency>,
    /// What goes first, if it is on its way at all.
    #[serde(default)]
    pub after: Vec<Dependency>,
    /// Whether a new run of what it requires restarts it.
    #[serde(default)]
    pub restart_with: bool,
    /// Set when it is one of several instances of a declared service.
    #[serde(default)]
    pub instance: Option<Instance>,
}

/// `[director]`, and everything below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectorSpec {
    /// Names the boot entry, the endpoint and the data folder.
    pub name: String,
    /// The config's folder, absolute.
    pub base_dir: PathBuf,
    /// Where the director keeps its records, absolute.
    pub data_dir: PathBuf,
    /// Where logs go, absolute.
    pub log_dir: PathBuf,
    /// Whether a start with an invalid file may run the last config that ran well (guarantee 9).
    pub fallback: bool,
    /// Whether a change of the config's file is put into force by itself.
    #[serde(default)]
    pub auto_reload: bool,
    /// Wait at boot before the first service, in milliseconds.
    pub boot_delay_ms: Millis,
    /// The services, by name.
    pub services: BTreeMap<ServiceName, ServiceSpec>,
}
