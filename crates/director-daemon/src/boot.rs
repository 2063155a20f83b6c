//! Starting a director: the lock, the records, the state.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use director_core::command::Request;
use director_core::journal::JournalEvent;
use director_core::spec::DirectorSpec;
use director_core::throttle::Throttle;
use director_core::time::{Instant, WallTime};
use director_core::words::RunNumber;
use director_core::{Core, Memory};
use director_store::director_log::Log;
use director_store::files::OnBad;
use director_store::history::History;
use director_store::operator::Operator;
use director_store::runs::RunStore;
use director_sys::instance_lock::{InstanceLock, LockError};
use director_sys::os_signals;

use crate::driver::{Driver, now};
use crate::hands::Hands;
use crate::input::Input;
use crate::keeping::{Candidate, Keeping};
use crate::leftovers::{self, Found};
use crate::reload::{Loader, Reloading};
use crate::schedule::{self, Calendar};
use crate::telling::{Identity, Telling};
use crate::threads;
use crate::watch::Watcher;

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
    /// Reads the config file again, for a reload.
    pub loader: Loader,
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

/// What is left of a director that has done its work: idle threads and the lock of its data folder. Dropping it ends them one
/// by one; the end of the process ends them at once.
#[must_use = "dropping it frees the data folder for another director"]
pub struct Remains {
    _hands: Hands,
    _signals: Option<os_signals::Watch>,
    _lock: InstanceLock,
}

/// A director that is ready to supervise.
pub struct Daemon {
    inputs: Sender<Input>,
    inbox: Receiver<Input>,
    driver: Driver,
    _signals: Option<os_signals::Watch>,
    _lock: InstanceLock,
}

pub(crate) fn system(what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

impl Daemon {
    /// Takes the folders, reads what was kept, ends what a killed director left behind, and starts the threads. Requests wait
    /// from now on until [`Daemon::run`]; no service starts before it.
    ///
    /// # Errors
    /// [`StartError`]; then nothing was started and nothing changed but folders that were missing.
    pub fn prepare(options: Options) -> Result<Self, StartError> {
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
        Ok(Self {
            inputs,
            inbox,
            driver,
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

    /// Starts the services and supervises them in this thread, until every one is down after a shutdown and everything is
    /// written.
    pub fn run(self) -> Remains {
        Remains {
            _hands: self.driver.run(&self.inbox),
            _signals: self._signals,
            _lock: self._lock,
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
        loader,
        ..
    } = options;
    prepare_containment(&log, &own_exe)?;
    let me = director_sys::identity::current().map_err(system("learn this process's identity"))?;
    let mut records = RunStore::open(&spec.data_dir).map_err(|error| StartError::Folder {
        what: "the run records in",
        path: spec.data_dir.clone(),
        source: error.source,
    })?;
    let found = leftovers::end_all(&spec.data_dir, boot_id, &mut records);
    let journal = threads::open_journal(&spec, inputs)?;
    let machinery = threads::start(&spec, inputs, records, boot_id, me, own_exe)?;
    let watcher = Watcher::start(&spec, &config, &machinery.hands)
        .map_err(system("start the thread that watches files"))?;
    let calendar = Calendar::start(schedule::schedules(&spec.services), &machinery.hands)
        .map_err(system("start the thread that follows schedules"))?;
    let watch = signals.then(|| threads::watch_signals(inputs)).transpose()?;
    let identity = identity(me.pid, &spec, &config, fallback.as_ref());
    let candidate = good_text.map(|(source, text)| Candidate { text, source });
    let mut keeping = Keeping::new(journal, log, boot_id.to_owned(), candidate);
    tell_beginning(&mut keeping, &found, me.pid, fallback);
    let carried = memory(&spec, boot_id, operator, &found);
    let mut in_force = spec;
    let services = std::mem::take(&mut in_force.services);
    let driver = Driver {
        core: Core::new(services.values().cloned().collect(), carried, now()),
        specs: services
            .into_iter()
            .map(|(name, one)| (name, Arc::new(one)))
            .collect(),
        live: HashMap::new(),
        by_token: HashMap::new(),
        leftovers: found.stubborn,
        twins: HashMap::new(),
        hands: machinery.hands,
        keeping,
        telling: Telling::new(identity),
        logs: machinery.logs,
        slots: machinery.slots,
        streams: machinery.streams,
        watcher,
        calendar,
        reloading: Reloading::new(loader, config, in_force),
        boot_id: boot_id.to_owned(),
        marker: None,
        signals: Vec::new(),
        over: Vec::new(),
        interrupts: 0,
        finished: false,
    };
    Ok((driver, watch))
}

fn prepare_containment(log: &Log, own_exe: &Path) -> Result<(), StartError> {
    let prepared = director_sys::spawn::prepare_director().map_err(system("prepare to contain services"))?;
    log.info(format_args!("services are contained by {}", prepared.containment));
    director_sys::tree::set_console_helper(own_exe.to_owned(), vec!["__console-event".into()]);
    Ok(())
}

fn identity(pid: u32, spec: &DirectorSpec, config: &Path, fallback: Option<&String>) -> Identity {
    Identity {
        pid,
        name: spec.name.clone(),
        config: config.display().to_string(),
        started: now().wall,
        fallback: fallback.cloned(),
    }
}

/// The first entries of this director.
fn tell_beginning(keeping: &mut Keeping, found: &Found, pid: u32, fallback: Option<String>) {
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
