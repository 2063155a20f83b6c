//! Starting the threads that work for the driver, and tying their ends together.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use director_core::spec::{DirectorSpec, ServiceName};
use director_store::journal::{Journal, JournalNotice};
use director_store::logs::{LogEvent, LogSlot, LogWriter};
use director_store::runs::{Identity, RunStore};
use director_sys::identity::ProcessId;
use director_sys::os_signals;
use director_sys::reaper::{Reaper, ReaperEvent};
use director_sys::stdio::Pump;

use crate::boot::{StartError, system};
use crate::capture::{Capture, Streams};
use crate::hands::{Hands, Inner};
use crate::helper::Helpers;
use crate::input::Input;
use crate::pool::Pool;
use crate::spawner::{Spawner, Tools};
use crate::tokens;

/// Probes at once, hooks, and hands for everything else.
const PROBE_THREADS: usize = 8;
const HOOK_THREADS: usize = 32;
const HAND_THREADS: usize = 8;
/// Holders that are waited for at once; they exist while a service is blocked.
const WAIT_THREADS: usize = 32;

/// The running threads, as the driver sees them.
pub(crate) struct Machinery {
    pub(crate) hands: Hands,
    pub(crate) logs: LogWriter,
    pub(crate) slots: HashMap<ServiceName, LogSlot>,
    pub(crate) streams: Streams,
}

/// Starts log writer, pump, reaper and spawner.
pub(crate) fn start(
    spec: &DirectorSpec,
    inputs: &Sender<Input>,
    records: RunStore,
    boot_id: &str,
    me: ProcessId,
    own_exe: PathBuf,
) -> Result<Machinery, StartError> {
    let logs = open_logs(spec, inputs)?;
    let slots: HashMap<ServiceName, LogSlot> = spec
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
        streams: streams.clone(),
        helpers: helpers.clone(),
        boot_id: boot_id.to_owned(),
        director: Identity {
            pid: me.pid,
            start: me.start,
        },
        unwritten: Vec::new(),
    })
    .map_err(system("start the spawner's thread"))?;
    let hands = Hands::new(Inner {
        inputs: inputs.clone(),
        pool: Pool::new("hand", HAND_THREADS),
        probes: Pool::new("probe", PROBE_THREADS),
        hooks: Pool::new("hook", HOOK_THREADS),
        hooks_beside: Pool::new("hook", HOOK_THREADS),
        spawner,
        helpers,
        pump,
        own_exe,
        data_dir: spec.data_dir.clone(),
        log_dir: spec.log_dir.clone(),
        waits: Pool::new("wait", WAIT_THREADS),
        watches: Default::default(),
    });
    Ok(Machinery {
        hands,
        logs,
        slots,
        streams,
    })
}

pub(crate) fn open_journal(spec: &DirectorSpec, inputs: &Sender<Input>) -> Result<Journal, StartError> {
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

pub(crate) fn watch_signals(inputs: &Sender<Input>) -> Result<os_signals::Watch, StartError> {
    let inputs = inputs.clone();
    os_signals::Watch::start(move |signal| {
        let _ = inputs.send(Input::Signal(signal));
    })
    .map_err(system("listen to the system's signals"))
}
