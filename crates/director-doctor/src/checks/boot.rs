//! The entry that starts the director at boot: a task of the Task Scheduler, or a systemd unit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ground::Ground;
use super::task_xml::Task;
use super::verdict::{Problem, Severity, Verdict};
use crate::bounded;

/// The Task Scheduler's service answers within a second or not at all.
const LIMIT: Duration = Duration::from_secs(15);

/// An entry that was found.
enum Entry {
    Task(Task),
    Unit { file: PathBuf, text: String },
}

/// The entry; `Err` when nobody could be asked.
fn entry(ground: &Ground<'_>) -> Result<Option<Entry>, String> {
    if ground.machine.is_windows() {
        return task(ground).map(|task| task.map(Entry::Task));
    }
    let config = ground.config.to_string_lossy().into_owned();
    let folder = ground.spec.base_dir.to_string_lossy().into_owned();
    let mut units = ground.machine.units().into_iter();
    let ours = units.find(|(file, text)| {
        let start = value(text, "ExecStart").unwrap_or_default();
        let runs_a_director =
            start.contains("director") && start.split_whitespace().any(|word| word == "run");
        let has_our_name = file
            .file_stem()
            .is_some_and(|stem| stem.eq_ignore_ascii_case(&ground.spec.name));
        let is_here =
            start.contains(&config) || value(text, "WorkingDirectory").is_some_and(|there| there == folder);
        runs_a_director && (has_our_name || is_here)
    });
    Ok(ours.map(|(file, text)| Entry::Unit { file, text }))
}

fn task_name(ground: &Ground<'_>) -> String {
    format!("{}\\Supervisor", ground.spec.name)
}

fn task(ground: &Ground<'_>) -> Result<Option<Task>, String> {
    let root = ground
        .machine
        .variable("SystemRoot")
        .unwrap_or_else(|| r"C:\Windows".to_owned());
    let name = task_name(ground);
    let ended = ground.machine.run(bounded::Task {
        program: Path::new(&root).join("System32").join("schtasks.exe"),
        args: ["/query", "/tn", &name, "/xml"].map(Into::into).into(),
        cwd: ground.spec.base_dir.clone(),
        env: std::env::vars_os().collect(),
        user: None,
        limit: LIMIT,
    })?;
    match Task::read(&ended.out) {
        Some(task) => Ok(Some(task)),
        // It answers 1 both for a task that is not there and for one that may not be seen.
        None if ended.code == Some(1) => Ok(None),
        None => Err(format!("schtasks.exe says: {}", ended.last_words())),
    }
}

/// The last value of a key in a unit file.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', ';']));
    lines
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
        .next_back()
}

/// An entry exists, is on, and begins at boot.
pub(super) fn present(ground: &Ground<'_>) -> Verdict {
    let entry = match entry(ground) {
        Ok(entry) => entry,
        Err(why) => return Verdict::Unknown(format!("boot entries could not be read: {why}")),
    };
    match entry {
        None if ground.machine.is_windows() => Problem::new(
            "no boot entry: after a restart of the machine nothing runs",
            format!("the Task Scheduler has no task `{}` that this account may see", task_name(ground)),
            format!(
                "as Administrator: schtasks /create /tn \"{}\" /tr \"\\\"DIRECTOR\\\" run --boot -c \\\"{}\\\"\" /sc ONSTART /delay 0001:00 /ru SYSTEM /rl HIGHEST",
                task_name(ground),
                ground.config.display()
            ),
        )
        .into(),
        None => Problem::new(
            "no boot entry: after a restart of the machine nothing runs",
            format!("no systemd unit starts `director run` with {}", ground.config.display()),
            format!(
                "write /etc/systemd/system/{}.service with ExecStart=DIRECTOR run --boot -c {}, Delegate=yes and WantedBy=multi-user.target, then `systemctl enable` it",
                ground.spec.name,
                ground.config.display()
            ),
        )
        .into(),
        Some(Entry::Task(task)) if task.at_boot && task.enabled => Verdict::Pass(format!("the task `{}` begins at boot", task_name(ground))),
        Some(Entry::Task(task)) => Problem::new(
            "the boot entry does not begin at boot",
            if task.enabled { "the task has no trigger at boot that is on" } else { "the task is switched off" },
            "give it the trigger \"At startup\" and switch it on, or create it again",
        )
        .severity(Severity::Error)
        .into(),
        Some(Entry::Unit { file, .. }) => Verdict::Pass(format!("the unit {} starts it", file.display())),
    }
}

