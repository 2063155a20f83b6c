//! Running other programs: quietly, with a time limit, and with all they said kept.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running program is looked at.
const TICK: Duration = Duration::from_millis(500);
/// How long output is awaited after a program's end.
const DRAIN: Duration = Duration::from_secs(3);

/// What a program did.
pub(crate) struct Outcome {
    pub(crate) success: bool,
    /// stdout and stderr by arrival, with `\n` line ends.
    pub(crate) output: String,
    /// Why it counts as failed beyond what it printed itself.
    pub(crate) note: Option<String>,
}

/// Runs `command` to its end or to `limit`; then it is killed with all its descendants.
///
/// On a terminal the latest line of output is shown in place while it runs, so that a long build is seen to move.
pub(crate) fn capture(mut command: Command, limit: Duration) -> Result<Outcome> {
    let name = describe(&command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let deadline = Instant::now() + limit;
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let (sender, lines) = channel();
    let readers = [
        child.stdout.take().map(|pipe| read_lines(pipe, sender.clone())),
        child.stderr.take().map(|pipe| read_lines(pipe, sender.clone())),
    ];
    drop(sender);
    let mut note = None;
    let mut output = String::new();
    let mut ended = None;
    // A grandchild may hold the pipes open for ever: what arrives in the seconds after the child's end still counts.
    while !collect(&lines, &mut output, Instant::now() + TICK) {
        if ended.is_none() && child.try_wait().is_ok_and(|status| status.is_some()) {
            ended = Some(Instant::now());
        }
        if ended.is_some_and(|when| when.elapsed() > DRAIN) {
            break;
        }
        if ended.is_none() && Instant::now() > deadline {
            note = Some(format!(
                "no end within {} min; killed: {name}",
                limit.as_secs() / 60
            ));
            kill_tree(&child);
            let _ = child.kill();
            break;
        }
    }
    let status = child.wait().with_context(|| format!("cannot wait for {name}"))?;
    drop(readers);
    if note.is_none() && !status.success() {
        note = Some(format!("{status}: {name}"));
    }
    Ok(Outcome {
        success: note.is_none(),
        output,
        note,
    })
}

/// Runs `command` silently; an error carries all its output. Returns stdout and stderr.
pub(crate) fn quiet(command: Command, limit: Duration) -> Result<String> {
    let outcome = capture(command, limit)?;
    match outcome.note {
        None => Ok(outcome.output),
        Some(note) => bail!("{note}\n{}", outcome.output.trim_end()),
    }
}

/// stdout alone, for programs whose answer is parsed.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!(
            "{}: {name}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the program ran and ended with 0; what it printed is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A named step that prints its seconds when done.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    print!("  {name} ... ");
    let _ = std::io::stdout().flush();
    let result = work();
    println!(
        "{} ({:.1} s)",
        if result.is_ok() { "done" } else { "FAILED" },
        started.elapsed().as_secs_f64()
    );
    result.with_context(|| name.to_owned())
}

/// The command as a person would type it.
pub(crate) fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn read_lines(pipe: impl Read + Send + 'static, sender: Sender<String>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes)
                .trim_end_matches(['\r', '\n'])
                .to_owned();
            bytes.clear();
            if sender.send(line).is_err() {
                return;
            }
        }
    })
}

/// Appends lines until both pipes are closed (`true`) or the deadline has passed (`false`).
fn collect(lines: &Receiver<String>, output: &mut String, deadline: Instant) -> bool {
    let live = std::io::stderr().is_terminal();
    let finished = loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if live {
                    let shown: String = line.trim().chars().filter(|c| !c.is_control()).take(90).collect();
                    eprint!("\r\x1b[2K    {shown}");
                }
                output.push_str(&line);
                output.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) => break false,
        }
    };
    if live {
        eprint!("\r\x1b[2K");
    }
    finished
}

/// Kills the program and everything that descends from it: a cargo, its test binary and what that started.
///
/// By descent and not by a process group of its own, so that Ctrl-C at a terminal still reaches all of them.
pub(crate) fn kill_tree(child: &Child) {
    let root = child.id().to_string();
    if cfg!(windows) {
        succeeds(Command::new("taskkill").args(["/F", "/T", "/PID", &root]));
        return;
    }
    let table = stdout_of(Command::new("ps").args(["-e", "-o", "pid=,ppid="])).unwrap_or_default();
    succeeds(Command::new("kill").arg("-KILL").args(descendants(&table, &root)));
}

/// From lines of `pid ppid`: `root` and all below it.
pub(crate) fn descendants(table: &str, root: &str) -> Vec<String> {
    let pairs: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(pid, parent)| (pid.trim(), parent.trim()))
        .collect();
    let mut found = vec![root.to_owned()];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next].clone();
        found.extend(
            pairs
                .iter()
                .filter(|pair| pair.1 == parent)
                .map(|pair| pair.0.to_owned()),
        );
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests;
