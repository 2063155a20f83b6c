//! The database of a service: where it lies, how it is set up, who has it open. SQLite never opens it here.

use std::io::Read;
use std::path::Path;

use director_core::report::{Holder, HolderState};
use director_core::spec::ServiceSpec;

use super::ground::Ground;
use super::machine::Volume;
use super::verdict::{Fix, Problem, Severity, Verdict};
use super::words::is_below;
use crate::database::{self as helper, Task};
use crate::holders;
use crate::preflight::Help;

/// The database lies on a disk of this machine.
pub(super) fn place(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(database) = &service.database else {
        return Verdict::Irrelevant;
    };
    let file = database.sqlite.display();
    let name = match ground.machine.volume(&database.sqlite) {
        Volume::Local => return Verdict::Pass(format!("{file} is on a disk of this machine")),
        Volume::Unknown => return Verdict::Unknown(format!("nobody tells where {file} lies")),
        Volume::Removable => {
            return Problem::new(
                "the database is on a removable disk",
                format!("{file} lies on a disk that may be taken away"),
                "move it to a disk that stays",
            )
            .severity(Severity::Warning)
            .into();
        }
        Volume::Network(name) => name,
    };
    Problem::new(
        "the database is on another machine",
        format!("{file} lies on {name}"),
        "move it to a disk of this machine, such as below ProgramData (Windows) or /var/lib (Linux)",
    )
    .remedy("WAL needs memory that all its users share, and locks on network drives do not hold: such files get damaged")
    .remedy("a mapped drive exists only in the session of the user who mapped it, not at boot")
    .into()
}

/// The database is not in the profile of a user.
pub(super) fn in_profile(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(database) = &service.database else {
        return Verdict::Irrelevant;
    };
    let windows = ground.machine.is_windows();
    let profiles = ground.machine.profiles();
    let Some(profile) = profiles
        .iter()
        .find(|profile| is_below(&database.sqlite, profile, windows))
    else {
        return Verdict::Pass("the database lies outside of user profiles".to_owned());
    };
    Problem::new(
        "the database lies in a user's profile",
        format!("{} is below {}", database.sqlite.display(), profile.display()),
        "move it to a folder of the machine, such as below ProgramData (Windows) or /var/lib (Linux)",
    )
    .remedy("the account that runs the director at boot may not reach that folder, and it goes when the user goes")
    .into()
}

/// Files can be made beside the database, as SQLite must.
pub(super) fn folder(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(folder) = service
        .database
        .as_ref()
        .and_then(|database| database.sqlite.parent())
    else {
        return Verdict::Irrelevant;
    };
    if !folder.is_dir() {
        return Problem::new(
            "the database's folder does not exist",
            format!("{} is not there", folder.display()),
            "create it, or correct `database.sqlite`: SQLite makes no folders",
        )
        .into();
    }
    if service.user.is_some() && ground.machine.is_elevated() {
        return Verdict::Unknown(
            "the service has an account of its own, and this one may write anywhere".to_owned(),
        );
    }
    match ground.machine.may_write(folder) {
        Ok(true) => Verdict::Pass(format!("files can be made in {}", folder.display())),
        Ok(false) => Problem::new(
            "the database's folder cannot be written",
            format!("this account may not make files in {}", folder.display()),
            "give the service's account the right to write the folder, not only the file: SQLite makes -wal, -shm and -journal beside it",
        )
        .into(),
        Err(error) => Verdict::Unknown(format!("the rights of {} cannot be read: {error}", folder.display())),
    }
}

/// The header says WAL.
pub(super) fn wal(_: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(database) = &service.database else {
        return Verdict::Irrelevant;
    };
    let file = &database.sqlite;
    match header(file) {
        Header::Missing => Verdict::Pass(format!("{} does not exist yet", file.display())),
        Header::Wal => Verdict::Pass(format!("{} is in WAL mode", file.display())),
        Header::Unreadable(error) => Verdict::Unknown(format!("{} cannot be read: {error}", file.display())),
        Header::Foreign => Problem::new(
            "the database is no SQLite database",
            format!("{} does not begin as one", file.display()),
            "correct `database.sqlite`, or restore a backup; keep the damaged file with its -wal",
        )
        .severity(Severity::Error)
        .into(),
        Header::Rollback if database.wal => Problem::new(
            "the database is not in WAL mode yet",
            format!("the header of {} says: rollback journal", file.display()),
            "the next start sets it, since `database.wal = true`",
        )
        .severity(Severity::Note)
        .fix(Fix::SetWal(file.clone()))
        .into(),
        Header::Rollback => Problem::new(
            "the database is not in WAL mode",
            format!("the header of {} says: rollback journal", file.display()),
            "write `database.wal = true`: then readers do not wait for writers, and a health check does not fail while something is written",
        )
        .fix(Fix::SetWal(file.clone()))
        .into(),
    }
}

