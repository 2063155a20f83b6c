//! Starting a director: the lock, the records, the threads.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use director_core::command::Request;
use director_core::journal::JournalEvent;
use director_core::spec::{DirectorSpec, ServiceName};
use director_core::throttle::Throttle;
use director_core::time::{Instant, WallTime};
use director_core::words::RunNumber;
use director_core::{Core, Memory};
use director_store::director_log::Log;
use director_store::files::OnBad;
use director_store::history::History;
use director_store::journal::{Journal, JournalNotice};
use director_store::logs::{LogEvent, LogWriter};
use director_store::operator::Operator;
use director_store::runs::RunStore;
use director_sys::instance_lock::{InstanceLock, LockError};
use director_sys::os_signals;
use director_sys::reaper::{Reaper, ReaperEvent};
use director_sys::stdio::Pump;

use crate::capture::{Capture, Streams};
use crate::driver::{Driver, now};
use crate::hands::{Hands, Inner};
use crate::helper::Helpers;
use crate::input::Input;
use crate::keeping::{Candidate, Keeping};
use crate::leftovers::{self, Found};
use crate::pool::Pool;
use crate::spawner::{Spawner, Tools};
use crate::telling::{Identity, Telling};
use crate::tokens;

/// Probes at once, and hands for everything else.
const PROBE_THREADS: usize = 8;
const HAND_THREADS: usize = 8;

/// What a director starts with.
pub struct Options {
    /// The validated config.
    pub spec: DirectorSpec,
    /// The config file and its text, kept as the last good one once a service runs. None when it already is that one.
    pub good_text: Option<(PathBuf, String)>,
    /// The config file in force.
    pub config: PathBuf,
    /// Set when the file is invalid and the last good config is used instead: what is wrong with the file.
    pub fallback: Option<String>,
    /// Where the director tells what it does.
    pub log: Log,
    /// This executable, for its hidden subcommands.
    pub own_exe: PathBuf,
    /// Whether to start even though an operator's `shutdown` holds in this boot.
    pub force: bool,
    /// Whether to follow the system's signals (the demo has its own keys).
    pub signals: bool,
}

