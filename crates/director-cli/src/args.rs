//! The command line's grammar. `--help`, the completions and docs/cli.md come from here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit;

/// Keeps applications running, on Windows and on Linux.
#[derive(Debug, Parser)]
#[command(
    name = "director",
    version,
    about = "Keeps applications running: starts them, watches that they are alive and healthy, restarts and stops them \
             with restraint, and says what it is doing",
    after_help = exit::TABLE,
    after_long_help = exit::TABLE,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    max_term_width = 100,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Sub,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// The configuration; else director.toml here, then in each parent folder, then the machine-wide file
    #[arg(short, long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
    /// No colours (as the environment variable NO_COLOR)
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sub {
    /// A sample web app under supervision, with a live view in the terminal; needs nothing else
    #[command(
        after_help = "Example:\n  director demo --port 8080\n\nCtrl-C stops all of it. Nothing is left behind."
    )]
    Demo {
        /// The port of the sample app; else a free one
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
    /// Detect how the application in a folder is run, and write a commented director.toml for it
    #[command(after_help = "\
Reads the folder and runs nothing of it. Never overwrites a file, never edits source, asks nothing. Of several applications
the likeliest is written, the others as comments.

Examples:
  director init
  director init C:\\hub --port 8004 --health
  director init --print

Exit codes: 0 written · 1 nothing was recognised (a template is written), or failed · 5 there is a configuration already")]
    Init(Init),
    /// Supervise in the foreground (what boot entries start)
    #[command(after_help = "\
Ctrl-C (or SIGTERM) stops all services in order, a second one at once.

Example:
  director run -c /srv/hub/director.toml

Exit codes: 0 stopped in good order · 1 failed · 3 the configuration is invalid · 7 a director already runs")]
    Run {
        /// Run although `director shutdown` was said since the machine started
        #[arg(long)]
        force: bool,
        /// What boot entries say: nobody watches, so an invalid file starts the last configuration that ran well
        #[arg(long)]
        boot: bool,
    },
    /// Stop all services in reverse order, then the director
    #[command(after_help = "\
No watchdog revives it until the next boot, `director start`, or `director run --force`.

Example:
  director shutdown

Exit codes: 0 it has ended · 4 no director is running · 8 it has not ended in time")]
    Shutdown {
        /// Go to the last rung of every ladder at once
        #[arg(long)]
        now: bool,
    },
    /// What is: of all services, or in full of one
    #[command(after_help = "\
Examples:
  director status
  director status web --json
  director status --watch          (q ends it)

Exit codes: 0 every goal is met · 1 a service failed or is not there yet · 4 no director is running
            6 a service is blocked: a person must act")]
    Status {
        /// One service
        service: Option<String>,
        /// The report as JSON (docs/api.md)
        #[arg(long)]
        json: bool,
        /// Again at each change
        #[arg(long)]
        watch: bool,
    },
    /// Explain the present state of a service: cause, evidence, what happens next, what a person can do
    #[command(after_help = "\
Works from the records on disk when no director runs.

Example:
  director why web")]
    Why {
        /// Which
        service: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Start services, and clear an operator's stop; none named: all
    #[command(after_help = "\
Waits until each is running (or completed, for a oneshot), and shows what it waits for.

Example:
  director start web worker

Exit codes: 0 running · 1 failed or crashed · 4 no director is running · 6 blocked · 8 not running in time")]
    Start(Act),
    /// Stop services, and keep them stopped across restarts and reboots until `start`; none named: all
    #[command(after_help = "\
Example:
  director stop web --timeout 10s

Exit codes: 0 stopped · 4 no director is running · 6 blocked: processes that cannot be ended · 8 not stopped in time")]
    Stop(Act),
    /// Stop and start services; none named: all that are up. Counts as no crash
    #[command(after_help = "\
Example:
  director restart web

Exit codes: 0 running again · 1 failed or crashed · 4 no director is running · 6 blocked · 8 not running in time")]
    Restart(Act),
    /// Read the configuration again, and touch only the services whose definition changed
    #[command(after_help = "\
An invalid file changes nothing. A service is restarted only when its program, arguments, folder, environment, account, or
the limits that the system keeps for it differ; probes, throttle, stop, watch, logs and the other limits change in place.

Example:
  director reload --dry-run        (says what would happen)

Exit codes: 0 in force, and what was restarted runs · 1 a service failed or crashed · 3 the configuration is invalid
            4 no director is running · 6 blocked · 8 not running in time")]
    Reload(Reload),
    /// The output of services, as they wrote it
    #[command(after_help = "\
Reads the files on disk: needs no running director.

Examples:
  director logs web -n 50
  director logs web -f --stderr
  director logs web --since 10m          (also: today, 2h, \"2026-11-23 22:00\", RFC 3339)")]
    Logs(Logs),
    /// What happened: starts, exits, health, restarts, blockers
    #[command(after_help = "\
Works from the journal on disk when no director runs.

Example:
  director events web -n 20")]
    Events(Events),
    /// The checks before a start, without a running director, changing nothing; none named: all services
    #[command(after_help = "\
Of a service that is up it says so, and looks only. The exit code is for scripts that start a program themselves.

Examples:
  director preflight web && exec ./start-web.sh
  director preflight web || exit /b 1

Exit codes: 0 nothing forbids a start · 3 the configuration is invalid · 6 something does: a person must act")]
    Preflight {
        /// Which; none: all
        #[arg(value_name = "SERVICE")]
        services: Vec<String>,
        /// As JSON (docs/api.md)
        #[arg(long)]
        json: bool,
    },
    /// Look at a SQLite database without harming it: its state, who has it open; or put it into WAL mode
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        after_help = "Example:\n  director sqlite status instance/hub.db"
    )]
    Sqlite {
        /// What to do
        #[command(subcommand)]
        what: Sqlite,
    },
    /// Check the configuration, and say everything that is wrong with it at once
    #[command(after_help = "\
