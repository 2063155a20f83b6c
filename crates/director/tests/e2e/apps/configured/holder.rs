//! Other programs that hold what an application needs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use director_testkit::rogue;

use super::python;

/// Such a program; ended at the latest when it is dropped.
pub(super) struct Holder {
    child: Child,
    /// Some hold as long as this is open.
    _input: Option<ChildStdin>,
}

impl Holder {
    /// Starts it and waits until it says that it holds.
    #[track_caller]
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cannot start the holder");
        let mut line = String::new();
        let output = child.stdout.take().expect("stdout");
        let told = BufReader::new(output).read_line(&mut line);
        let holder = Self {
            _input: child.stdin.take(),
            child,
        };
        assert!(
            told.is_ok() && line.starts_with("held"),
            "it holds nothing: {line:?}"
        );
        holder
    }

    /// `rogue` with arguments that make it hold something.
    #[track_caller]
    pub(super) fn rogue(arguments: &[&str]) -> Self {
        Self::start(of_rogue(Command::new(rogue()), arguments))
    }

    /// SQLite itself, in a transaction that excludes everybody.
    #[track_caller]
    pub(super) fn sqlite(database: &Path) -> Self {
        let script = "import sqlite3, sys\n\
                      connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                      connection.execute('BEGIN EXCLUSIVE')\n\
                      print('held', flush=True)\n\
                      sys.stdin.read()";
        let mut command = Command::new(python());
        command.args(["-c", script]).arg(database);
        Self::start(command)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it was left alone.
    #[track_caller]
    pub(super) fn assert_alive(&mut self) {
        let ended = self.child.try_wait().expect("cannot look at the holder");
        assert!(ended.is_none(), "a foreign process is never ended: {ended:?}");
    }
}

/// The arguments, and the word that says that all is held.
pub(super) fn of_rogue(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments).args(["--say", "held"]);
    command
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
