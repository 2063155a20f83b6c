//! All checks: code, title, and what each needs.

use director_core::spec::ServiceSpec;

use super::ground::Ground;
use super::verdict::{Severity, Verdict};
use super::{boot, database, health, history, logs, port, program, python, rights, running, startup, watch};

/// What a check looks at beside the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Config,
    /// The machine.
    Machine,
    /// The source of the application.
    Source,
    /// The journal.
    Journal,
    /// A director that runs.
    Running,
}

impl Needs {
    /// In words, as a page says it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Config => "the configuration",
            Self::Machine => "the machine",
            Self::Source => "the source of the application",
            Self::Journal => "the journal",
            Self::Running => "a running director",
        }
    }
}

/// How a check is carried out.
#[derive(Clone, Copy)]
pub enum Look {
    /// Once.
    Director(fn(&Ground<'_>) -> Verdict),
    /// For each service.
    Service(fn(&Ground<'_>, &ServiceSpec) -> Verdict),
}

/// One check.
#[derive(Clone, Copy)]
pub struct Check {
    /// Stable, and never reused.
    pub code: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// How much it matters, unless it says otherwise.
    pub severity: Severity,
    /// What it looks at.
    pub needs: Needs,
    /// How.
    pub look: Look,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

type OfService = fn(&Ground<'_>, &ServiceSpec) -> Verdict;
type OfDirector = fn(&Ground<'_>) -> Verdict;

const fn error(code: &'static str, title: &'static str, needs: Needs, look: OfService) -> Check {
    Check {
        code,
        title,
        severity: Severity::Error,
        needs,
        look: Look::Service(look),
    }
}

const fn warning(code: &'static str, title: &'static str, needs: Needs, look: OfService) -> Check {
    Check {
        code,
        title,
        severity: Severity::Warning,
        needs,
        look: Look::Service(look),
    }
}

const fn of_director(
    code: &'static str,
    title: &'static str,
    severity: Severity,
    needs: Needs,
    look: OfDirector,
) -> Check {
    Check {
        code,
        title,
        severity,
        needs,
        look: Look::Director(look),
    }
}

/// In the order of their codes.
pub const ALL: &[Check] = &[
    error("SD001", "The program is found", Needs::Machine, program::found),
    error(
        "SD002",
        "The program is no Store alias",
        Needs::Machine,
        program::store_alias,
    ),
    warning(
        "SD003",
        "The program belongs to no user",
        Needs::Machine,
        program::in_profile,
    ),
    error("SD004", "The interpreter runs", Needs::Machine, python::runs),
    error(
        "SD005",
        "Required modules can be imported",
        Needs::Machine,
        python::imports,
    ),
    error(
        "SD006",
        "The working folder exists",
        Needs::Machine,
        program::working_folder,
    ),
    warning("SD010", "The port is fixed", Needs::Config, port::is_static),
    warning(
        "SD011",
        "The port is left alone by the system",
        Needs::Machine,
        port::is_left_alone,
    ),
    error(
        "SD012",
        "Command, port and health URL agree",
        Needs::Config,
        port::agree,
    ),
    error("SD013", "The port is free", Needs::Machine, port::is_free),
    error(
        "SD020",
        "The database is on this machine",
        Needs::Machine,
        database::place,
    ),
    warning(
        "SD021",
        "The database belongs to no user",
        Needs::Machine,
        database::in_profile,
    ),
    error(
        "SD022",
        "The database's folder can be written",
        Needs::Machine,
        database::folder,
    ),
    warning(
        "SD023",
        "The database is in WAL mode",
        Needs::Machine,
        database::wal,
    ),
    warning(
        "SD024",
        "The source sets what belongs to each connection",
        Needs::Source,
        database::settings,
    ),
    error(
        "SD025",
        "Nobody keeps the database",
        Needs::Machine,
        database::holders,
    ),
    warning(
        "SD026",
        "The start does not wait for the database",
        Needs::Source,
        startup::uses,
    ),
    warning(
        "SD027",
        "No test of sys.argv is relied on",
        Needs::Source,
        startup::guards,
    ),
    of_director(
        "SD030",
        "The logs can be written",
        Severity::Error,
        Needs::Machine,
        logs::folder,
    ),
    of_director(
        "SD031",
        "The disk has room",
        Severity::Warning,
        Needs::Machine,
        logs::space,
    ),
    warning("SD040", "Health is checked", Needs::Config, health::declared),
    warning(
        "SD041",
        "The health endpoint exists",
        Needs::Source,
        health::implemented,
    ),
    warning(
        "SD042",
        "The health endpoint reads the database",
        Needs::Source,
        health::touches,
    ),
    warning("SD043", "The health URL is plain", Needs::Machine, health::url),
    warning(
        "SD050",
        "Watched patterns match files",
        Needs::Machine,
        watch::something,
    ),
    warning(
        "SD051",
        "Logs and databases are not watched",
        Needs::Machine,
        watch::not_ours,
    ),
    of_director(
        "SD060",
        "It starts at boot",
        Severity::Note,
        Needs::Machine,
        boot::present,
    ),
    of_director(
        "SD061",
        "The boot entry needs no logon",
        Severity::Error,
        Needs::Machine,
        boot::logon,
    ),
    of_director(
        "SD062",
        "The boot entry starts this",
        Severity::Error,
        Needs::Machine,
        boot::path,
    ),
    of_director(
        "SD063",
        "The rights of this account",
        Severity::Note,
        Needs::Machine,
        rights::elevated,
    ),
    of_director(
        "SD064",
        "Nobody else can change the configuration",
        Severity::Warning,
        Needs::Machine,
        rights::config,
    ),
    warning(
        "SD065",
        "Nobody else can change the program",
        Needs::Machine,
        rights::program,
    ),
    of_director(
        "SD066",
        "Secrets are private",
        Severity::Warning,
        Needs::Machine,
        rights::secrets,
    ),
    of_director(
        "SD067",
        "The data folder is private",
        Severity::Warning,
        Needs::Machine,
        rights::data_folder,
    ),
    warning(
        "SD070",
        "It does not restart again and again",
        Needs::Journal,
        history::restart_loop,
    ),
    warning(
        "SD071",
        "Health does not fail for a locked database",
        Needs::Journal,
        history::locked,
    ),
    of_director(
        "SD072",
        "The clock is right",
        Severity::Warning,
        Needs::Journal,
        history::clock,
    ),
    of_director(
        "SD080",
        "The director runs with this configuration",
        Severity::Warning,
        Needs::Running,
        running::same,
    ),
];

/// The check of a code, in any case.
#[must_use]
pub fn find(code: &str) -> Option<&'static Check> {
    ALL.iter().find(|check| check.code.eq_ignore_ascii_case(code))
}
