//! A director that runs in a site, ended with the test.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};

use director_testkit::eventually;

use super::{BOUND, Site};

/// A running director. Dropped, it is shut down; what it said is shown when the test fails.
pub(crate) struct Director<'s> {
    site: &'s Site,
    child: Child,
    ended: bool,
}

impl<'s> Director<'s> {
    /// Starts `command`, a `director run`, and waits until it answers.
    #[track_caller]
    pub(crate) fn start(site: &'s Site, command: Command) -> Self {
        let mut director = Self::launch(site, command);
        let pid = director.pid();
        eventually(BOUND, "the director answers", || {
            if let Some(status) = director.child.try_wait().expect("cannot wait for the director") {
                director.ended = true;
                panic!("the director ended with {status}:\n{}", director.said());
            }
            let report = site.report().ok_or_else(|| director.said())?;
            // One that is still on its way out must not be taken for this one.
            if report["pid"] == pid {
                Ok(())
            } else {
                Err(report.to_string())
            }
        });
        director
    }

    /// Starts `command` and returns at once.
    #[track_caller]
    pub(crate) fn launch(site: &'s Site, mut command: Command) -> Self {
        let said = File::options()
            .create(true)
            .append(true)
            .open(site.sandbox.file("director.said"))
            .expect("cannot open the file for what the director says");
        let child = command
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("cannot clone a file"))
            .stderr(said)
            .spawn()
            .expect("cannot start the director");
        Self {
            site,
            child,
            ended: false,
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What directors of this site wrote to their streams.
    pub(crate) fn said(&self) -> String {
        self.site.sandbox.read("director.said")
    }

    /// Kills it as a crash would: nothing of it gets to say a word.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("cannot kill the director");
        self.child.wait().expect("cannot wait for the director");
        self.ended = true;
    }

    /// `director shutdown`, which must end it with 0.
    #[track_caller]
    pub(crate) fn shut_down(self) {
        self.site.cli(&["shutdown"]).exits(0);
        let status = self.wait();
        assert!(status.success(), "the director ended with {status}");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(mut self) -> ExitStatus {
        let status = eventually(BOUND, "the director ends", || {
            self.child.try_wait().expect("cannot wait for the director")
        });
        self.ended = true;
        status
    }

    fn show(&self) {
        let log = self.site.sandbox.file("logs/director.log");
        let log = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(60)..].join("\n");
        eprintln!(
            "--- what the director said:\n{}\n--- director.log, its end:\n{last}\n---",
            self.said()
        );
    }
}

impl Drop for Director<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show();
        }
        if self.ended || matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Not by `cli`, which may panic: a test may be failing already.
        let asked = self
            .site
            .command(&["shutdown", "--now"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let obeyed = asked.is_ok_and(|status| status.success());
        if !obeyed {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
