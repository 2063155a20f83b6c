//! From the end of a crashed run to the first moment of the next.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::Size;
use super::programs::Programs;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, gaps_ms};
use super::supervisor::{Kind, Running};
use crate::process;

const LIMIT: Duration = Duration::from_secs(10 * 60);
/// Long enough that the supervisor has finished with the start before the crash comes.
pub(super) const LIFE_MS: &str = "20";

pub(super) fn run(programs: &Programs, size: Size) -> Result<Vec<Row>> {
    let what = "crash to new run";
    let (rounds, count) = size.pick((6, 50), (2, 20));
    let (mut bare, mut own) = (Vec::new(), Vec::new());
    // In turns, so that a busy minute of the machine meets both.
    for _ in 0..rounds {
        bare.extend(bare_loop(programs, count)?);
        own.extend(supervised(programs, Kind::Director, count)?);
    }
    let bare = Sample::of(bare);
    let mut rows = vec![Row::new(what, "bare loop", "ms", bare.clone())];
    rows.push(
        Row::new(what, "director", "ms", Sample::of(own))
            .against("bare loop", &bare)
            .bar(Bar::RatioAtMost(2.0)),
    );
    // It looks once a second; more would only take longer.
    let peer = supervised(programs, Kind::Supervisord, size.pick(20, 3))?;
    rows.push(Row::new(what, "supervisord", "ms", Sample::of(peer)).against("bare loop", &bare));
    Ok(rows)
}

fn bare_loop(programs: &Programs, count: usize) -> Result<Vec<f64>> {
    let file = programs.scratch("respawn-bare")?.join("stamps");
    let mut command = Command::new(programs.own("bare_respawn"));
    command
        .arg((count + 1).to_string())
        .arg(programs.own("crasher"))
        .arg(&file)
        .arg(LIFE_MS);
    process::quiet(command, LIMIT)?;
    Ok(gaps_ms(&stamps::read(&file)))
}

fn supervised(programs: &Programs, kind: Kind, count: usize) -> Result<Vec<f64>> {
    let folder = programs.scratch(&format!("respawn-{}", kind.name()))?;
    let file = folder.join("stamps");
    let crasher =
        [programs.own("crasher"), file.clone(), LIFE_MS.into()].map(|word| word.display().to_string());
    let running = Running::start(programs, kind, &folder, &[crasher.to_vec()])?;
    let gaps = stamps::wait_for("restarts", LIMIT, || {
        let gaps = gaps_ms(&stamps::read(&file));
        (gaps.len() >= count).then_some(gaps)
    })?;
    running.shutdown()?;
    Ok(gaps)
}
