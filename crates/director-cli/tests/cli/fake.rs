//! A director without services: the real edge, answering from a report that the test changes.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use director_api::Edge;
use director_cli::{DemoArgs, Failure, Hooks, RunArgs, Ui};
use director_core::command::{Accepted, Command, Numbered, Refusal, Reloaded, Reply, Request};
use director_core::journal::{JournalEntry, JournalEvent};
use director_core::reload::ReloadPlan;
use director_core::report::{DirectorReport, PROTOCOL, RunReport, ServiceReport};
use director_core::spec::ServiceName;
use director_core::time::WallTime;
use director_core::words::{Goal, Health, PhaseName, RunNumber};
use director_sys::ipc::Endpoint;

/// The process of the fake director: none that exists.
const NOBODY: u32 = u32::MAX;

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub code: u8,
    pub out: String,
    pub err: String,
}

#[derive(Clone, Default)]
struct Shared {
    text: Arc<Mutex<Vec<u8>>>,
    /// The reader closes the pipe instead of reading this.
    enough: Option<&'static str>,
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let enough = self.enough.map(str::as_bytes);
        if enough.is_some_and(|word| bytes.windows(word.len()).any(|window| window == word)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.text.lock().expect("lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.text.lock().expect("lock").clone()).expect("UTF-8")
    }
}

fn no_run(arguments: RunArgs) -> Result<u8, Failure> {
    Ok(if arguments.force { 77 } else { 76 })
}

fn no_demo(arguments: DemoArgs) -> Result<u8, Failure> {
    Ok(if arguments.port == Some(8080) { 79 } else { 78 })
}

/// Carries out a command line against the configuration in `folder`.
pub(crate) fn director(folder: &Path, arguments: &[&str]) -> Outcome {
    carry_out(folder, arguments, Shared::default())
}

/// The same, with a reader of the standard output who closes it when `enough` would come; what is read can be seen in
/// `text` meanwhile.
pub(crate) fn director_until(
    folder: &Path,
    arguments: &[&str],
    enough: &'static str,
    text: &Arc<Mutex<Vec<u8>>>,
) -> Outcome {
    let out = Shared {
        text: Arc::clone(text),
        enough: Some(enough),
    };
    carry_out(folder, arguments, out)
}

fn carry_out(folder: &Path, arguments: &[&str], out: Shared) -> Outcome {
    let err = Shared::default();
    let mut ui = Ui::plain(Box::new(out.clone()), Box::new(err.clone()));
    let config = folder.join("director.toml");
    let mut line = vec!["director".into(), "-c".into(), config.into_os_string()];
    line.extend(arguments.iter().map(Into::into));
    let hooks = Hooks {
        run: no_run,
        demo: no_demo,
    };
    let code = director_cli::main_with(line, &hooks, &mut ui);
    Outcome {
        code,
        out: out.text(),
        err: err.text(),
    }
}

/// A folder with a configuration of the services `web` and `worker`.
pub(crate) fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "[director]\nname = \"Test\"\n[service.web]\ncommand = [\"web\"]\n[service.worker]\ncommand = [\"worker\"]\n";
    std::fs::write(folder.path().join("director.toml"), text).expect("the configuration");
    std::fs::create_dir_all(folder.path().join(".director")).expect("the data folder");
    folder
}

pub(crate) fn service(name: &str) -> ServiceReport {
    ServiceReport {
        name: ServiceName::new(name).expect("a name"),
        goal: Goal::Up,
        phase: PhaseName::Running,
        phase_since: WallTime(1_000),
        health: Health::Healthy,
        because: "the first probe was healthy".to_owned(),
        next: Some("next probe in 9 s".to_owned()),
        run: Some(RunReport {
            number: RunNumber(1),
            pid: Some(4711),
            started: WallTime(1_000),
            uptime_ms: Some(65_000),
        }),
        restart_count: 0,
        restarts_total: 0,
        backoff_left_ms: None,
        probe_failures: 0,
        probe_detail: None,
        probed: None,
        answer: None,
        blocker: None,
        stopped_by_operator: None,
        port: None,
        last_exit: None,
        log_lines_dropped: 0,
        watched: false,
        watch_paused: None,
        instance: None,
        limits: Default::default(),
        limits_unenforced: Vec::new(),
        renewal_due_ms: None,
        waits_for: None,
        renewal_waits_for: None,
        maintenance_until: None,
        next_scheduled: None,
        hook: None,
        findings: Vec::new(),
        usage: None,
        command: vec![name.to_owned()],
    }
}

type Act = Box<dyn Fn(&Command, &mut State) -> Result<(), Refusal> + Send + Sync>;

/// What the fake knows.
pub(crate) struct State {
    pub report: DirectorReport,
    pub events: Vec<Numbered>,
    waiting: Vec<(u64, Reply<u64>)>,
    gone: bool,
}

