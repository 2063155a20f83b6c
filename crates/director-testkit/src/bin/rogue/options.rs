//! What one command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::forks::Mode;
use crate::health::Answer;
use crate::holds::Hold;

/// A polite or impolite request to end, by the name that the command line uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rung {
    Term,
    Int,
    Hup,
    Quit,
    Usr1,
    Usr2,
    CtrlC,
    CtrlBreak,
    Close,
}

impl Rung {
    pub(crate) const ALL: [(&'static str, Self); 9] = [
        ("term", Self::Term),
        ("int", Self::Int),
        ("hup", Self::Hup),
        ("quit", Self::Quit),
        ("usr1", Self::Usr1),
        ("usr2", Self::Usr2),
        ("ctrl-c", Self::CtrlC),
        ("ctrl-break", Self::CtrlBreak),
        ("close", Self::Close),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, rung)| *rung == self)
            .map_or("?", |(name, _)| name)
    }
}

/// `--on-RUNG "exit CODE [after MS]"`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RungAnswer {
    pub(crate) rung: Rung,
    pub(crate) code: i32,
    pub(crate) after: Duration,
}

/// The last thing that the main process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Exit(i32),
    Abort,
    Segfault,
    Suspend,
}

/// One piece of output; performed in the order of the command line.
#[derive(Debug)]
pub(crate) enum Step {
    Say(OsString),
    Complain(OsString),
    Partial(OsString),
    Env(OsString),
    Cwd,
    Fds,
    Args(Vec<OsString>),
    Flood(u64),
    NoNewline(u64),
    Binary,
    Pause(Duration),
    Note(PathBuf),
    Need(PathBuf),
    WaitFor(PathBuf),
}

/// Where a flood goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloodTo {
    Stdout,
    Stderr,
    Both,
}

/// `--port` and what it answers.
#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) port: Option<u16>,
    pub(crate) bind: Option<String>,
    pub(crate) answer: Answer,
    pub(crate) health_file: Option<PathBuf>,
}

/// How a grandchild was started: hidden flags between rogue and itself.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) mode: Mode,
    /// The pipe end (descriptor or handle value) that is closed when the grandchild is ready.
    pub(crate) ready: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) ignored: Vec<Rung>,
    pub(crate) answers: Vec<RungAnswer>,
    pub(crate) record: Option<PathBuf>,
    pub(crate) ending: Option<Ending>,
    pub(crate) after: Duration,
    pub(crate) forks: Vec<Mode>,
    pub(crate) main_exits_first: bool,
    pub(crate) lifetime: Duration,
    pub(crate) steps: Vec<Step>,
    pub(crate) line: usize,
    pub(crate) flood_to: FloodTo,
    pub(crate) tick: Option<Duration>,
    pub(crate) server: Option<Server>,
    pub(crate) write_pid: Option<PathBuf>,
    pub(crate) lock: Option<PathBuf>,
    pub(crate) sqlite_lock: Option<PathBuf>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) holds_in_child: Vec<OsString>,
    pub(crate) counter: Option<PathBuf>,
    pub(crate) eat_mb: Option<usize>,
    pub(crate) eat_per_second: bool,
    pub(crate) stdin_quit: bool,
    pub(crate) window: bool,
    pub(crate) grandchild: Option<Order>,
    pub(crate) launch: Option<Order>,
    pub(crate) suspend_pid: Option<u32>,
    pub(crate) console_event: Option<(u32, Rung)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ignored: Vec::new(),
            answers: Vec::new(),
            record: None,
            ending: None,
            after: Duration::ZERO,
            forks: Vec::new(),
            main_exits_first: false,
            lifetime: Duration::from_secs(120),
            steps: Vec::new(),
            line: 120,
            flood_to: FloodTo::Stdout,
            tick: None,
            server: None,
            write_pid: None,
            lock: None,
            sqlite_lock: None,
            holds: Vec::new(),
            holds_in_child: Vec::new(),
            counter: None,
            eat_mb: None,
            eat_per_second: false,
            stdin_quit: false,
            window: false,
            grandchild: None,
            launch: None,
            suspend_pid: None,
            console_event: None,
        }
    }
}
