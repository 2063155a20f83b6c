//! A small director for the contract tests: it starts `rogue`, collects output and the reaper's events.
#![allow(
    dead_code,
    reason = "each test file uses a part; `expect` would fail in those that use all"
)]

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use director_sys::identity::{self, ProcessId};
use director_sys::reaper::{ExitStatus, Reaper, ReaperEvent};
use director_sys::spawn::{self, Output, SpawnRequest, Spawned, Stdin};
use director_sys::stdio::{OutputSink, Pump};
use director_sys::tree::{Rung, Tree};
use director_testkit::{Sandbox, eventually};

/// How long a state may take on a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

/// The rung that a polite program answers, and its name for rogue.
pub(crate) const POLITE: (Rung, &str) = if cfg!(windows) {
    (Rung::CtrlC, "ctrl-c")
} else {
    (Rung::Term, "term")
};

/// The rung that nothing survives.
pub(crate) const LAST: Rung = if cfg!(windows) {
    Rung::Terminate
} else {
    Rung::Kill
};

/// What streams have delivered so far.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) bytes: HashMap<u64, Vec<u8>>,
    pub(crate) closed: HashMap<u64, usize>,
    pub(crate) idles: usize,
    /// Which stream delivered when.
    pub(crate) order: Vec<u64>,
}

pub(crate) struct Sink(pub Arc<Mutex<Collected>>);

impl OutputSink for Sink {
    fn buffer(&mut self) -> Vec<u8> {
        Vec::with_capacity(32 << 10)
    }

    fn data(&mut self, token: u64, bytes: Vec<u8>) {
        assert!(!bytes.is_empty(), "empty data");
        let mut collected = self.0.lock().unwrap();
        collected.order.push(token);
        collected
            .bytes
            .entry(token)
            .or_default()
            .extend_from_slice(&bytes);
    }

    fn closed(&mut self, token: u64) {
        *self.0.lock().unwrap().closed.entry(token).or_default() += 1;
    }

    fn idle(&mut self) {
        self.0.lock().unwrap().idles += 1;
    }
}

pub(crate) struct Lab {
    pub(crate) reaper: Reaper,
    pub(crate) events: Receiver<ReaperEvent>,
    pub(crate) pump: Pump,
    pub(crate) collected: Arc<Mutex<Collected>>,
    /// Last, because it goes last: on Windows a folder cannot be removed while a process of the lab stands in it.
    pub(crate) sandbox: Sandbox,
}

impl Lab {
    pub(crate) fn new(name: &str) -> Self {
        spawn::prepare_director().expect("prepare");
        let (sender, events): (Sender<ReaperEvent>, _) = channel();
        let reaper = Reaper::start(move |event| {
            let _ = sender.send(event);
        })
        .expect("reaper");
        let collected = Arc::new(Mutex::new(Collected::default()));
        let pump = Pump::start(Sink(Arc::clone(&collected))).expect("pump");
        Self {
            sandbox: Sandbox::new(name),
            reaper,
            events,
            pump,
            collected,
        }
    }

    /// A request for rogue; change it before [`Lab::launch`].
    pub(crate) fn request(&self, args: &[&str]) -> SpawnRequest {
        SpawnRequest {
            program: director_testkit::rogue(),
            args: args.iter().map(OsString::from).collect(),
            cwd: self.sandbox.path().to_path_buf(),
            env: std::env::vars_os().collect(),
            invocation: identity::new_invocation_id().expect("randomness"),
            stdin: Stdin::Null,
            output: Output::Captured,
            user: None,
            open_files: None,
            limits: Default::default(),
        }
    }

    /// Starts; stdout goes to stream `2 * token`, stderr to the next one. The reaper watches under `token`.
    pub(crate) fn launch(&self, token: u64, request: SpawnRequest) -> Spawned {
        let mut spawned = spawn::spawn(request).expect("spawn");
        if let Some(end) = spawned.stdout.take() {
            self.pump.add(2 * token, end).expect("add stdout");
        }
        if let Some(end) = spawned.stderr.take() {
            self.pump.add(2 * token + 1, end).expect("add stderr");
        }
        self.reaper.watch(token, &spawned.tree).expect("watch");
        spawned
    }

    /// Starts rogue with these flags and `--say ready`, and waits until it has said so.
    pub(crate) fn ready(&self, token: u64, args: &[&str]) -> Tree {
        let mut all = args.to_vec();
        all.extend(["--say", "ready"]);
        let tree = self.launch(token, self.request(&all)).tree;
        self.wait_text(token, "ready");
        tree
    }

    pub(crate) fn text(&self, token: u64) -> String {
        let collected = self.collected.lock().unwrap();
        let bytes = collected.bytes.get(&(2 * token)).cloned().unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\r', "")
    }

    pub(crate) fn wait_text(&self, token: u64, text: &str) {
        eventually(BOUND, text, || {
            let seen = self.text(token);
            if seen.contains(text) { Ok(()) } else { Err(seen) }
        });
    }

    pub(crate) fn wait_closed(&self, stream: u64) {
        eventually(BOUND, "the stream is closed", || {
            self.collected.lock().unwrap().closed.contains_key(&stream)
        });
    }

    /// The next event, which must be this token's exit.
    pub(crate) fn wait_exit(&self, token: u64) -> ExitStatus {
        match self.events.recv_timeout(BOUND).expect("an event") {
            ReaperEvent::Exited { token: seen, status } if seen == token => status,
            other => panic!("expected the exit of {token}, got {other:?}"),
        }
    }

    /// The next event, which must be that nothing of this token is left.
    pub(crate) fn wait_empty(&self, token: u64) {
        assert_eq!(
            self.events.recv_timeout(BOUND).expect("an event"),
            ReaperEvent::TreeEmptied { token }
        );
    }

    /// Exit and emptiness in order.
    pub(crate) fn wait_end(&self, token: u64) -> ExitStatus {
        let status = self.wait_exit(token);
        self.wait_empty(token);
        status
    }

    /// The processes that rogue recorded with `--write-pid` in `file`, once there are `count`.
    pub(crate) fn wait_pids(&self, file: &str, count: usize) -> Vec<(String, u32)> {
        let path = self.sandbox.file(file);
        eventually(BOUND, "recorded pids", || {
            let pids = director_testkit::records::pids(&path);
            if pids.len() >= count { Ok(pids) } else { Err(pids) }
        })
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.sandbox.file(name).to_str().expect("a plain path").to_owned()
    }
}

pub(crate) fn wait_dead(id: ProcessId) {
    eventually(BOUND, "the process is gone", || !identity::is_alive(id).unwrap());
}

pub(crate) fn id_of(pid: u32) -> ProcessId {
    identity::lookup(pid).unwrap().expect("alive")
}

/// Runs one test of this test program again as a process of its own, which finds `role` in its environment.
pub(crate) fn again(test: &str, role: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture"])
        .env("SYS_TEST_ROLE", role);
    command
}

/// Windows delivers console events by a helper process: this very test program, in which the test `console_helper` must call
/// [`be_console_helper`]. No effect on Linux.
pub(crate) fn use_console_helper() {
    let args = ["--exact", "console_helper"].map(OsString::from).to_vec();
    director_sys::tree::set_console_helper(std::env::current_exe().unwrap(), args);
}

/// The helper, when this process was started as one: with the pid and the event as the last arguments.
pub(crate) fn be_console_helper() {
    let args: Vec<OsString> = std::env::args_os().collect();
    let event = args.last().and_then(|last| last.to_str());
    if matches!(event, Some("c" | "break")) {
        std::process::exit(director_sys::tree::console_helper_main(&args[args.len() - 2..]));
    }
}