enum Header {
    Missing,
    Foreign,
    Rollback,
    Wal,
    Unreadable(std::io::Error),
}

/// The write and read versions at bytes 18 and 19 of the file: 1 for a rollback journal, 2 for WAL (Database File Format, 1.3.3).
fn header(file: &Path) -> Header {
    let mut head = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(20).read_to_end(&mut head));
    match (read, head.as_slice()) {
        (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => Header::Missing,
        (Err(error), _) => Header::Unreadable(error),
        // SQLite makes an empty file before it writes the first page.
        (Ok(_), []) => Header::Rollback,
        (Ok(_), head) if !head.starts_with(b"SQLite format 3\0") || head.len() < 20 => Header::Foreign,
        (Ok(_), head) if head[18] == 2 && head[19] == 2 => Header::Wal,
        (Ok(_), _) => Header::Rollback,
    }
}

/// The source sets what each connection forgets.
pub(super) fn settings(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let (Some(database), Some(source)) = (&service.database, ground.sources.get(&service.name)) else {
        return Verdict::Irrelevant;
    };
    if source.framework.is_none() {
        return Verdict::Irrelevant;
    }
    let mut missing = Vec::new();
    if source.busy_timeout.is_none() {
        missing.push("busy_timeout");
    }
    if source.synchronous.is_none() {
        missing.push("synchronous");
    }
    if !missing.is_empty() && !source.is_complete {
        return Verdict::Unknown(format!(
            "{} may be set where the source could not be read",
            missing.join(" and ")
        ));
    }
    if missing.is_empty() {
        let places = [&source.busy_timeout, &source.synchronous];
        let places: Vec<&str> = places.into_iter().flatten().map(String::as_str).collect();
        return Verdict::Pass(format!(
            "busy_timeout and synchronous are set in {}",
            places.join(" and ")
        ));
    }
    let problem = Problem::new(
        format!("the source does not set {}", missing.join(" and ")),
        format!("both belong to each connection and cannot be set from outside: nothing below {} does", service.cwd.display()),
        format!(
            "set them whenever a connection is made: PRAGMA busy_timeout={}; PRAGMA synchronous={}",
            database.busy_timeout_ms,
            database.synchronous.to_ascii_uppercase()
        ),
    )
    .remedy("SQLAlchemy: a listener of the `connect` event; Django: OPTIONS of DATABASES; `director init` writes it on request");
    // Without `synchronous` it is slower and safer, not wrong.
    if source.busy_timeout.is_some() {
        problem.severity(Severity::Note).into()
    } else {
        problem.into()
    }
}

/// While the service is down nobody holds its database.
pub(super) fn holders(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(database) = &service.database else {
        return Verdict::Irrelevant;
    };
    let file = database.sqlite.display();
    if !database.sqlite.exists() {
        return Verdict::Pass(format!("{file} does not exist yet"));
    }
    if ground.is_up(service) {
        return Verdict::Pass("the service runs, and holds it".to_owned());
    }
    let who = || {
        holders::understood(
            ground
                .machine
                .helper(Help::Holders(&holders::files_of(&database.sqlite))),
        )
    };
    let look = ground
        .machine
        .helper(Help::Database(Task::Look, &database.sqlite));
    let finding = match look {
        Ok(output) => helper::finding(database, &output, who),
        Err(why) => Some(helper::unanswered(database, &why)),
    };
    if let Some(finding) = finding {
        return Problem::of_start(finding).into();
    }
    let found = who();
    if found.holders.is_empty() {
        return match found.partial.first() {
            None => Verdict::Pass(format!("nobody has {file} open")),
            Some(doubt) => Verdict::Pass(format!(
                "nobody that this account may see has {file} open: {doubt}"
            )),
        };
    }
    let is_stuck = |holder: &Holder| match holder.state {
        HolderState::Alive => false,
        HolderState::Suspended | HolderState::Exiting => true,
    };
    let stuck = found.holders.iter().any(is_stuck);
    let mut problem = Problem::new(
        format!("another process has {file} open while the service is down"),
        "it holds no lock that keeps others out at this moment",
        "find out what it is for: a viewer of databases is harmless until it writes; what remains of an earlier start is not",
    )
    .remedy("end it with its own means, or with the Task Manager (Windows) or `kill` (Linux)");
    problem.evidence.extend(found.partial);
    problem.holders = found.holders;
    problem.avoid = vec!["deleting the -wal or -shm file: that loses committed data".to_owned()];
    problem
        .severity(if stuck { Severity::Error } else { Severity::Warning })
        .into()
}
