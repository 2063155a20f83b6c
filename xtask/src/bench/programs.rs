//! Everything that is run: the director in release, the C programs, supervisord.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::stamps::Clock;
use crate::process::{self, step};
use crate::{e2e_env, files, workspace};

const LIMIT: Duration = Duration::from_secs(30 * 60);
const WATCHEXEC: &str = "2.8.0";
const SUPERVISOR: &str = "supervisor==4.3.0\n";

/// Paths of all of them.
pub(super) struct Programs {
    pub(super) director: PathBuf,
    /// The folder of `supervisord` and `supervisorctl`.
    pub(super) supervisor: PathBuf,
    folder: PathBuf,
    pub(super) clock: Clock,
}

impl Programs {
    /// Builds what is not there; `director` is measured instead of a new build when it is given.
    pub(super) fn build(director: Option<PathBuf>) -> Result<Self> {
        let folder = workspace::target("bench");
        fs::create_dir_all(&folder)?;
        step("compile the C programs", || {
            for name in ["bare_respawn", "bare_spawn", "crasher", "flooder", "sleeper"] {
                compile("cc", &format!("{name}.c"), &folder.join(name))?;
            }
            Ok(())
        })?;
        let director = match director {
            Some(given) => std::path::absolute(given)?,
            None => step("build the director in release", build_director)?,
        };
        let python = step("install supervisord", || {
            e2e_env::venv(&folder.join("venv"), SUPERVISOR)
        })?;
        let supervisor = python.parent().context("no folder of python")?.to_path_buf();
        let clock = Clock::calibrate(&folder.join("crasher"), &folder.join("calibration"))?;
        Ok(Self {
            director,
            supervisor,
            folder,
            clock,
        })
    }

    /// One of the C programs.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// watchexec, built from its source when it is not there: some minutes, once.
    pub(super) fn watchexec(&self) -> Result<PathBuf> {
        let root = workspace::target("bench-tools");
        let program = root.join("bin/watchexec");
        if !program.is_file() {
            step("build watchexec", || {
                let mut install = Command::new(workspace::cargo());
                install
                    .args([
                        "install",
                        "watchexec-cli",
                        "--locked",
                        "--no-default-features",
                        "--version",
                    ])
                    .arg(WATCHEXEC)
                    .arg("--root")
                    .arg(&root);
                process::quiet(install, LIMIT)
            })?;
        }
        Ok(program)
    }

    /// An empty folder for one measurement.
    pub(super) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join("run").join(name);
        files::remove_folder(&folder)?;
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

fn build_director() -> Result<PathBuf> {
    let mut build = Command::new(workspace::cargo());
    build.args(["build", "--release", "--package", "director", "--bin", "director"]);
    build.args(workspace::locked()).current_dir(workspace::root());
    process::quiet(build, LIMIT)?;
    Ok(workspace::target("release/director"))
}

/// Compiles one source of `benches/`.
pub(super) fn compile(compiler: &str, source: &str, output: &Path) -> Result<()> {
    let mut command = Command::new(compiler);
    command
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(output);
    command.arg(workspace::root().join("benches").join(source));
    process::quiet(command, LIMIT).map(|_| ())
}
