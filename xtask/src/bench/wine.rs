//! The crash loop as Windows programs under Wine, and the memory of the director there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::programs::{Programs, compile};
use super::respawn::LIFE_MS;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, gaps_ms};
use super::supervisor::director_config;
use super::{Size, probe};
use crate::process::{self, step};
use crate::windows::{self, Session, Tools, wine_path};
use crate::workspace;

const LIMIT: Duration = Duration::from_secs(30 * 60);

pub(super) fn run(programs: &Programs, size: Size) -> Result<Vec<Row>> {
    let tools = windows::ensure()?;
    let compiler = if tools.is_native() {
        "gcc"
    } else {
        "x86_64-w64-mingw32-gcc"
    };
    for name in ["bare_respawn", "crasher"] {
        compile(
            compiler,
            &format!("{name}_windows.c"),
            &programs.own(&format!("{name}.exe")),
        )?;
    }
    let mut build = tools.cargo("build");
    build
        .args(["--release", "--package", "director", "--bin", "director"])
        .args(tools.target_args());
    build.args(workspace::locked()).current_dir(workspace::root());
    step("build the director for Windows", || process::quiet(build, LIMIT))?;
    let session = Session::start(&tools)?;
    let (rounds, count) = size.pick((4, 50), (2, 15));
    let (mut bare, mut own, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that a busy minute of the machine meets both.
    for _ in 0..rounds {
        bare.extend(bare_loop(programs, &tools, &session, count)?);
        let (gaps, working_set) = supervised(programs, &tools, &session, count)?;
        own.extend(gaps);
        memory.push(working_set);
    }
    let bare = Sample::of(bare);
    let what = "crash to new run, Wine";
    Ok(vec![
        Row::new(what, "bare loop", "ms", bare.clone()),
        Row::new(what, "director", "ms", Sample::of(own))
            .against("bare loop", &bare)
            .bar(Bar::RatioAtMost(2.0)),
        Row::new("working set, Wine", "director", "MiB", Sample::of(memory)).bar(Bar::AtMost(24.0)),
    ])
}

/// A Windows program in the session.
fn program(tools: &Tools, session: &Session, path: &Path) -> Result<Command> {
    let mut command = Command::new(tools.wine().context("the bench of Wine runs on Linux")?);
    command.arg(path);
    session.apply(&mut command);
    Ok(command)
}

fn bare_loop(programs: &Programs, tools: &Tools, session: &Session, count: usize) -> Result<Vec<f64>> {
    let file = programs.scratch("wine-bare")?.join("stamps");
    let mut command = program(tools, session, &programs.own("bare_respawn.exe"))?;
    command
        .arg((count + 1).to_string())
        .arg(wine_path(&programs.own("crasher.exe")))
        .arg(wine_path(&file))
        .arg(LIFE_MS);
    process::quiet(command, LIMIT)?;
    Ok(gaps_ms(&stamps::read(&file)))
}

fn supervised(
    programs: &Programs,
    tools: &Tools,
    session: &Session,
    count: usize,
) -> Result<(Vec<f64>, f64)> {
    let folder = programs.scratch("wine-director")?;
    let (file, config) = (folder.join("stamps"), folder.join("director.toml"));
    let crasher = vec![
        wine_path(&programs.own("crasher.exe")),
        wine_path(&file),
        LIFE_MS.to_owned(),
    ];
    fs::write(&config, director_config(&[crasher]))?;
    let director = tools.output_folder("release").join("director.exe");
    let config = wine_path(&config);
    let mut command = program(tools, session, &director)?;
    let said = fs::File::create(folder.join("output.txt"))?;
    command
        .args(["run", "-c", &config])
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said);
    let mut child = command.spawn()?;
    let measured = stamps::wait_for("restarts", Duration::from_secs(300), || {
        let gaps = gaps_ms(&stamps::read(&file));
        (gaps.len() >= count).then_some(gaps)
    });
    // Wine's own loader may have replaced the process that we started; the command line tells.
    let memory = probe::find(&["director.exe", " run ", &config])
        .context("director.exe is gone")
        .and_then(probe::rss_mib);
    let mut stop = program(tools, session, &director)?;
    stop.args(["shutdown", "-c", &config]);
    let stopped = process::quiet(stop, Duration::from_secs(60));
    if stopped.is_err() {
        process::kill_tree(&child);
    }
    child.wait()?;
    stopped?;
    Ok((measured?, memory?))
}
