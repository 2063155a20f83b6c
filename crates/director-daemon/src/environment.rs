//! What a service's program is started with: its path, arguments and environment.

use std::ffi::{OsStr, OsString};
use std::io;

use director_core::spec::ServiceSpec;
use director_sys::accounts::{self, Account};
use director_sys::program::{self, ResolveError};
use director_sys::spawn::{Output, SpawnRequest, Stdin};

/// Why a request could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error(transparent)]
    Program(#[from] ResolveError),
    #[error("cannot run as `{user}`: {source}")]
    Account {
        user: String,
        source: accounts::AccountError,
    },
    #[error("cannot make an invocation mark: {0}")]
    Mark(#[from] io::Error),
    #[error("the command is empty")]
    Empty,
}

/// A variable; without a value it is not there.
pub(crate) type Variable = (&'static str, Option<String>);

/// Makes the request for `command` in the folder, account and environment of `spec`, with `more` variables over it.
pub(crate) fn request(
    spec: &ServiceSpec,
    command: &[String],
    more: &[Variable],
    stdin: Stdin,
) -> Result<SpawnRequest, RequestError> {
    let (name, args) = command.split_first().ok_or(RequestError::Empty)?;
    let env = environment(spec, more);
    let resolved = program::resolve(
        OsStr::new(name),
        &spec.cwd,
        lookup(&env, "PATH"),
        lookup(&env, "PATHEXT"),
    )?;
    let mut all_args = resolved.leading_args;
    all_args.extend(args.iter().map(OsString::from));
    Ok(SpawnRequest {
        program: resolved.program,
        args: all_args,
        cwd: spec.cwd.clone(),
        env,
        invocation: director_sys::identity::new_invocation_id()?,
        stdin,
        output: Output::Captured,
        user: account(spec)?,
        open_files: None,
        limits: Default::default(),
    })
}

fn account(spec: &ServiceSpec) -> Result<Option<Account>, RequestError> {
    let Some(user) = &spec.user else { return Ok(None) };
    let resolved = accounts::resolve(user);
    resolved.map(Some).map_err(|source| RequestError::Account {
        user: user.clone(),
        source,
    })
}

/// The director's own environment with the service's variables over it, and `more` over these.
fn environment(spec: &ServiceSpec, more: &[Variable]) -> Vec<(OsString, OsString)> {
    let mut env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let own = spec
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), Some(value.as_str())));
    let more = more.iter().map(|(name, value)| (*name, value.as_deref()));
    for (name, value) in own.chain(more) {
        env.retain(|(known, _)| !same_name(known, OsStr::new(name)));
        env.extend(value.map(|value| (OsString::from(name), OsString::from(value))));
    }
    env
}

fn lookup<'a>(env: &'a [(OsString, OsString)], wanted: &str) -> Option<&'a OsStr> {
    env.iter()
        .find(|(name, _)| same_name(name, OsStr::new(wanted)))
        .map(|(_, value)| value.as_os_str())
}

/// Names of variables differ by case on Linux and do not on Windows.
fn same_name(one: &OsStr, other: &OsStr) -> bool {
    if std::env::consts::FAMILY == "windows" {
        one.eq_ignore_ascii_case(other)
    } else {
        one == other
    }
}
