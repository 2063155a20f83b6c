//! A hundred services: start, memory, silence, answer, stop; and the memory with one.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::programs::Programs;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, milliseconds};
use super::supervisor::{Kind, Running};
use super::{Size, probe};

const SERVICES: usize = 100;
const LIMIT: Duration = Duration::from_secs(60);
/// What a start sets in motion (probation of a second, records) is over by then.
const SETTLING: Duration = Duration::from_secs(4);

#[derive(Default)]
struct Measured {
    start: Vec<f64>,
    stop: Vec<f64>,
    memory: Vec<f64>,
    switches: Vec<f64>,
    status: Vec<f64>,
}

pub(super) fn run(programs: &Programs, size: Size) -> Result<Vec<Row>> {
    let (mut bare, mut own, mut peer) = (Measured::default(), Measured::default(), Measured::default());
    // In turns, so that a busy minute of the machine meets both.
    for round in 0..size.pick(9, 3) {
        bare_round(programs, &mut bare)?;
        one_round(programs, Kind::Director, size, round == 0, &mut own)?;
    }
    for round in 0..size.pick(3, 1) {
        one_round(programs, Kind::Supervisord, size, round == 0, &mut peer)?;
    }
    let (start, stop) = (Sample::of(bare.start), Sample::of(bare.stop));
    let mut rows = vec![
        Row::new("start of 100", "bare loop", "ms", start.clone()),
        Row::new("stop of 100", "bare loop", "ms", stop.clone()),
    ];
    for (kind, measured) in [(Kind::Director, own), (Kind::Supervisord, peer)] {
        let bar = |bar: Bar| if kind == Kind::Director { bar } else { Bar::None };
        let row = |what, unit, values| Row::new(what, kind.name(), unit, Sample::of(values));
        rows.extend([
            row("start of 100", "ms", measured.start)
                .against("bare loop", &start)
                .bar(bar(Bar::RatioAtMost(2.5))),
            row("stop of 100", "ms", measured.stop)
                .against("bare loop", &stop)
                .bar(bar(Bar::RatioAtMost(5.0))),
            row("PSS with 1 service", "MiB", memory_with_one(programs, kind)?).bar(bar(Bar::AtMost(6.0))),
            row("PSS with 100 services", "MiB", measured.memory).bar(bar(Bar::AtMost(9.0))),
            row(
                "switches, 100 idle services",
                size.pick("in 30 s", "in 5 s"),
                measured.switches,
            )
            .bar(bar(Bar::AtMost(0.0))),
            row("status of 100", "ms", measured.status).bar(bar(Bar::AtMost(6.0))),
        ]);
    }
    Ok(rows)
}

fn bare_round(programs: &Programs, measured: &mut Measured) -> Result<()> {
    let folder = programs.scratch("fleet-bare")?;
    let (own, theirs) = (folder.join("own"), folder.join("stamps"));
    let mut command = Command::new(programs.own("bare_spawn"));
    command
        .arg(SERVICES.to_string())
        .arg(&own)
        .arg(programs.own("sleeper"))
        .arg(&theirs);
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let last = stamps::wait_for("all services", LIMIT, || {
        stamps::last_of(&stamps::read(&theirs), SERVICES)
    })?;
    child.stdin.take().context("no input")?.write_all(b"\n")?;
    child.wait()?;
    let noted = stamps::read(&own);
    measured
        .start
        .push(milliseconds(last - stamps::moment(&noted, "start")?));
    measured.stop.push(milliseconds(
        stamps::moment(&noted, "gone")? - stamps::moment(&noted, "stop")?,
    ));
    Ok(())
}

fn one_round(programs: &Programs, kind: Kind, size: Size, long: bool, measured: &mut Measured) -> Result<()> {
    let (running, last) = start(programs, kind, SERVICES)?;
    measured
        .start
        .push(milliseconds(last - programs.clock.at(running.launched)));
    std::thread::sleep(SETTLING);
    measured.memory.push(probe::pss_mib(running.pid())?);
    if long {
        let before = probe::switches(running.pid())?;
        std::thread::sleep(size.pick(Duration::from_secs(30), Duration::from_secs(5)));
        measured.switches.push(probe::switches(running.pid())? - before);
        for _ in 0..size.pick(50, 10) {
            let began = Instant::now();
            let status = running.control("status").status()?;
            measured.status.push(began.elapsed().as_secs_f64() * 1e3);
            anyhow::ensure!(status.success(), "status of {}: {status}", kind.name());
        }
    }
    measured.stop.push(running.shutdown()?.as_secs_f64() * 1e3);
    Ok(())
}

fn memory_with_one(programs: &Programs, kind: Kind) -> Result<Vec<f64>> {
    let (running, _) = start(programs, kind, 1)?;
    std::thread::sleep(SETTLING);
    let memory = probe::pss_mib(running.pid())?;
    running.shutdown()?;
    Ok(vec![memory])
}

/// A supervisor with that many services, and when the last of them began.
fn start(programs: &Programs, kind: Kind, count: usize) -> Result<(Running, i64)> {
    let folder = programs.scratch(&format!("fleet-{}", kind.name()))?;
    let file = folder.join("stamps");
    let sleeper = [programs.own("sleeper"), file.clone()]
        .map(|word| word.display().to_string())
        .to_vec();
    let running = Running::start(programs, kind, &folder, &vec![sleeper; count])?;
    let last = stamps::wait_for("all services", LIMIT, || {
        stamps::last_of(&stamps::read(&file), count)
    })?;
    Ok((running, last))
}
