//! A folder with a config, and the command line in it.

use std::fmt::Write as _;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use director_testkit::{Sandbox, eventually, rogue};
use serde_json::Value;

use super::{BOUND, Director, text};

/// A sandbox with a `director.toml`.
pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    config: String,
    environment: Vec<(String, String)>,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

impl Site {
    /// Without services yet.
    pub(crate) fn new(name: &str) -> Self {
        let sandbox = Sandbox::new(name);
        let site = Self {
            sandbox,
            config: "[director]\nname = \"end-to-end\"\n".to_owned(),
            environment: Vec::new(),
        };
        site.write();
        site
    }

    /// Without a configuration: `director init` is to write it.
    pub(crate) fn without_config(name: &str) -> Self {
        Self {
            sandbox: Sandbox::new(name),
            config: String::new(),
            environment: Vec::new(),
        }
    }

    /// A variable of directors and commands alike.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// A service with any command; `lines` are TOML in its table.
    pub(crate) fn service<A: AsRef<str>>(mut self, name: &str, command: &[A], lines: &str) -> Self {
        let command: Vec<String> = command.iter().map(|word| quoted(word.as_ref())).collect();
        let command = command.join(", ");
        let _ = write!(
            self.config,
            "\n[service.{name}]\ncommand = [{command}]\n{lines}\n"
        );
        self.write();
        self
    }

    /// A service that is rogue.
    pub(crate) fn rogue<A: AsRef<str>>(self, name: &str, arguments: &[A], lines: &str) -> Self {
        let mut command = vec![rogue().display().to_string()];
        command.extend(arguments.iter().map(|word| word.as_ref().to_owned()));
        self.service(name, &command, lines)
    }

    fn write(&self) {
        self.sandbox.write("director.toml", &self.config);
    }

    /// A file of the site, as an argument.
    pub(crate) fn path(&self, name: &str) -> String {
        self.sandbox.file(name).display().to_string()
    }

    /// The config file.
    pub(crate) fn config(&self) -> PathBuf {
        self.sandbox.file("director.toml")
    }

    /// A command line for this site, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_director"));
        command
            .args(arguments)
            .arg("-c")
            .arg(self.config())
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.sandbox.path());
        command
    }

    /// Starts a director and waits until it answers.
    #[track_caller]
    pub(crate) fn start(&self) -> Director<'_> {
        Director::start(self, self.command(&["run"]))
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn cli(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments))
    }

    /// The director's report; none while no director answers.
    pub(crate) fn report(&self) -> Option<Value> {
        let outcome = self.cli(&["status", "--json"]);
        let report: Value = serde_json::from_str(&outcome.out).ok()?;
        report["pid"].is_u64().then_some(report)
    }

    /// One service of the report.
    #[track_caller]
    pub(crate) fn status(&self, service: &str) -> Value {
        let outcome = self.cli(&["status", service, "--json"]);
        let report: Value = serde_json::from_str(&outcome.out)
            .unwrap_or_else(|error| panic!("status --json is no JSON ({error}): {outcome:?}"));
        report["services"][0].clone()
    }

    /// Waits until a service is as `wanted` says.
    #[track_caller]
    pub(crate) fn until(&self, service: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(BOUND, &format!("{service}: {what}"), || {
            let found = self.status(service);
            if wanted(&found) {
                Ok(found)
            } else {
                Err(found.to_string())
            }
        })
    }

    /// Waits for a phase.
    #[track_caller]
    pub(crate) fn until_phase(&self, service: &str, phase: &str) -> Value {
        self.until(service, phase, |found| text(found, "phase") == phase)
    }

    /// Waits until it runs.
    #[track_caller]
    pub(crate) fn until_running(&self, service: &str) -> Value {
        self.until(service, "runs", super::is_running)
    }

    /// Waits for a run later than `run`, up.
    #[track_caller]
    pub(crate) fn until_run_after(&self, service: &str, run: u64) -> Value {
        self.until(service, &format!("a run after {run}"), |found| {
            super::is_running(found) && super::run_number(found) > run
        })
    }

    /// The journal's entries of a service, oldest first.
    #[track_caller]
    pub(crate) fn events(&self, service: &str) -> Vec<Value> {
        let outcome = self.cli(&["events", service, "--json", "-n", "5000"]).exits(0);
        let parse = |line| serde_json::from_str(line).expect("a line of JSON");
        outcome.out.lines().map(parse).collect()
    }

    /// Waits until the journal of a service has an entry of a kind; returns the first.
    #[track_caller]
    pub(crate) fn until_event(&self, service: &str, kind: &str) -> Value {
        eventually(BOUND, &format!("{service}: {kind}"), || {
            let events = self.events(service);
            let found = super::of_kind(&events, kind).first().copied().cloned();
            found.ok_or(events)
        })
    }

    /// What `why` says.
    #[track_caller]
    pub(crate) fn why(&self, service: &str) -> String {
        self.cli(&["why", service]).exits(0).out
    }
}

/// `director` without a word.
#[track_caller]
pub(crate) fn bare() -> Outcome {
    finish(Command::new(env!("CARGO_BIN_EXE_director")))
}

/// Runs a command to its end, within a bound.
#[track_caller]
pub(crate) fn finish(mut command: Command) -> Outcome {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Ended(command.spawn().expect("cannot start the director's command line"));
    let (out, err) = (collect(child.0.stdout.take()), collect(child.0.stderr.take()));
    let status = eventually(2 * BOUND, &format!("{command:?} ends"), || {
        child.0.try_wait().expect("cannot wait for a child")
    });
    Outcome {
        code: super::system::code_of(status),
        out: out.join().expect("the reader of stdout"),
        err: err.join().expect("the reader of stderr"),
    }
}

/// A child that does not outlive a test that fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

fn collect(from: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A TOML string; JSON's escapes are TOML's too.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}
