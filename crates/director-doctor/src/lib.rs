//! Preflight: what stands in the way of a start, told so that a person can act.
//!
//! This crate exists so that the daemon (before each start) and the command line (`preflight`, `sqlite`) come to the same finding
//! in the same words. It looks and never changes anything, with one exception that the config asks for:
//! `database.wal = true` puts the file into WAL mode.
//!
//! Application databases are opened only by a short-lived helper process ([`database::helper_main`]), never in the director, and
//! the search for who has one open is another ([`holders::helper_main`]):
//! on Linux closing any descriptor of a file drops all of the process's locks on it, and a damaged file must not be able to
//! harm the supervisor.

pub mod bounded;
pub mod checks;
pub mod database;
pub mod holders;
pub mod port;
pub mod preflight;
pub mod sqlite_probe;
mod steps;
pub mod twin;

use director_sys::identity;

/// One line about a process: pid, name, user, state.
#[must_use]
pub fn describe_pid(pid: u32) -> String {
    match identity::describe(pid) {
        Ok(Some(info)) => describe(&info),
        Ok(None) => format!("pid {pid}, which no longer exists"),
        Err(_) => format!("pid {pid}"),
    }
}

/// One line about a process that was looked at already.
#[must_use]
pub fn describe(info: &identity::ProcessInfo) -> String {
    let user = info
        .user
        .as_deref()
        .map(|user| format!(", user {user}"))
        .unwrap_or_default();
    let state = match (info.exiting, info.frozen) {
        (true, _) => ", exiting",
        (false, true) => ", suspended",
        (false, false) => "",
    };
    format!("{} (pid {}{user}{state})", info.name, info.id.pid)
}
