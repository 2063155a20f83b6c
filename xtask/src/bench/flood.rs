//! Output as fast as it is taken: throughput, and whether every line arrives whole.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::programs::Programs;
use super::row::{Bar, Row, Sample};
use super::stamps::{self, milliseconds};
use super::supervisor::{Kind, Running};
use super::{Size, probe};
use crate::files;

const LINE_BYTES: u64 = 120;
const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn run(programs: &Programs, size: Size) -> Result<Vec<Row>> {
    let what = "capture of 120-byte lines";
    let lines = size.pick(4_166_667, 416_667);
    let rounds = size.pick(5, 2);
    let (mut cat, mut own, mut memory, mut faults) = (Vec::new(), Vec::new(), Vec::new(), 0);
    // In turns, so that a slow minute of the machine meets both.
    for _ in 0..rounds {
        cat.push(through_cat(programs, lines)?);
        let (speed, most, bad) = captured(programs, Kind::Director, lines)?;
        own.push(speed);
        memory.push(most);
        faults += bad;
    }
    let (peer, peer_memory, _) = captured(programs, Kind::Supervisord, lines)?;
    let cat = Sample::of(cat);
    let highest = memory.iter().copied().fold(f64::NAN, f64::max);
    Ok(vec![
        Row::new(what, "cat > file", "MB/s", cat.clone()),
        Row::new(what, "director", "MB/s", Sample::of(own))
            .against("cat", &cat)
            .bar(Bar::RatioAtLeast(0.7)),
        Row::new(
            "lines lost or torn",
            "director",
            "lines",
            Sample::one(faults as f64),
        )
        .bar(Bar::AtMost(0.0)),
        Row::new(
            "highest PSS while capturing",
            "director",
            "MiB",
            Sample::one(highest),
        )
        .bar(Bar::AtMost(32.0)),
        Row::new(what, "supervisord", "MB/s", Sample::one(peer)).against("cat", &cat),
        Row::new(
            "highest PSS while capturing",
            "supervisord",
            "MiB",
            Sample::one(peer_memory),
        ),
    ])
}

fn speed(lines: u64, milliseconds: f64) -> f64 {
    (lines * LINE_BYTES) as f64 / 1e3 / milliseconds
}

fn through_cat(programs: &Programs, lines: u64) -> Result<f64> {
    let folder = programs.scratch("flood-cat")?;
    stamps::settle_disk();
    let (file, noted) = (folder.join("output"), folder.join("stamps"));
    let mut flooder = Command::new(programs.own("flooder"))
        .arg(lines.to_string())
        .arg(&noted)
        .stdout(Stdio::piped())
        .spawn()?;
    let pipe = flooder.stdout.take().context("no output of the flooder")?;
    let status = Command::new("cat")
        .stdin(pipe)
        .stdout(File::create(&file)?)
        .status()?;
    let ended = programs.clock.at(Instant::now());
    flooder.wait()?;
    anyhow::ensure!(
        status.success() && file.metadata()?.len() == lines * LINE_BYTES,
        "cat lost output"
    );
    let taken = milliseconds(ended - stamps::moment(&stamps::read(&noted), "begin")?);
    files::remove_folder(&folder)?;
    Ok(speed(lines, taken))
}

/// MB/s from the flooder's begin until the last byte is in a file; the highest PSS; lines lost or torn.
fn captured(programs: &Programs, kind: Kind, lines: u64) -> Result<(f64, f64, u64)> {
    let folder = programs.scratch(&format!("flood-{}", kind.name()))?;
    stamps::settle_disk();
    let noted = folder.join("stamps");
    let words = [
        programs.own("flooder"),
        lines.to_string().into(),
        noted.clone(),
        "linger".into(),
    ];
    let service = words.map(|word: PathBuf| word.display().to_string()).to_vec();
    let running = Running::start(programs, kind, &folder, &[service])?;
    let logs = folder.join("logs/s000");
    let mut highest = 0.0_f64;
    let ended = stamps::wait_for("all output in files", LIMIT, || {
        highest = highest.max(probe::pss_mib(running.pid()).unwrap_or(0.0));
        (bytes_in(&logs) >= lines * LINE_BYTES).then(Instant::now)
    });
    let ended = match ended {
        Ok(ended) => programs.clock.at(ended),
        Err(error) => bail!(
            "{error}; {} bytes of {} are there",
            bytes_in(&logs),
            lines * LINE_BYTES
        ),
    };
    let began = stamps::moment(&stamps::read(&noted), "begin")?;
    running.shutdown()?;
    let bad = if kind == Kind::Director {
        lost_or_torn(&logs, lines)?
    } else {
        0
    };
    files::remove_folder(&folder)?;
    Ok((speed(lines, milliseconds(ended - began)), highest, bad))
}

/// Of the log files alone, without the indexes beside them.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let is_log = |name: &str| !name.ends_with(".idx") && !name.contains(".tmp");
    let logs = entries
        .flatten()
        .filter(|entry| is_log(&entry.file_name().to_string_lossy()));
    logs.filter_map(|entry| entry.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

/// Reads everything back: the numbers must be 0, 1, 2 ... and each line exactly as written.
fn lost_or_torn(folder: &Path, lines: u64) -> Result<u64> {
    let mut paths = files::with_extension(folder, "log")?;
    // The dated names sort by time; the current one is the newest.
    paths.sort_by_key(|path| {
        (
            path.file_name().is_some_and(|name| name == "current.log"),
            path.clone(),
        )
    });
    let (mut whole, mut torn, mut next) = (0, 0, 0);
    for path in paths {
        let mut reader = BufReader::with_capacity(1 << 20, File::open(&path)?);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            match number_of(&line) {
                Some(number) if number >= next => {
                    whole += 1;
                    next = number + 1;
                }
                _ => torn += 1,
            }
            line.clear();
        }
    }
    Ok(torn + lines.saturating_sub(whole))
}

/// The number of a line exactly as the flooder writes it.
pub(super) fn number_of(line: &[u8]) -> Option<u64> {
    let (digits, rest) = line.split_at_checked(12)?;
    let filling = rest.strip_prefix(b" ")?.strip_suffix(b"\n")?;
    let whole = line.len() as u64 == LINE_BYTES && filling.iter().all(|byte| *byte == b'x');
    if whole {
        std::str::from_utf8(digits).ok()?.parse().ok()
    } else {
        None
    }
}
