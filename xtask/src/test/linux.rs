//! The checks, and the tests on this system itself.

use std::process::Command;

use super::licences;
use super::report::Report;
use crate::{e2e_env, metadata::Graph, sim, tidy, workspace};

/// Enough histories to find what is likely to break, few enough for every commit.
const SIM_SEEDS: u64 = 20_000;

/// Everything that is not a test of the running system.
pub(super) fn checks(report: &mut Report) {
    report.check(
        "fmt",
        cargo(&["fmt", "--all", "--check", "--", "--color", "never"]),
    );
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets", "--quiet"]);
    clippy.args(workspace::locked()).args(["--", "-D", "warnings"]);
    report.check("clippy", clippy);
    report.own_check("tidy", tidy::check);
    if workspace::find_program("cargo-deny").is_some() {
        report.check(
            "deny",
            cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"]),
        );
    } else {
        report.own_check("deny", licences::check);
    }
    report.check("sim", sim::command("--seeds", SIM_SEEDS, None));
}

/// Unit, contract and end-to-end tests, on Linux or natively on Windows.
pub(super) fn tests(report: &mut Report, filters: &[String]) {
    let mut environment = Vec::new();
    report.own_check("linux set-up", || {
        environment = e2e_env::host()?;
        Ok(environment
            .iter()
            .map(|(_, path)| path.as_str())
            .collect::<Vec<_>>()
            .join(", "))
    });
    let mut build = cargo(&["build", "--quiet", "--bins"]);
    build
        .args(["--package", "director", "--package", "director-testkit"])
        .args(workspace::locked());
    report.check("linux build", build);
    for (name, selection) in [
        ("linux tests", &["--workspace", "--exclude", "director"][..]),
        ("linux end-to-end", &["--package", "director"]),
    ] {
        let mut command = runner(selection, filters);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        report.runner(name, command, !filters.is_empty());
    }
    if filters.is_empty() && has_libraries() {
        let mut doc = cargo(&["test", "--doc", "--workspace", "--no-fail-fast"]);
        doc.args(workspace::locked());
        report.runner("linux doc tests", doc, true);
    }
}

fn runner(selection: &[&str], filters: &[String]) -> Command {
    if workspace::find_program("cargo-nextest").is_some() {
        let mut command = cargo(&["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]);
        // Failing output once, at the place where the test failed; passing tests leave no line.
        command.args([
            "--status-level",
            "fail",
            "--final-status-level",
            "fail",
            "--failure-output",
            "immediate",
        ]);
        command.args(selection).args(workspace::locked()).args(filters);
        return command;
    }
    let mut command = cargo(&["test", "--tests", "--no-fail-fast"]);
    command
        .args(selection)
        .args(workspace::locked())
        .arg("--")
        .args(filters);
    command
}

/// A workspace of binaries only makes `cargo test --doc` an error.
fn has_libraries() -> bool {
    Graph::load().is_ok_and(|graph| graph.members().count() > 1)
}

fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(workspace::cargo());
    command.args(words).current_dir(workspace::root());
    command
}
