//! What this account may do, and what others may do to us.

use std::path::Path;

use director_core::spec::ServiceSpec;

use super::ground::Ground;
use super::verdict::{Fix, Problem, Severity, Verdict};

/// Says which rights this look at the machine has.
pub(super) fn elevated(ground: &Ground<'_>) -> Verdict {
    if ground.machine.is_elevated() {
        return Verdict::Pass("this account has all rights, as the director has at boot".to_owned());
    }
    let (name, how) = if ground.machine.is_windows() {
        (
            "an Administrator",
            "run it again in a console that was opened with \"Run as administrator\"",
        )
    } else {
        ("root", "run it again with sudo")
    };
    Problem::new(
        format!("this account is not {name}"),
        "boot entries cannot be installed, and files and processes of other accounts stay unseen: some lines of this report are less than certain",
        how,
    )
    .into()
}

/// The configuration names the programs that are started: who may change it, may run anything under our account.
pub(super) fn config(ground: &Ground<'_>) -> Verdict {
    match ground.machine.writable_by_others(ground.config) {
        Ok(None) => Verdict::Pass("only its owner can change the configuration".to_owned()),
        Ok(Some(who)) => of_others(ground, "the configuration", ground.config, &who).into(),
        Err(error) => Verdict::Unknown(format!(
            "the rights of {} cannot be read: {error}",
            ground.config.display()
        )),
    }
}

/// The program, likewise. What the service's own account may change runs with no more rights than it has already.
pub(super) fn program(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Ok(program) = ground.program(service) else {
        return Verdict::Irrelevant;
    };
    let accounts = || service.user.as_deref().into_iter();
    for (what, path) in [
        ("the program", program.as_path()),
        ("the working folder", service.cwd.as_path()),
    ] {
        match ground.machine.writable_by_others(path) {
            Ok(Some(who)) if !is_one_of(&who, accounts()) => {
                return of_others(ground, what, path, &who).into();
            }
            Ok(Some(_) | None) => {}
            Err(error) => {
                let path = path.display();
                return Verdict::Unknown(format!("the rights of {path} cannot be read: {error}"));
            }
        }
    }
    Verdict::Pass("only their owners can change program and folder".to_owned())
}

/// Whether words about rights name one of these accounts: `the account hub`, perhaps with how it comes to the right.
fn is_one_of<'a>(who: &str, accounts: impl Iterator<Item = &'a str>) -> bool {
    let named = who.strip_prefix("the account ").unwrap_or(who);
    let named = named.split(", ").next().unwrap_or(named);
    accounts.into_iter().any(|account| account == named)
}

fn of_others(ground: &Ground<'_>, what: &str, path: &Path, who: &str) -> Problem {
    let problem = Problem::new(
        format!("others can change {what}"),
        format!("{} may be changed by {who}", path.display()),
        "take the right away: `icacls PATH /remove:g Users` (Windows), `chmod go-w PATH` (Linux), for the folders above it too",
    );
    // What they put there runs with all rights.
    if ground.machine.is_elevated() {
        problem.severity(Severity::Error)
    } else {
        problem
    }
}

/// Files with secrets are not for everybody.
pub(super) fn secrets(ground: &Ground<'_>) -> Verdict {
    let mut folders: Vec<&Path> = vec![&ground.spec.base_dir];
    folders.extend(ground.spec.services.values().map(|service| service.cwd.as_path()));
    folders.sort();
    folders.dedup();
    let names = [
        ".env",
        ".env.local",
        ".env.production",
        "secrets.toml",
        "secrets.json",
    ];
    let files = folders
        .iter()
        .flat_map(|folder| names.map(|name| folder.join(name)));
    let (mut seen, mut open, mut doubts) = (0, Vec::new(), Vec::new());
    let accounts = || {
        ground
            .spec
            .services
            .values()
            .filter_map(|service| service.user.as_deref())
    };
    for file in files.filter(|file| file.is_file()) {
        seen += 1;
        match ground.machine.readable_by_others(&file) {
            Ok(None) => {}
            Ok(Some(who)) if is_one_of(&who, accounts()) => {}
            Ok(Some(who)) => open.push(format!("{} may be read by {who}", file.display())),
            Err(error) => doubts.push(format!("{}: {error}", file.display())),
        }
    }
    if open.is_empty() {
        return match doubts.first() {
            Some(doubt) => Verdict::Unknown(format!("rights cannot be read: {doubt}")),
            None if seen == 0 => Verdict::Irrelevant,
            None => Verdict::Pass("files with secrets are private".to_owned()),
        };
    }
    let mut problem = Problem::new(
        "others can read files with secrets",
        String::new(),
        "leave them to the service's account: `chmod 600 FILE` (Linux), `icacls FILE /inheritance:r /grant SYSTEM:F Administrators:F` (Windows)",
    );
    problem.evidence = open;
    problem.into()
}

/// Our own records. They belong to the account that the director runs as, which need not be this one.
pub(super) fn data_folder(ground: &Ground<'_>) -> Verdict {
    let folder = &ground.spec.data_dir;
    if !folder.is_dir() {
        return Verdict::Irrelevant;
    }
    match ground.machine.readable_by_others(folder) {
        Ok(None) => Verdict::Pass(format!("{} is private", folder.display())),
        Ok(Some(owner)) if owner.starts_with("the account ") => {
            Verdict::Pass(format!("{} is private to {owner}", folder.display()))
        }
        Ok(Some(who)) => Problem::new(
            "others can look into the data folder",
            format!("{} may be entered by {who}", folder.display()),
            "`director doctor --fix` makes it private again",
        )
        .fix(Fix::MakePrivate(folder.clone()))
        .into(),
        Err(error) => Verdict::Unknown(format!(
            "the rights of {} cannot be read: {error}",
            folder.display()
        )),
    }
}
