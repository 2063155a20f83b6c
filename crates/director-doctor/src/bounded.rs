//! One short program, run to its end or to its limit, with nothing left behind.
//!
//! For a command line that has no director beside it: it makes a reaper and a pump for one run, and lets go of both after.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use director_sys::accounts::Account;
use director_sys::identity;
use director_sys::reaper::{ExitStatus, Reaper, ReaperEvent};
use director_sys::spawn::{self, Output, SpawnRequest, Spawned, Stdin};
use director_sys::stdio::{OutputSink, Pump};

/// Of each stream this much is kept.
const MOST_BYTES: usize = 64 * 1024;
/// What lives on after the first process, or holds its output, has this long.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// The run, its standard output and its standard error.
const RUN: u64 = 0;
const OUT: u64 = 1;
const ERR: u64 = 2;

/// What to run.
#[derive(Clone, Debug)]
pub struct Task {
    /// The program, absolute.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its working folder.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// The account, if not ours.
    pub user: Option<Account>,
    /// How long it may take.
    pub limit: Duration,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i64>,
    /// What it wrote.
    pub out: Vec<u8>,
    /// What it complained of.
    pub err: Vec<u8>,
}

impl Ended {
    /// Both outputs as text, cut to one line that fits into a sentence.
    #[must_use]
    pub fn last_words(&self) -> String {
        let of = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            last.map(|line| {
                line.trim()
                    .chars()
                    .filter(|found| !found.is_control())
                    .take(200)
                    .collect::<String>()
            })
        };
        of(&self.err).or_else(|| of(&self.out)).unwrap_or_default()
    }
}

/// Runs it.
///
/// # Errors
/// It cannot be started, or `TimedOut`: it was ended at its limit.
pub fn run(task: Task) -> io::Result<Ended> {
    let limit = task.limit;
    let (sender, events) = mpsc::channel();
    let pump = Pump::start(Keeper(sender.clone()))?;
    // The reaper lives as long as this function, and the receiver longer: a report that finds nobody does not happen.
    let reaper = Reaper::start(move |event| drop(sender.send(Event::Reaped(event))))?;
    let mut spawned = spawn::spawn(request(task)?).map_err(io::Error::other)?;
    reaper.watch(RUN, &spawned.tree)?;
    for (token, end) in [(OUT, spawned.stdout.take()), (ERR, spawned.stderr.take())] {
        if let Some(end) = end {
            pump.add(token, end)?;
        }
    }
    let mut seen = Seen::default();
    seen.gather(&events, Instant::now() + limit, Seen::has_ended);
    seen.end_all(&spawned, &pump, &events)?;
    let Some(status) = seen.status else {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("it did not end within {} s and was ended", limit.as_secs()),
        ));
    };
    let code = match status {
        ExitStatus::Code(code) => Some(code),
        ExitStatus::Signal { .. } => None,
    };
    let [out, err] = seen.output;
    Ok(Ended { code, out, err })
}

fn request(task: Task) -> io::Result<SpawnRequest> {
    Ok(SpawnRequest {
        program: task.program,
        args: task.args,
        cwd: task.cwd,
        env: task.env,
        invocation: identity::new_invocation_id()?,
        stdin: Stdin::Null,
        output: Output::Captured,
        user: task.user,
        open_files: None,
        limits: Default::default(),
    })
}

enum Event {
    Reaped(ReaperEvent),
    Data(u64, Vec<u8>),
    Closed,
}

/// Hands on what the pump moves.
struct Keeper(Sender<Event>);

impl OutputSink for Keeper {
    fn buffer(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn data(&mut self, token: u64, bytes: Vec<u8>) {
        drop(self.0.send(Event::Data(token, bytes)));
    }

    fn closed(&mut self, _token: u64) {
        drop(self.0.send(Event::Closed));
    }
}

/// What is known of the run so far.
#[derive(Default)]
struct Seen {
    status: Option<ExitStatus>,
    is_empty: bool,
    closed: u32,
    output: [Vec<u8>; 2],
}

impl Seen {
    fn has_ended(&self) -> bool {
        self.status.is_some()
    }

    fn is_over(&self) -> bool {
        self.is_empty && self.closed >= 2
    }

    /// Takes what comes until `enough`, or until then.
    fn gather(&mut self, events: &mpsc::Receiver<Event>, until: Instant, enough: fn(&Self) -> bool) {
        while !enough(self) {
            match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Event::Reaped(ReaperEvent::Exited { status, .. })) => self.status = Some(status),
                Ok(Event::Reaped(ReaperEvent::TreeEmptied { .. })) => self.is_empty = true,
                Ok(Event::Data(token, bytes)) => self.keep(token, &bytes),
                Ok(Event::Closed) => self.closed += 1,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn keep(&mut self, token: u64, bytes: &[u8]) {
        let kept = &mut self.output[usize::from(token == ERR)];
        let room = MOST_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Ends what is left of the tree, and takes the rest of the output.
    fn end_all(&mut self, spawned: &Spawned, pump: &Pump, events: &mpsc::Receiver<Event>) -> io::Result<()> {
        let status = self.status;
        if !self.is_over() {
            spawned.tree.kill_all()?;
        }
        pump.finish(OUT);
        pump.finish(ERR);
        self.gather(events, Instant::now() + AFTERWARDS, Self::is_over);
        // What our own kill led to says nothing about the program.
        self.status = status;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Task {
        let windows = std::env::consts::OS == "windows";
        let (program, flag) = if windows {
            (r"C:\windows\system32\cmd.exe", "/c")
        } else {
            ("/bin/sh", "-c")
        };
        Task {
            program: program.into(),
            args: vec![flag.into(), script.into()],
            cwd: std::env::temp_dir(),
            env: std::env::vars_os().collect(),
            user: None,
            limit,
        }
    }

    #[test]
    fn its_words_and_its_code_come_back() {
        let ended = run(shell("echo here& exit 3", Duration::from_secs(20))).unwrap();
        assert_eq!((ended.code, ended.last_words().as_str()), (Some(3), "here"));
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let endless = if std::env::consts::OS == "windows" {
            "ping -n 600 127.0.0.1"
        } else {
            "sleep 600 & sleep 600"
        };
        let error = run(shell(endless, Duration::from_millis(300))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
