//! Hidden subcommands of this program, run in a process of their own with a limit: see director-doctor for why.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

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
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start it: {error}"))?;
    let stdout = child.stdout.take();
    let (told, answer) = channel();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stdout) = stdout {
            let _ = stdout.read_to_end(&mut bytes);
        }
        let _ = told.send(bytes);
    });
    let answer = answer.recv_timeout(limit);
    // One that has answered is at its end; one that has not is ended.
    if answer.is_err() {
        let _ = child.kill();
    }
    let _ = child.wait();
    let _ = reader.join();
    answer.map_err(|_| format!("it did not end within {} ms and was killed", limit.as_millis()))
}