/// The entry runs without anybody being logged on. A task that waits for a logon and begins at boot never runs.
pub(super) fn logon(ground: &Ground<'_>) -> Verdict {
    match entry(ground) {
        Ok(Some(Entry::Task(task))) if task.needs_logon() => Problem::new(
            "the boot entry waits for somebody to log on",
            format!(
                "LogonType is {} for {}, with a trigger at boot: at boot nobody is logged on",
                task.logon.as_deref().unwrap_or_default(),
                task.user.as_deref().unwrap_or("its user")
            ),
            format!(
                "as Administrator: schtasks /change /tn \"{}\" /ru SYSTEM",
                task_name(ground)
            ),
        )
        .into(),
        Ok(Some(Entry::Task(task))) => {
            Verdict::Pass(format!("it runs as {}", task.user.as_deref().unwrap_or("SYSTEM")))
        }
        Ok(Some(Entry::Unit { file, .. })) if file.components().any(|part| part.as_os_str() == "user") => {
            Problem::new(
                "the boot entry waits for its user to log on",
                format!("{} is a unit of one user", file.display()),
                "make it a unit of the system, or let it linger: loginctl enable-linger USER",
            )
            .into()
        }
        Ok(Some(Entry::Unit { text, .. })) => {
            let user = value(&text, "User").unwrap_or("root");
            Verdict::Pass(format!("it runs as {user}, with nobody logged on"))
        }
        Ok(None) | Err(_) => Verdict::Irrelevant,
    }
}

/// The entry starts a program that exists, with this configuration.
pub(super) fn path(ground: &Ground<'_>) -> Verdict {
    let (line, shown) = match entry(ground) {
        Ok(Some(Entry::Task(task))) => (
            format!("{} {}", quoted(&task.command), task.arguments),
            task_name(ground),
        ),
        Ok(Some(Entry::Unit { file, text })) => {
            let start = value(&text, "ExecStart").unwrap_or_default();
            (
                start.trim_start_matches(['-', '@', ':', '+', '!']).to_owned(),
                file.display().to_string(),
            )
        }
        Ok(None) | Err(_) => return Verdict::Irrelevant,
    };
    let (program, rest) = first_word(&line);
    let fault = if !Path::new(program).is_file() {
        format!("the program {program} does not exist")
    } else if !mentions(rest, ground.config, ground.machine.is_windows()) {
        format!(
            "its arguments do not name {}: `{}`",
            ground.config.display(),
            rest.trim()
        )
    } else {
        return Verdict::Pass(format!("`{shown}` starts {program} with this configuration"));
    };
    Problem::new(
        "the boot entry starts something else",
        format!("`{shown}`: {fault}"),
        format!(
            "let it start `director run --boot -c \"{}\"`, with the whole path of the program",
            ground.config.display()
        ),
    )
    .into()
}

/// A command of a task is one path, with quotes or without.
fn quoted(command: &str) -> String {
    format!("\"{}\"", command.trim_matches('"'))
}

fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    let split = match line.strip_prefix('"') {
        Some(inside) => inside.split_once('"'),
        None => line.split_once(char::is_whitespace),
    };
    split.unwrap_or((line.trim_matches('"'), ""))
}

/// Whether arguments name a file, in any case on Windows.
fn mentions(arguments: &str, config: &Path, windows: bool) -> bool {
    let config = config.to_string_lossy().into_owned();
    if windows {
        arguments.to_lowercase().contains(&config.to_lowercase())
    } else {
        arguments.contains(&config)
    }
}
