//! The list, in the order in which it is gone through: cheap ones first.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use director_core::describe::size;
use director_core::report::Finding;
use director_core::spec::{DatabaseSpec, ServiceSpec};
use director_sys::{access, fs_guard, program};

use super::{Asked, Depth, Help, Outcome};
use crate::database::{self, Answer, State, Task};
use crate::{holders, port};

/// Less room than this is worth a word: one log file of the default size, its successor, and a database that grows.
const LITTLE_BYTES: u64 = 100 << 20;

/// One check.
pub(super) struct Check {
    pub(super) name: &'static str,
    /// Whether the daemon asks it before an ordinary start. What it does not, the start itself finds out and tells as well, or it
    /// is no reason to keep a service down.
    pub(super) forbids: bool,
    /// None when there is nothing to check.
    pub(super) make: fn(&Asked<'_>, Depth) -> Option<Outcome>,
}

const fn check(name: &'static str, forbids: bool, make: fn(&Asked<'_>, Depth) -> Option<Outcome>) -> Check {
    Check { name, forbids, make }
}

pub(super) const LIST: [Check; 8] = [
    check("program", false, program_found),
    check("folder", false, folder_there),
    check("logs", false, logs_writable),
    check("disk", false, disk_has_room),
    check("port", true, port_free),
    check("database-folder", false, database_folder_writable),
    check("database", true, database_usable),
    check("holders", true, nobody_has_it_open),
];

fn simple(code: &str, summary: String, remedy: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        summary,
        evidence: Vec::new(),
        remedy: vec![remedy.to_owned()],
        avoid: Vec::new(),
        holders: Vec::new(),
    }
}

fn program_found(asked: &Asked<'_>, _: Depth) -> Option<Outcome> {
    let spec = asked.spec;
    let name = spec.command.first()?;
    let (path, extensions) = (variable(spec, "PATH"), variable(spec, "PATHEXT"));
    let found = program::resolve(
        OsStr::new(name),
        &spec.cwd,
        path.as_deref(),
        extensions.as_deref(),
    );
    Some(match found {
        Ok(resolved) => Outcome::ok(format!("{} can be executed", resolved.program.display())),
        Err(error) => Outcome::found(simple(
            "program-missing",
            error.to_string(),
            "correct `command` in the configuration, or install the program",
        )),
    })
}

/// A variable as the service will see it.
fn variable(spec: &ServiceSpec, name: &str) -> Option<OsString> {
    let same = |known: &str| {
        if std::env::consts::FAMILY == "windows" {
            known.eq_ignore_ascii_case(name)
        } else {
            known == name
        }
    };
    let own = spec.env.iter().find(|(known, _)| same(known));
    own.map(|(_, value)| OsString::from(value))
        .or_else(|| std::env::var_os(name))
}

fn folder_there(asked: &Asked<'_>, _: Depth) -> Option<Outcome> {
    let cwd = &asked.spec.cwd;
    Some(match std::fs::read_dir(cwd) {
        Ok(_) => Outcome::ok(format!("the working folder {} is there", cwd.display())),
        // Entered by an account that may not list it, it is as good.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && cwd.is_dir() => {
            Outcome::ok(format!("the working folder {} is there", cwd.display()))
        }
        Err(error) => Outcome::found(simple(
            "folder-missing",
            format!("the working folder {} cannot be entered: {error}", cwd.display()),
            "correct `cwd` in the configuration, or create the folder",
        )),
    })
}

/// The deepest part of a path that exists: a folder that is missing is created in it.
fn existing(path: &Path) -> Option<&Path> {
    path.ancestors().find(|parent| parent.exists())
}

fn writable(folder: &Path) -> io::Result<bool> {
    let there = existing(folder).ok_or(io::ErrorKind::NotFound)?;
    Ok(there.is_dir() && access::may_write_dir(there)?)
}

fn logs_writable(asked: &Asked<'_>, _: Depth) -> Option<Outcome> {
    let dir = asked.log_dir.display();
    Some(match writable(asked.log_dir) {
        Ok(true) => Outcome::ok(format!("logs can be written in {dir}")),
        Ok(false) => Outcome::warned(simple(
            "logs-not-writable",
            format!("this account may not write logs in {dir}"),
            "give the account that the director runs as the right to write there, or set `director.log_dir`",
        )),
        Err(error) => Outcome::ok(format!(
            "whether logs can be written in {dir} is not known: {error}"
        )),
    })
}

fn disk_has_room(asked: &Asked<'_>, _: Depth) -> Option<Outcome> {
    let database = asked
        .spec
        .database
        .as_ref()
        .map(|database| database.sqlite.as_path());
    let mut least: Option<(u64, &Path)> = None;
    for path in [Some(asked.log_dir), database].into_iter().flatten() {
        if let Some(free) = existing(path).and_then(|there| fs_guard::free_space(there).ok())
            && least.is_none_or(|(known, _)| free < known)
        {
            least = Some((free, path));
        }
    }
    let (free, path) = least?;
    let room = format!("{} are free on the disk of {}", size(free), path.display());
    Some(if free >= LITTLE_BYTES {
        Outcome::ok(room)
    } else {
        Outcome::warned(simple(
            "disk-nearly-full",
            format!("only {room}, less than {}", size(LITTLE_BYTES)),
            "make room on that disk: a full one loses output, and stops every writer of a database",
        ))
    })
}

