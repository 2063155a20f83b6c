//! What the checks before a start cost when all is well: a crash to the new run with port, database and WAL, against the same
//! service without any of them.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use super::Size;
use super::programs::Programs;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, gaps_ms};
use super::supervisor::Running;

const LIMIT: Duration = Duration::from_secs(10 * 60);
/// Longer than a run must live to count as one that was of use: after three others the checks look closer.
const LIFE_MS: &str = "1100";
/// Nobody listens there, and nobody is given it by the system.
const PORT: u16 = 18_004;

pub(super) fn run(programs: &Programs, size: Size) -> Result<Vec<Row>> {
    let what = "crash to new run";
    let (rounds, count) = size.pick((4, 10), (1, 3));
    let (mut plain, mut checked) = (Vec::new(), Vec::new());
    // In turns, so that a busy minute of the machine meets both.
    for _ in 0..rounds {
        plain.extend(crashes(programs, false, count)?);
        checked.extend(crashes(programs, true, count)?);
    }
    let plain = Sample::of(plain);
    let added: Vec<f64> = checked.iter().map(|gap| gap - plain.median).collect();
    let with = Sample::of(checked);
    Ok(vec![
        Row::new(what, "no checks", "ms", plain.clone()),
        Row::new(what, "preflight", "ms", with).against("no checks", &plain),
        Row::new("preflight adds", "director", "ms", Sample::of(added)).bar(Bar::AtMost(20.0)),
    ])
}

fn crashes(programs: &Programs, checked: bool, count: usize) -> Result<Vec<f64>> {
    let folder = programs.scratch(if checked {
        "preflight-checked"
    } else {
        "preflight-plain"
    })?;
    let file = folder.join("stamps");
    let crasher =
        [programs.own("crasher"), file.clone(), LIFE_MS.into()].map(|word| word.display().to_string());
    let mut text = format!(
        "[director]\nname = \"bench\"\n[service.s]\ncommand = {}\nrestart = {{ backoff = [\"0s\"] }}\n",
        toml::Value::from(crasher.to_vec())
    );
    if checked {
        // An empty file is a database, which the first start puts into WAL mode.
        fs::write(folder.join("app.db"), "")?;
        text.push_str(&format!(
            "port = {PORT}\n[service.s.database]\nsqlite = \"app.db\"\nwal = true\n"
        ));
    }
    let running = Running::start_with(programs, &folder, &text)?;
    let gaps = stamps::wait_for("restarts", LIMIT, || {
        let gaps = gaps_ms(&stamps::read(&file));
        (gaps.len() >= count).then_some(gaps)
    })?;
    running.shutdown()?;
    Ok(gaps)
}