impl State {
    pub(crate) fn service(&mut self, name: &str) -> &mut ServiceReport {
        self.report
            .services
            .iter_mut()
            .find(|service| service.name.as_str() == name)
            .expect("known")
    }

    pub(crate) fn record(&mut self, service: &str, event: JournalEvent) {
        let wall = WallTime(director_sys::clock::unix_ms());
        let seq = self.events.len() as u64 + 1;
        let entry = JournalEntry {
            wall,
            service: ServiceName::new(service).ok(),
            run: None,
            event,
        };
        self.events.push(Numbered { seq, entry });
    }

    fn changed(&mut self) {
        self.report.revision += 1;
        let revision = self.report.revision;
        for (_, reply) in self.waiting.drain(..) {
            reply(revision);
        }
    }
}

/// The fake director; its edge is real.
pub(crate) struct Fake {
    state: Arc<Mutex<State>>,
    edge: Option<Edge>,
}

impl Fake {
    /// Serves for the configuration in `folder`; `act` says what a command does to the state.
    pub(crate) fn start(
        folder: &Path,
        act: impl Fn(&Command, &mut State) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        let report = DirectorReport {
            version: "0.1.0".to_owned(),
            protocol: PROTOCOL,
            pid: NOBODY,
            name: "Test".to_owned(),
            config: "director.toml".to_owned(),
            started: WallTime(0),
            fallback: None,
            shutting_down: false,
            revision: 7,
            services: vec![service("web"), service("worker")],
        };
        let state = Arc::new(Mutex::new(State {
            report,
            events: Vec::new(),
            waiting: Vec::new(),
            gone: false,
        }));
        let endpoint = Endpoint::for_data_dir(&folder.join(".director")).expect("an endpoint");
        let (shared, act): (_, Act) = (Arc::clone(&state), Box::new(act));
        let edge = Edge::start_for(NOBODY, &endpoint, move |request| answer(&shared, &act, request))
            .expect("an edge");
        Self {
            state,
            edge: Some(edge),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("lock")
    }

    /// Changes the state and wakes who waits.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.changed();
    }

    /// Whether a client waits for a change: it has seen all there is.
    pub(crate) fn is_waited_for(&self) -> bool {
        let state = self.state();
        state
            .waiting
            .iter()
            .any(|(from, _)| *from == state.report.revision)
    }

    /// Ends it as a director ends: replies are dropped, the endpoint closes.
    pub(crate) fn end(&mut self) {
        let waiting = {
            let mut state = self.state();
            state.gone = true;
            std::mem::take(&mut state.waiting)
        };
        drop(waiting);
        self.edge.take().expect("runs").stop();
    }
}

fn answer(state: &Mutex<State>, act: &Act, request: Request) {
    let mut state = state.lock().expect("lock");
    if state.gone {
        return;
    }
    match request {
        Request::Report { reply, .. } => reply(state.report.clone()),
        Request::Changed { from, reply } if from == state.report.revision => {
            state.waiting.push((from, reply))
        }
        Request::Changed { reply, .. } => reply(state.report.revision),
        Request::Command { command, reply } => {
            let outcome = accept(&command, &mut state, act);
            if outcome.is_ok() {
                state.changed();
            }
            reply(outcome);
        }
        Request::Events {
            after,
            service,
            limit,
            reply,
        } => {
            let wanted = |numbered: &&Numbered| {
                numbered.seq > after && (service.is_none() || numbered.entry.service == service)
            };
            let found: Vec<Numbered> = state.events.iter().filter(wanted).cloned().collect();
            reply(found[found.len().saturating_sub(limit)..].to_vec());
        }
        // What a reload says is tested with the real director.
        Request::Reload { reply, .. } => reply(Ok(Reloaded {
            plan: ReloadPlan::default(),
            revision: state.report.revision,
        })),
        Request::Tail { reply, .. } => reply(None),
    }
}

fn accept(command: &Command, state: &mut State, act: &Act) -> Result<Accepted, Refusal> {
    let known: Vec<ServiceName> = state
        .report
        .services
        .iter()
        .map(|service| service.name.clone())
        .collect();
    let services = match command {
        Command::Start { services } | Command::Stop { services } | Command::Restart { services } => {
            services.clone()
        }
        Command::Shutdown { .. } => Vec::new(),
    };
    if let Some(unknown) = services.iter().find(|name| !known.contains(name)) {
        return Err(Refusal::UnknownService {
            name: unknown.to_string(),
            known,
        });
    }
    let revision = state.report.revision;
    act(command, state)?;
    Ok(Accepted {
        services: if services.is_empty() { known } else { services },
        revision,
    })
}

/// Waits for a state, looking again and again; fails after a bound.
pub(crate) fn eventually(what: &str, mut reached: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !reached() {
        assert!(std::time::Instant::now() < end, "not reached in time: {what}");
        std::thread::yield_now();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