fn port_free(asked: &Asked<'_>, _: Depth) -> Option<Outcome> {
    let port = asked.spec.port?;
    let host = port::host(&asked.spec.host);
    let Some(mut finding) = port::check(host, port) else {
        return Some(Outcome::ok(format!("port {port} is free")));
    };
    if let (Some(running), true) = (&asked.running, finding.holders.is_empty()) {
        let run = running.run;
        return Some(Outcome::ok(format!(
            "port {port} is in use while run {run} of the service is up; whose it is this account may not see"
        )));
    }
    let foreign = finding
        .holders
        .iter()
        .find(|holder| (asked.ours)(holder).is_none());
    if let (None, Some(first)) = (foreign, finding.holders.first()) {
        let whose = (asked.ours)(first).unwrap_or_default();
        if asked.running.is_some() {
            return Some(Outcome::ok(format!(
                "port {port} is held by the service itself, {whose}"
            )));
        }
        finding.evidence.push(format!("pid {} is {whose}", first.pid));
    }
    Some(Outcome::found(finding))
}

fn database_folder_writable(asked: &Asked<'_>, _: Depth) -> Option<Outcome> {
    let folder = asked.spec.database.as_ref()?.sqlite.parent()?;
    let shown = folder.display();
    if !folder.is_dir() {
        return Some(Outcome::warned(simple(
            "database-folder-missing",
            format!("the database's folder {shown} is not there"),
            "create it, unless the application does: SQLite creates files, not folders",
        )));
    }
    if asked.spec.user.is_some() {
        return Some(Outcome::ok(format!("the database's folder {shown} is there")));
    }
    Some(match access::may_write_dir(folder) {
        Ok(false) => Outcome::warned(simple(
            "database-folder-not-writable",
            format!(
                "this account may not write in the database's folder {shown}, where SQLite keeps its -wal and -journal"
            ),
            "give the account that the service runs as the right to write there",
        )),
        Ok(true) | Err(_) => Outcome::ok(format!("the database's folder {shown} is there")),
    })
}

fn database_usable(asked: &Asked<'_>, depth: Depth) -> Option<Outcome> {
    let wanted = asked.spec.database.as_ref()?;
    let file = wanted.sqlite.display();
    if let Some(running) = &asked.running {
        let run = running.run;
        return Some(Outcome::ok(format!(
            "the database {file} is in use by run {run} of the service, so its locks are not asked about"
        )));
    }
    let task = match (depth, wanted.wal) {
        (Depth::Preview, _) => Task::Look,
        (Depth::Start | Depth::Thorough, true) => Task::CheckWal,
        (Depth::Start | Depth::Thorough, false) => Task::Check,
    };
    let output = match (asked.helper)(Help::Database(task, &wanted.sqlite)) {
        Ok(output) => output,
        Err(error) => return Some(Outcome::found(database::unanswered(wanted, &error))),
    };
    let who = || holders_of(asked, wanted);
    if let Some(finding) = database::finding(wanted, &output, who) {
        return Some(Outcome::found(finding));
    }
    let answer: Option<Answer> = serde_json::from_slice(&output).ok();
    let note = answer.filter(|answer| answer.state == State::Usable)?.note;
    Some(match (note, depth) {
        (Some(note), Depth::Start | Depth::Thorough) => Outcome::warned(simple(
            "database-noted",
            format!("the database {file}: {note}"),
            "`director sqlite status` shows the state of the file, and who has it open",
        )),
        (Some(note), Depth::Preview) => Outcome::ok(format!("the database {file} is not locked; {note}")),
        (None, _) => Outcome::ok(format!("the database {file} is not locked")),
    })
}

fn holders_of(asked: &Asked<'_>, wanted: &DatabaseSpec) -> holders::Found {
    let files = holders::files_of(&wanted.sqlite);
    holders::understood((asked.helper)(Help::Holders(&files)))
}

/// Only when there is a reason to ask: it takes a search through all processes.
fn nobody_has_it_open(asked: &Asked<'_>, depth: Depth) -> Option<Outcome> {
    let wanted = asked.spec.database.as_ref()?;
    if depth == Depth::Start || !wanted.sqlite.exists() {
        return None;
    }
    let file = wanted.sqlite.display();
    let found = holders_of(asked, wanted);
    let foreign: Vec<_> = found
        .holders
        .into_iter()
        .filter(|holder| (asked.ours)(holder).is_none())
        .collect();
    match depth {
        Depth::Start | Depth::Thorough => {
            database::held(&wanted.sqlite, foreign, found.partial).map(Outcome::found)
        }
        Depth::Preview => Some(match foreign.first() {
            None => Outcome::ok(format!(
                "no foreign process that this account may see has {file} open"
            )),
            Some(first) => Outcome::ok(format!(
                "{} has {file} open, which forbids nothing as long as it holds no lock",
                holders::brief(first)
            )),
        }),
    }
}
