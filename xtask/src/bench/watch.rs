//! From a change in a tree of 10,000 files to the new run; what watching it costs; a storm of changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::programs::Programs;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, milliseconds};
use super::supervisor::Running;
use super::{Size, probe};

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
    let mut delays = Vec::new();
    for round in 0..size.pick(40, 8) {
        std::thread::sleep(Duration::from_millis(1_200));
        let before = starts();
        let written = Instant::now();
        fs::write(file(&app, round), format!("changed = {round}\n"))?;
        until(before + 1)?;
        let began = stamps::last_of(&stamps::read(&stamps_file), before + 1).unwrap_or(0);
        delays.push(milliseconds(began - programs.clock.at(written)) - DEBOUNCE_MS);
    }
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
    let row = |what, unit, value: f64| Row::new(what, "director", unit, Sample::one(value));
    Ok(vec![
        Row::new(
            "change to new run, over debounce",
            "director",
            "ms",
            Sample::of(delays),
        )
        .bar(Bar::AtMost(20.0)),
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