/// Why a director cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another one has this data folder.
    #[error("a director already runs for {}", .data_dir.display())]
    AlreadyRuns {
        /// The folder.
        data_dir: PathBuf,
    },
    /// An operator shut the director down in this boot of the machine.
    #[error("the director was shut down by an operator, and that holds until the next boot")]
    ShutDown {
        /// When.
        since: WallTime,
    },
    /// A folder of the director cannot be used.
    #[error("cannot use {what} {}: {source}", .path.display())]
    Folder {
        /// Which.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something the director cannot do without.
    #[error("cannot {what}: {source}")]
    System {
        /// What.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// A running director.
pub struct Daemon {
    inputs: Sender<Input>,
    driver: Option<JoinHandle<()>>,
    _signals: Option<os_signals::Watch>,
    _lock: InstanceLock,
}

fn system(what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

impl Daemon {
    /// Starts everything; services begin to start when this returns.
    ///
    /// # Errors
    /// [`StartError`]; then nothing was started and nothing changed but folders that were missing.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let data_dir = options.spec.data_dir.clone();
        let folder = |source| StartError::Folder {
            what: "the data folder",
            path: data_dir.clone(),
            source,
        };
        director_sys::fs_guard::create_private_dir(&data_dir).map_err(folder)?;
        let lock = InstanceLock::acquire(&data_dir).map_err(|error| match error {
            LockError::Held => StartError::AlreadyRuns {
                data_dir: data_dir.clone(),
            },
            LockError::Io(source) => folder(source),
        })?;
        let boot_id = director_sys::identity::boot_id().map_err(system("learn the identity of this boot"))?;
        let operator = load_operator(&options, &boot_id)?;
        let (inputs, inbox) = channel();
        let (driver, signals) = assemble(options, &boot_id, &operator, &inputs)?;
        let builder = thread::Builder::new()
            .name("driver".to_owned())
            .stack_size(512 * 1024);
        let handle = builder
            .spawn(move || driver.run(&inbox))
            .map_err(system("start the driver's thread"))?;
        Ok(Self {
            inputs,
            driver: Some(handle),
            _signals: signals,
            _lock: lock,
        })
    }

    /// A way to ask this director, for the edge. Requests to an ended director are dropped.
    pub fn asker(&self) -> impl Fn(Request) + Send + Sync + Clone + 'static {
        let inputs = self.inputs.clone();
        move |request| {
            let _ = inputs.send(Input::Ask(request));
        }
    }

    /// Waits until every service is down after a shutdown, and everything is written.
    pub fn wait(mut self) {
        if let Some(driver) = self.driver.take() {
            // A panic of the driver was reported by the panic hook; the process ends either way.
            let _ = driver.join();
        }
    }
}

/// The operators' wishes; an operator's shutdown holds until the next boot, `start` or `--force`.
fn load_operator(options: &Options, boot_id: &str) -> Result<Operator, StartError> {
    let data_dir = &options.spec.data_dir;
    let (mut operator, bad) = Operator::load(data_dir, OnBad::KeepAside);
    if let Some(bad) = bad {
        options.log.warn(bad);
    }
    if let Some(marker) = operator.shutdown_in_boot(boot_id)
        && !options.force
    {
        return Err(StartError::ShutDown {
            since: WallTime(marker.at_unix_ms),
        });
    }
    if operator.clear_shutdown()
        && let Err(error) = operator.save(data_dir)
    {
        options.log.warn(error);
    }
    Ok(operator)
}

fn assemble(
    options: Options,
    boot_id: &str,
    operator: &Operator,
    inputs: &Sender<Input>,
) -> Result<(Driver, Option<os_signals::Watch>), StartError> {
    let Options {
        spec,
        good_text,
        config,
        fallback,
        log,
        own_exe,
        signals,
        ..
    } = options;
    let prepared = director_sys::spawn::prepare_director().map_err(system("prepare to contain services"))?;
    log.info(format_args!("services are contained by {}", prepared.containment));
    director_sys::tree::set_console_helper(own_exe.clone(), vec!["__console-event".into()]);
    let me = director_sys::identity::current().map_err(system("learn this process's identity"))?;
    let mut records = RunStore::open(&spec.data_dir).map_err(|error| StartError::Folder {
        what: "the run records in",
        path: spec.data_dir.clone(),
        source: error.source,
    })?;
    let found = leftovers::end_all(&spec.data_dir, boot_id, &mut records);
    let journal = open_journal(&spec, inputs)?;
    let logs = open_logs(&spec, inputs)?;
    let slots: HashMap<ServiceName, _> = spec
        .services
        .values()
        .map(|one| (one.name.clone(), logs.add(&one.name, one.log.clone())))
        .collect();
    let (helpers, streams) = (Helpers::default(), Streams::new(slots.clone()));
    let sink = Capture {
        streams: streams.clone(),
        logs: logs.producer(),
        helpers: helpers.clone(),
    };
    let pump = Arc::new(Pump::start(sink).map_err(system("start the output pump"))?);
    let reaper = start_reaper(inputs, &helpers)?;
    let spawner = Spawner::start(Tools {
        inputs: inputs.clone(),
        records,
        reaper,
        pump: Arc::clone(&pump),
        streams,
        helpers: helpers.clone(),
        boot_id: boot_id.to_owned(),
        director: director_store::runs::Identity {
            pid: me.pid,
            start: me.start,
        },
    })
    .map_err(system("start the spawner's thread"))?;
    let hands = Hands::new(Inner {
        inputs: inputs.clone(),
        pool: Pool::new("hand", HAND_THREADS),
        probes: Pool::new("probe", PROBE_THREADS),
        spawner,
        helpers,
        pump,
        own_exe,
        data_dir: spec.data_dir.clone(),
    });
    let watch = if signals {
        Some(watch_signals(inputs)?)
    } else {
        None
    };
    let identity = Identity {
        pid: me.pid,
        name: spec.name.clone(),
        config: config.display().to_string(),
        started: now().wall,
        fallback: fallback.clone(),
    };
    let candidate = good_text.map(|(source, text)| Candidate { text, source });
    let keeping = Keeping::new(journal, log, boot_id.to_owned(), candidate);
    tell_beginning(&keeping, &found, me.pid, fallback);
    let core = Core::new(
        spec.services.values().cloned().collect(),
        memory(&spec, boot_id, operator, &found),
        now(),
    );
    let driver = Driver {
        core,
        specs: spec
            .services
            .into_iter()
            .map(|(name, one)| (name, Arc::new(one)))
            .collect(),
        live: HashMap::new(),
        by_token: HashMap::new(),
        leftovers: found.stubborn,
        hands,
        keeping,
        telling: Telling::new(identity),
        logs,
        slots,
        boot_id: boot_id.to_owned(),
        interrupts: 0,
        finished: false,
    };
    Ok((driver, watch))
}

fn open_journal(spec: &DirectorSpec, inputs: &Sender<Input>) -> Result<Journal, StartError> {
    let inputs = inputs.clone();
    Journal::open(&spec.data_dir, move |notice| {
        let error = match notice {
            JournalNotice::PutAside(bad) => {
                format!("the journal could not be used and a new one was begun: {bad}")
            }
            JournalNotice::Unavailable { error } => {
                format!("the journal cannot be written, entries stay in memory: {error}")
            }
            JournalNotice::Recovered { lost } => {
                format!("the journal is written again; {lost} entries are not in it")
            }
            JournalNotice::JobFaulted => "a fault in the director while it saved a record".to_owned(),
        };
        let _ = inputs.send(Input::RecordFailed { service: None, error });
    })
    .map_err(system("start the journal's writer"))
}

fn open_logs(spec: &DirectorSpec, inputs: &Sender<Input>) -> Result<LogWriter, StartError> {
    let inputs = inputs.clone();
    LogWriter::start(&spec.log_dir, move |event| {
        let input = match event {
            LogEvent::Dropped { service, lost } => Input::OutputDropped {
                service,
                lines: lost.lines,
                bytes: lost.bytes,
                because: lost.because.to_string(),
            },
            LogEvent::Faulted { service } => {
                let error = "a fault in the director while it wrote this log".to_owned();
                Input::RecordFailed {
                    service: Some(service),
                    error,
                }
            }
        };
        let _ = inputs.send(input);
    })
    .map_err(system("start the log writer"))
}

fn start_reaper(inputs: &Sender<Input>, helpers: &Helpers) -> Result<Reaper, StartError> {
    let (inputs, helpers) = (inputs.clone(), helpers.clone());
    Reaper::start(move |event| {
        let (ReaperEvent::Exited { token, .. } | ReaperEvent::TreeEmptied { token }) = event;
        if token & tokens::HELPER != 0 {
            helpers.reaped(event);
        } else {
            let _ = inputs.send(Input::Reaped(event));
        }
    })
    .map_err(system("start the reaper"))
}

fn watch_signals(inputs: &Sender<Input>) -> Result<os_signals::Watch, StartError> {
    let inputs = inputs.clone();
    os_signals::Watch::start(move |signal| {
        let _ = inputs.send(Input::Signal(signal));
    })
    .map_err(system("listen to the system's signals"))
}

/// The first entries of this director.
fn tell_beginning(keeping: &Keeping, found: &Found, pid: u32, fallback: Option<String>) {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    keeping.note(
        None,
        JournalEvent::DirectorStarted {
            version,
            pid,
            after_crash: found.after_crash,
        },
    );
    if let Some(error) = fallback {
        keeping.note(None, JournalEvent::ConfigFellBack { error });
    }
    for (service, event) in &found.events {
        keeping.note(service.clone(), event.clone());
    }
}

/// What is carried over: operators' stops, and within the same boot the throttle.
fn memory(spec: &DirectorSpec, boot_id: &str, operator: &Operator, found: &Found) -> Memory {
    let (history, _) = History::load(&spec.data_dir, boot_id);
    let mut memory = Memory::default();
    for name in spec.services.keys() {
        if let Some(since) = operator.stopped_since(name) {
            memory.stopped.insert(name.clone(), WallTime(since));
        }
        let kept = history.services.get(name);
        let last = kept.map_or(0, |kept| kept.next_run.saturating_sub(1));
        let recorded = found.last_runs.get(name).map_or(0, |run| run.0);
        let throttle = kept.map_or_else(Throttle::default, |kept| {
            Throttle::restore(
                kept.count,
                kept.restart_times_ms.iter().map(|ms| Instant(*ms)).collect(),
            )
        });
        memory
            .history
            .insert(name.clone(), (RunNumber(last.max(recorded)), throttle));
    }
    memory
}
