//! Each flag of rogue does what `--help` says: a tool that other tests trust must be tested itself.
#![expect(unsafe_code, reason = "signals, handles and windows have no safe interface")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking"
)]

mod endings;
mod forks;
mod holding;
mod output;
mod requests;
mod rungs;

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use director_testkit::eventually;

/// Generous: machines that run tests are busy, and Wine starts slowly.
const BOUND: Duration = Duration::from_secs(20);

fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rogue"));
    command
        .args(["--lifetime", "60"])
        .args(arguments)
        .stdin(Stdio::null());
    command
}

/// Runs to the end.
fn output<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    command(arguments).output().unwrap()
}

/// Runs to the end; stdout as text with plain line ends, which must come with exit code 0 and nothing on stderr.
fn said<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> String {
    let output = command(["--exit", "0"]).args(arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

/// A rogue that stays; killed on drop.
struct Running {
    child: Child,
}

impl Running {
    /// Returns when all that the arguments ask for stands.
    fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::start_command(command(arguments))
    }

    fn start_command(mut command: Command) -> Self {
        let mut child = command
            .args(["--say", "ready"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut text = Vec::new();
        let stdout = child.stdout.as_mut().unwrap();
        let mut byte = [0];
        while !text.ends_with(b"ready\n") {
            stdout
                .read_exact(&mut byte)
                .expect("rogue ended before it was ready");
            text.push(byte[0]);
        }
        Self { child }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    fn ended(&mut self) -> ExitStatus {
        eventually(BOUND, "rogue ends", || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
