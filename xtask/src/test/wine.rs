//! The same tests as Windows programs, under Wine.
//!
//! Always plain `cargo test`: Debian's cargo has no nextest, and one Wine process per test would cost a tenth of a
//! second each. On Windows itself the native stages have done all of this already.

use std::process::Command;

use super::report::Report;
use crate::windows::{self, Session, Tools};
use crate::{e2e_env, workspace};

/// They test the machine that builds, or drive pure code at length; neither differs on Windows.
const NOT_ON_WINDOWS: &[&str] = &["--exclude", "xtask", "--exclude", "director-sim"];

/// All stages of the Windows half.
pub(super) fn tests(report: &mut Report, filters: &[String]) {
    if cfg!(windows) {
        report.left_out("windows", "this is Windows: the stages above are its tests");
        return;
    }
    let mut tools = None;
    report.own_check("windows set-up", || {
        let found = windows::ensure()?;
        let remark = found.origin();
        tools = Some(found);
        Ok(remark)
    });
    let Some(tools) = tools else { return };
    let mut session = None;
    let mut environment = Vec::new();
    report.own_check("wine session", || {
        session = Some(Session::start(&tools)?);
        environment = e2e_env::windows(&tools)?;
        Ok(String::new())
    });
    let mut build = cargo(&tools, "build", &["--quiet", "--bins", "--package", "director"]);
    build.args(["--package", "director-testkit"]);
    report.check("windows build", build);
    if filters.is_empty() && tools.has_clippy() {
        let mut clippy = cargo(&tools, "clippy", &["--quiet", "--workspace", "--all-targets"]);
        clippy.args(NOT_ON_WINDOWS).args(["--", "-D", "warnings"]);
        report.check("windows clippy", clippy);
    }
    let Some(session) = session else { return };
    let others = [&["--workspace", "--exclude", "director"][..], NOT_ON_WINDOWS].concat();
    for (name, selection) in [
        ("windows tests", &others[..]),
        ("windows end-to-end", &["--package", "director"]),
    ] {
        let mut command = cargo(&tools, "test", &["--tests", "--no-fail-fast"]);
        command.args(selection).arg("--").args(filters);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        session.apply(&mut command);
        report.runner(name, command, !filters.is_empty());
    }
}

fn cargo(tools: &Tools, subcommand: &str, words: &[&str]) -> Command {
    let mut command = tools.cargo(subcommand);
    command
        .args(words)
        .args(tools.target_args())
        .args(workspace::locked())
        .current_dir(workspace::root());
    command
}
