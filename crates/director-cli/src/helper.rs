//! Hidden subcommands of this program, run in a process of their own with a limit: see director-doctor for why.

use std::time::Duration;

use director_doctor::bounded::{self, Task};
use director_doctor::preflight::Help;
use director_doctor::{database, holders};

/// Runs what is asked for and returns what it printed, or why there is nothing.
pub(crate) fn run(help: Help<'_>) -> Result<Vec<u8>, String> {
    let exe = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    match help {
        Help::Database(task, file) => run_for(&database::helper_command(&exe, task, file), database::LIMIT),
        Help::Holders(files) => run_for(&holders::helper_command(&exe, files), holders::LIMIT),
    }
}

fn run_for(command: &[String], limit: Duration) -> Result<Vec<u8>, String> {
    let (program, arguments) = command.split_first().ok_or("an empty command")?;
    let task = Task {
        program: program.into(),
        args: arguments.iter().map(Into::into).collect(),
        cwd: std::env::current_dir().map_err(|error| format!("cannot tell the current folder: {error}"))?,
        env: std::env::vars_os().collect(),
        user: None,
        limit,
    };
    let ended = bounded::run(task).map_err(|error| error.to_string())?;
    match ended.code {
        Some(0) => Ok(ended.out),
        Some(_) | None => Err(format!("the helper failed: {}", ended.last_words())),
    }
}
