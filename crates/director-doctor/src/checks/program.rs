//! The program of a service: where it is, and whether it can be started by whom the machine starts it.

use director_core::spec::ServiceSpec;
use director_sys::program::ResolveError;

use super::ground::Ground;
use super::verdict::{Problem, Verdict};
use super::words::is_below;

/// The program is found and may be executed.
pub(super) fn found(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let error = match ground.program(service) {
        Ok(program) => return Verdict::Pass(format!("the program is {}", program.display())),
        Err(error) => error,
    };
    let name = service.command.first().map(String::as_str).unwrap_or_default();
    let problem = match &error {
        ResolveError::NotFound { .. } => Problem::new(
            format!("the program `{name}` is not found"),
            error.to_string(),
            "write its whole path, or one that begins in the service's folder, as the first word of `command`",
        )
        .remedy("an application that is to run at boot brings its interpreter along: the PATH of the boot account is another one"),
        ResolveError::NotExecutable { .. } => Problem::new(
            format!("the program `{name}` cannot be executed"),
            error.to_string(),
            "name the program itself, not a folder or a script without an interpreter; on Linux give it the right with `chmod +x`",
        ),
    };
    problem.into()
}

/// The program is not one of the aliases that stand in for programs of the Microsoft Store: they work for one user only, and
/// without the program they open a shop window and end.
pub(super) fn store_alias(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    if !ground.machine.is_windows() {
        return Verdict::Irrelevant;
    }
    let Ok(program) = ground.program(service) else {
        return Verdict::Irrelevant;
    };
    let folded = program.to_string_lossy().replace('/', "\\").to_ascii_lowercase();
    if !folded.contains(r"\microsoft\windowsapps\") {
        return Verdict::Pass("the program is a file of its own".to_owned());
    }
    Problem::new(
        "the program is an alias of the Microsoft Store",
        format!("{} only leads to the Store's program of one user", program.display()),
        "install the interpreter for all users, or bring the embeddable package along, and write its whole path in `command`",
    )
    .remedy("Settings, Apps, Advanced app settings, App execution aliases turns the alias off")
    .into()
}

/// The program does not lie in the profile of a user, who may be gone one day.
pub(super) fn in_profile(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Ok(program) = ground.program(service) else {
        return Verdict::Irrelevant;
    };
    let windows = ground.machine.is_windows();
    let profiles = ground.machine.profiles();
    let Some(profile) = profiles
        .iter()
        .find(|profile| is_below(&program, profile, windows))
    else {
        return Verdict::Pass("the program lies outside of user profiles".to_owned());
    };
    Problem::new(
        "the program lies in a user's profile",
        format!("{} is below {}", program.display(), profile.display()),
        "install it for all users, or put it beside the application, such as below Program Files (Windows) or /opt (Linux)",
    )
    .remedy("the account that starts the director at boot may not see that folder, and it goes when the user goes")
    .into()
}

/// The working folder is there.
pub(super) fn working_folder(_: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let cwd = &service.cwd;
    if cwd.is_dir() {
        return Verdict::Pass(format!("the working folder is {}", cwd.display()));
    }
    let seen = if cwd.exists() {
        "is no folder"
    } else {
        "does not exist"
    };
    Problem::new(
        "the working folder is missing",
        format!("{} {seen}", cwd.display()),
        "create it, or correct `cwd`",
    )
    .into()
}
