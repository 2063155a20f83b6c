//! What the checks look at, gathered before they run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use director_core::command::Numbered;
use director_core::report::{DirectorReport, ServiceReport};
use director_core::spec::{DirectorSpec, ServiceName, ServiceSpec};
use director_core::words::PhaseName;
use director_sys::program;

use super::machine::Machine;
use crate::bounded::{Ended, Task};

/// What can be seen of a health endpoint in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It asks the database for something that is kept there.
    Reads,
    /// It asks only for a constant, which a locked or damaged file answers too.
    Constant,
    /// It does not ask the database.
    Nothing,
    /// Its function could not be found.
    Unknown,
}

/// A route that is defined in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The path of its URL.
    pub path: String,
    /// File and line.
    pub place: String,
    /// What its function does with the database.
    pub touch: Touch,
}

/// A use of the database that a start of the application waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartupUse {
    /// File and line.
    pub place: String,
    /// The line as it stands there.
    pub code: String,
    /// Why it is told, in a sentence.
    pub reason: String,
    /// How the start comes there, outermost first.
    pub chain: Vec<String>,
    /// Whether it is worth no more than a note.
    pub is_minor: bool,
}

/// What the source of a service says. The command line reads it: its parser stays out of this crate, which the daemon uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// The web framework, as people call it.
    pub framework: Option<String>,
    /// Routes that look like health endpoints.
    pub health: Vec<Route>,
    /// The last words of paths that were looked for: of others nothing is known.
    pub health_words: &'static [&'static str],
    /// Where `busy_timeout` (or the driver's `timeout`) is set.
    pub busy_timeout: Option<String>,
    /// Where `synchronous` is set.
    pub synchronous: Option<String>,
    /// Uses of the database while the application starts.
    pub startup: Vec<StartupUse>,
    /// Tests of `sys.argv` that do not hold for the configured command.
    pub argv_guards: Vec<StartupUse>,
    /// Whether all of it was read.
    pub is_complete: bool,
}

/// All of it.
pub struct Ground<'a> {
    /// The configuration's file.
    pub config: &'a Path,
    /// What it says.
    pub spec: &'a DirectorSpec,
    /// The machine.
    pub machine: &'a dyn Machine,
    /// The director that runs, if one does.
    pub report: Option<&'a DirectorReport>,
    /// The keys in which the file differs from what that director runs with, by service; none when nobody could be asked.
    pub differences: Option<Vec<String>>,
    /// The latest entries of the journal, oldest first.
    pub journal: &'a [Numbered],
    /// What the sources say, where they could be read.
    pub sources: BTreeMap<ServiceName, SourceFacts>,
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Ground<'_> {
    /// What the running director says of a service.
    pub(super) fn report_of(&self, service: &ServiceSpec) -> Option<&ServiceReport> {
        let services = &self.report?.services;
        services.iter().find(|report| report.name == service.name)
    }

    /// Whether a run of it, by our director, lives.
    pub(super) fn is_up(&self, service: &ServiceSpec) -> bool {
        self.report_of(service).is_some_and(|report| match report.phase {
            PhaseName::Starting | PhaseName::Running | PhaseName::Stopping => true,
            PhaseName::Idle
            | PhaseName::Waiting
            | PhaseName::Blocked
            | PhaseName::Backoff
            | PhaseName::Failed
            | PhaseName::Completed => false,
        })
    }

    /// The environment that a service gets: ours, and its own over it.
    pub(super) fn environment(&self, service: &ServiceSpec) -> Vec<(OsString, OsString)> {
        let is_same = |one: &OsString, other: &str| {
            if self.machine.is_windows() {
                one.eq_ignore_ascii_case(other)
            } else {
                one == other
            }
        };
        let ours = std::env::vars_os();
        let mut all: Vec<(OsString, OsString)> = ours
            .filter(|(name, _)| !service.env.keys().any(|own| is_same(name, own)))
            .collect();
        all.extend(
            service
                .env
                .iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        all
    }

    /// The program of a service, as the director would find it.
    pub(super) fn program(&self, service: &ServiceSpec) -> Result<PathBuf, program::ResolveError> {
        let env = self.environment(service);
        let variable = |wanted: &str| {
            let found = env.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_os_str())
        };
        let name = service.command.first().map(String::as_str).unwrap_or_default();
        let resolved = program::resolve(name.as_ref(), &service.cwd, variable("PATH"), variable("PATHEXT"))?;
        Ok(resolved.program)
    }

    /// Runs a short program in the folder, account and environment of a service.
    pub(super) fn run(
        &self,
        service: &ServiceSpec,
        program: &Path,
        args: &[&str],
        limit: Duration,
    ) -> Result<Ended, String> {
        self.machine.run(Task {
            program: program.to_path_buf(),
            args: args.iter().map(OsString::from).collect(),
            cwd: service.cwd.clone(),
            env: self.environment(service),
            user: self.account(service)?,
            limit,
        })
    }

    /// The account of a service, where another one can be taken on.
    fn account(&self, service: &ServiceSpec) -> Result<Option<director_sys::accounts::Account>, String> {
        let Some(user) = service.user.as_deref() else {
            return Ok(None);
        };
        let account = director_sys::accounts::resolve(user).map_err(|error| error.to_string())?;
        if self.machine.is_elevated() {
            return Ok(Some(account));
        }
        let ours = director_sys::accounts::current_user_name().map_err(|error| error.to_string())?;
        if ours == account.name {
            return Ok(None);
        }
        Err(format!(
            "it belongs to the account `{user}`, and only root can look with its eyes"
        ))
    }
}
