//! From a change in a tree of 10,000 files to the new run; what watching it costs; a storm of changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::programs::Programs;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, milliseconds};
use super::supervisor::Running;
use super::{Size, probe};
use crate::process;

const FOLDERS: usize = 100;
const FILES: usize = 100;
const DEBOUNCE_MS: f64 = 50.0;
const LIMIT: Duration = Duration::from_secs(60);
/// What a restart sets in motion is over by then, and the threads that did it are gone.
const SETTLING: Duration = Duration::from_secs(5);

pub(super) fn run(programs: &Programs, size: Size) -> Result<Vec<Row>> {
    let folder = programs.scratch("watch")?;
    let stamps_file = folder.join("stamps");
    let app = folder.join("app");
    plant(&app)?;
    stamps::settle_disk();
    let running = Running::start_with(programs, &folder, &config(programs, &stamps_file))?;
    let starts = || stamps::read(&stamps_file).len();
    let until = |count: usize| stamps::wait_for("a new run", LIMIT, || (starts() >= count).then_some(()));
    until(1)?;
    // Changed while the first look is under way: it is answered once the watch stands.
    fs::write(file(&app, 0), "first = 1\n")?;
    until(2)?;
    let first = running.launched.elapsed().as_secs_f64() * 1e3 - DEBOUNCE_MS;
    let own = delays(programs, &app, &stamps_file, size)?;
    std::thread::sleep(SETTLING);
    let before = probe::switches(running.pid())?;
    std::thread::sleep(size.pick(Duration::from_secs(30), Duration::from_secs(5)));
    let switches = probe::switches(running.pid())? - before;
    let (runs, memory) = (starts(), probe::pss_mib(running.pid())?);
    let storm = size.pick(50_000, 5_000);
    for round in 0..storm {
        fs::write(file(&app, round), format!("storm = {round}\n"))?;
    }
    until(runs + 1)?;
    std::thread::sleep(SETTLING);
    let restarts = (starts() - runs) as f64;
    let after = probe::pss_mib(running.pid())?;
    running.shutdown()?;
    let peer = watchexec(programs, size)?;
    let row = |what, unit, value: f64| Row::new(what, "director", unit, Sample::one(value));
    Ok(vec![
        Row::new("change to new run, over debounce", "director", "ms", own).bar(Bar::AtMost(20.0)),
        Row::new("change to new run, over debounce", "watchexec", "ms", peer),
        row("start until 10,000 files are watched", "ms", first).bar(Bar::AtMost(1_000.0)),
        row(
            "switches, 10,000 idle files",
            size.pick("in 30 s", "in 5 s"),
            switches,
        )
        .bar(Bar::AtMost(0.0)),
        row("PSS with 10,000 files", "MiB", memory),
        row(
            "restarts by a storm of changes",
            size.pick("of 50,000", "of 5,000"),
            restarts,
        )
        .bar(Bar::AtMost(1.0)),
        row("PSS after the storm", "MiB", after).bar(Bar::AtMost(32.0)),
    ])
}

/// From a change to the start of the new run, beyond the debounce, again and again.
fn delays(programs: &Programs, app: &Path, stamps_file: &Path, size: Size) -> Result<Sample> {
    let mut delays = Vec::new();
    for round in 0..size.pick(40, 8) {
        std::thread::sleep(Duration::from_millis(1_200));
        let before = stamps::read(stamps_file).len();
        let written = Instant::now();
        fs::write(file(app, round), format!("changed = {round}\n"))?;
        let began = stamps::wait_for("a new run", LIMIT, || {
            stamps::last_of(&stamps::read(stamps_file), before + 1)
        })?;
        delays.push(milliseconds(began - programs.clock.at(written)) - DEBOUNCE_MS);
    }
    Ok(Sample::of(delays))
}

/// The same by watchexec, in a tree of its own.
fn watchexec(programs: &Programs, size: Size) -> Result<Sample> {
    let folder = programs.scratch("watchexec")?;
    let (app, stamps_file) = (folder.join("app"), folder.join("stamps"));
    plant(&app)?;
    stamps::settle_disk();
    let mut command = Command::new(programs.watchexec()?);
    command
        .args([
            "--restart",
            "--stop-signal",
            "SIGTERM",
            "--exts",
            "py",
            "--debounce",
        ])
        .arg(format!("{DEBOUNCE_MS}ms"))
        // What is measured lies in a folder that the project's own version control ignores.
        .args(["--no-vcs-ignore", "--no-project-ignore", "--watch"])
        .arg(&app)
        .arg("--")
        .arg(programs.own("sleeper"))
        .arg(&stamps_file)
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start watchexec")?;
    let measured = stamps::wait_for("the first run", LIMIT, || {
        (!stamps::read(&stamps_file).is_empty()).then_some(())
    })
    .and_then(|()| {
        // It watches from a moment on that it tells nobody.
        std::thread::sleep(SETTLING);
        delays(programs, &app, &stamps_file, size)
    });
    process::kill_tree(&child);
    child.wait()?;
    measured
}

fn file(app: &Path, round: usize) -> PathBuf {
    app.join(format!("d{}/f{}.py", round % FOLDERS, round % (FILES - 1)))
}

fn plant(app: &Path) -> Result<()> {
    for folder in 0..FOLDERS {
        let folder = app.join(format!("d{folder}"));
        fs::create_dir_all(&folder)?;
        for name in 0..FILES {
            fs::write(folder.join(format!("f{name}.py")), "x = 1\n".repeat(100))?;
        }
    }
    Ok(())
}

fn config(programs: &Programs, stamps: &Path) -> String {
    let command = [programs.own("sleeper"), stamps.to_path_buf()].map(|word| word.display().to_string());
    format!(
        "[director]\nname = \"bench\"\n\n[service.web]\ncommand = {}\n\n[service.web.watch]\nenabled = true\n\
         paths = [\"app\"]\ndebounce = \"{DEBOUNCE_MS}ms\"\n",
        toml::Value::from(command.to_vec())
    )
}