Example:
  director check -c /srv/hub/director.toml

Exit codes: 0 valid · 3 invalid")]
    Check {
        /// The findings as JSON
        #[arg(long)]
        json: bool,
    },
    /// The JSON schema of the configuration, for editors
    #[command(after_help = "Example:\n  director schema > director.schema.json")]
    Schema,
    /// A script that completes commands and options in a shell
    #[command(after_help = "Example:\n  director completions bash > /etc/bash_completion.d/director")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `init`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Init {
    /// The application's folder; else the current one
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// The name of the boot entry; else that of the folder
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The port; else the one that the application names, else 8000
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Also write director_health.py, a /health endpoint that reads the database (FastAPI, Flask, Django)
    #[arg(long)]
    pub(crate) health: bool,
    /// Show what the application should set on each connection of its SQLite database
    #[arg(long)]
    pub(crate) snippets: bool,
    /// Replace an existing configuration, and keep it as director.toml.bak
    #[arg(long)]
    pub(crate) force: bool,
    /// Write to the standard output instead, and no file
    #[arg(long, conflicts_with_all = ["force", "health", "snippets"])]
    pub(crate) print: bool,
    /// What was found and written, as JSON (docs/api.md)
    #[arg(long)]
    pub(crate) json: bool,
}

/// `sqlite`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Sqlite {
    /// Journal mode, pages, -wal, hot journal, locks and holders, read from the file's bytes; SQLite does not open it
    #[command(after_help = "\
Example:
  director sqlite status instance/hub.db

Exit codes: 0 told · 1 there is no such file, or it cannot be read")]
    Status(Database),
    /// Put the file into WAL mode, if nobody has it open, and check that with a fresh connection
    #[command(after_help = "\
The file is changed, its rows are not. `synchronous` and `busy_timeout` belong to each connection of the application.

Example:
  director sqlite wal instance/hub.db

Exit codes: 0 it is in WAL mode · 1 it cannot be · 6 somebody has it open")]
    Wal(Database),
    /// Which processes have the file, its -wal, -shm or -journal open
    #[command(after_help = "\
Example:
  director sqlite holders instance/hub.db

Exit codes: 0 told, also when nobody has · 1 there is no such file")]
    Holders(Database),
}

/// The database of `sqlite`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Database {
    /// The file
    #[arg(value_name = "DB")]
    pub(crate) file: PathBuf,
    /// As JSON (docs/api.md)
    #[arg(long)]
    pub(crate) json: bool,
}

/// `start`, `stop`, `restart`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Act {
    /// Which; none: all
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,
    /// Return as soon as the director has taken it on
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How long to wait, such as 30s or 2m; else what the configuration allows the services
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<std::time::Duration>,
}

/// `reload`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Reload {
    /// Only say what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The plan as JSON (docs/api.md); does not wait
    #[arg(long)]
    pub(crate) json: bool,
    /// Return as soon as the configuration is in force
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How long to wait, such as 30s or 2m; else what the configuration allows the services
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<std::time::Duration>,
}

/// `logs`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Logs {
    /// Which; none: all
    pub(crate) service: Option<String>,
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// At most so many lines, the latest [default: 100, or all with --since]
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) lines: Option<usize>,
    /// Only lines since then
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only the standard error
    #[arg(long)]
    pub(crate) stderr: bool,
    /// One JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `events`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Events {
    /// Only of this service
    pub(crate) service: Option<String>,
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// At most so many, the latest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(crate) lines: usize,
    /// One JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    director_config::parse_duration(text)
        .map(std::time::Duration::from_millis)
        .map_err(|fault| fault.to_string())
}

/// The entry points of the original specification, as the subcommands they mean: `director --status`.
///
/// Only before a subcommand: after one it is that subcommand's business.
pub(crate) fn with_aliases(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let mut index = 1;
    while let Some(argument) = arguments.get(index) {
        match argument.to_str() {
            Some("--status") => {
                arguments[index] = OsString::from("status");
                break;
            }
            Some("-c" | "--config") => index += 2,
            Some(option) if option.starts_with('-') && option != "--" => index += 1,
            _ => break,
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliased(line: &str) -> String {
        let arguments = with_aliases(line.split(' ').map(OsString::from));
        arguments
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_grammar_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn only_a_leading_status_is_the_alias() {
        for (typed, meant) in [
            ("director --status", "director status"),
            ("director --status --json", "director status --json"),
            ("director -c a.toml --status", "director -c a.toml status"),
            (
                "director --config=a.toml -v --status",
                "director --config=a.toml -v status",
            ),
            ("director -c --status", "director -c --status"),
            ("director logs --status", "director logs --status"),
            ("director -- --status", "director -- --status"),
            ("director", "director"),
        ] {
            assert_eq!(aliased(typed), meant);
        }
    }
}
