//! The one thread that starts programs.
//!
//! It lives as long as the director, because on Linux the kernel ends a child together with the thread that started it
//! (`PR_SET_PDEATHSIG`). It also writes the run records, so that intent, spawn and identity stay in order.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use director_core::event::Fact;
use director_core::spec::{ServiceName, ServiceSpec};
use director_core::words::RunNumber;
use director_store::runs::{Identity, Record, RecordPhase, RunStore};
use director_sys::reaper::Reaper;
use director_sys::spawn::{SpawnErrorKind, SpawnRequest, Stdin};
use director_sys::stdio::{OutputEnd, Pump};

use crate::capture::Streams;
use crate::environment::{self, RequestError};
use crate::helper::{Helpers, Word};
use crate::input::{Input, Started};
use crate::limits;
use crate::tokens;

/// The stack of the spawner: the records' JSON and the request are all it holds.
const STACK_BYTES: usize = 256 * 1024;

/// What the spawner is asked to do, in this order.
pub(crate) enum Job {
    /// Start a run.
    Run { spec: Arc<ServiceSpec>, run: RunNumber },
    /// Start a helper of a service.
    Helper {
        service: ServiceName,
        token: u64,
        request: Box<SpawnRequest>,
    },
    /// A helper has ended, with whatever it started: its record goes.
    HelperOver { service: ServiceName, token: u64 },
    /// A run is over: its record goes.
    Forget { service: ServiceName },
    /// The director ends, and these runs are over: their records go. Then tells that all is done.
    Retire {
        services: Vec<ServiceName>,
        done: SyncSender<()>,
    },
}

/// Hands jobs to the thread. The thread ends with the last clone.
#[derive(Clone)]
pub(crate) struct Spawner {
    jobs: Sender<Job>,
}

/// What the thread works with.
pub(crate) struct Tools {
    pub(crate) inputs: Sender<Input>,
    pub(crate) records: RunStore,
    pub(crate) reaper: Reaper,
    pub(crate) pump: Arc<Pump>,
    pub(crate) streams: Streams,
    pub(crate) helpers: Helpers,
    pub(crate) boot_id: String,
    pub(crate) director: Identity,
    /// Runs whose identity is not on disk yet.
    pub(crate) unwritten: Vec<(Record, Identity)>,
}

impl Spawner {
    pub(crate) fn start(tools: Tools) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        let builder = thread::Builder::new()
            .name("spawner".to_owned())
            .stack_size(STACK_BYTES);
        builder.spawn(move || work(tools, &inbox))?;
        Ok(Self { jobs })
    }

    /// Hands a job over. After the thread has ended nothing is started any more, which is what an ending director wants.
    pub(crate) fn submit(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// Lets the records of these runs go, the last ones of this director. The answer hears when that and all that was
    /// submitted before is done.
    pub(crate) fn retire(&self, services: Vec<ServiceName>) -> Receiver<()> {
        let (done, wait) = sync_channel(1);
        self.submit(Job::Retire { services, done });
        wait
    }
}

fn work(mut tools: Tools, inbox: &Receiver<Job>) {
    // What the last director put aside at its end is removed once the first services have started.
    let mut tidied = false;
    while let Ok(first) = inbox.recv() {
        let mut next = Some(first);
        while let Some(job) = next {
            tools.do_job(job);
            next = inbox.try_recv().ok();
        }
        // Identities are written when nobody waits for a start: until then the mark of the intent finds the run.
        tools.write_identities();
        if !std::mem::replace(&mut tidied, true) {
            let removed = tools.records.remove_ended();
            tools.report(None, removed.map_err(|error| error.to_string()));
        }
    }
}

impl Tools {
    fn do_job(&mut self, job: Job) {
        match job {
            Job::Run { spec, run } => self.start_run(&spec, run),
            Job::Helper {
                service,
                token,
                request,
            } => self.start_helper(&service, token, *request),
            Job::HelperOver { service, token } => {
                let record = self.record(&service, RunNumber(0), String::new(), Some(token));
                let removed = self.records.remove_record(&record);
                self.report(Some(&service), removed.map_err(|error| error.to_string()));
            }
            Job::Forget { service } => {
                self.unwritten.retain(|(record, _)| record.service != service);
                let removed = self.records.remove(&service);
                self.report(Some(&service), removed.map_err(|error| error.to_string()));
            }
            Job::Retire { services, done } => {
                self.unwritten
                    .retain(|(record, _)| !services.contains(&record.service));
                let retired = self.records.retire(&services);
                self.report(None, retired.map_err(|error| error.to_string()));
                // One who waits no more is told in vain.
                let _ = done.try_send(());
            }
        }
    }

    fn write_identities(&mut self) {
        for (record, process) in std::mem::take(&mut self.unwritten) {
            let written = self.records.write_identity(&record, process);
            self.report(Some(&record.service), written.map_err(|error| error.to_string()));
        }
    }
}

/// Whether trying again without a change of the machine or the config is pointless.
fn is_permanent(kind: SpawnErrorKind) -> bool {
    match kind {
        SpawnErrorKind::NotFound
        | SpawnErrorKind::NotExecutable
        | SpawnErrorKind::PermissionDenied
        | SpawnErrorKind::BadWorkingFolder => true,
        SpawnErrorKind::OutOfResources | SpawnErrorKind::Other => false,
    }
}

impl Tools {
    fn start_run(&mut self, spec: &ServiceSpec, run: RunNumber) {
        if let Err((error, permanent)) = self.try_start_run(spec, run) {
            let fact = Fact::SpawnFailed { error, permanent };
            let _ = self.inputs.send(Input::Fact {
                service: spec.name.clone(),
                run,
                fact,
            });
        }
    }

    fn try_start_run(&mut self, spec: &ServiceSpec, run: RunNumber) -> Result<(), (String, bool)> {
        let stdin = if spec.stdin_pipe { Stdin::Pipe } else { Stdin::Null };
        let mut request = environment::request(spec, &spec.command, &[], stdin)
            .map_err(|error| (error.to_string(), !matches!(error, RequestError::Mark(_))))?;
        request.limits = limits::of(&spec.limits);
        request.open_files = spec.limits.open_files;
        let record = self.record(&spec.name, run, request.invocation.clone(), None);
        // A record that cannot be written (a full disk) must not keep the service down: the mark in the environment and
        // the containment still find what a killed director would leave. The journal says so.
        let intent = self.records.write_intent(&record);
        self.report(Some(&spec.name), intent.map_err(|error| error.to_string()));
        let spawned = director_sys::spawn::spawn(request)
            .map_err(|error| (explain(&error, spec), is_permanent(error.kind)))?;
        let main = spawned.tree.main();
        self.unwritten.push((
            record,
            Identity {
                pid: main.pid,
                start: main.start,
            },
        ));
        let token = tokens::fresh();
        let streams = self.capture(spec, spawned.stdout, spawned.stderr);
        let tree = spawned.tree;
        let started = Started {
            service: spec.name.clone(),
            run,
            tree: tree.clone(),
            stdin: spawned.stdin,
            token,
            streams,
            unenforced: limits::told(spawned.unenforced),
        };
        // First the news, then the watch: an exit cannot overtake its own start.
        let _ = self.inputs.send(Input::Started(Box::new(started)));
        if let Err(error) = self.reaper.watch(token, &tree) {
            // A run that cannot be watched would never be seen to end: it goes at once, and the core counts its exit as unknown.
            let _ = tree.kill_all();
            self.report(
                Some(&spec.name),
                Err(format!("cannot watch the new run: {error}")),
            );
            let _ = self
                .inputs
                .send(Input::Reaped(director_sys::reaper::ReaperEvent::TreeEmptied {
                    token,
                }));
        }
        Ok(())
    }

    /// Leads both streams of a run to its log. A stream that cannot be read is reported; the run goes on.
    fn capture(&self, spec: &ServiceSpec, stdout: Option<OutputEnd>, stderr: Option<OutputEnd>) -> [u64; 2] {
        let tokens = [tokens::fresh(), tokens::fresh()];
        for (end, (token, is_stderr)) in [stdout, stderr]
            .into_iter()
            .zip(tokens.into_iter().zip([false, true]))
        {
            let Some(end) = end else { continue };
            self.streams.open_service(token, &spec.name, is_stderr);
            if let Err(error) = self.pump.add(token, end) {
                let _ = self.streams.forget(token);
                self.report(
                    Some(&spec.name),
                    Err(format!("cannot capture the output: {error}")),
                );
            }
        }
        tokens
    }

    fn record(
        &self,
        service: &ServiceName,
        run: RunNumber,
        invocation: String,
        helper: Option<u64>,
    ) -> Record {
        Record {
            version: director_store::runs::VERSION,
            service: service.clone(),
            run: run.0,
            invocation,
            boot_id: self.boot_id.clone(),
            started_unix_ms: director_sys::clock::unix_ms(),
            phase: RecordPhase::Intent,
            process: None,
            director: self.director,
            helper,
        }
    }

    /// The mark in its environment leads the next director to what a killed one leaves of it.
    fn start_helper(&mut self, service: &ServiceName, token: u64, request: SpawnRequest) {
        let record = self.record(service, RunNumber(0), request.invocation.clone(), Some(token));
        let intent = self.records.write_intent(&record);
        self.report(Some(service), intent.map_err(|error| error.to_string()));
        let spawned = match director_sys::spawn::spawn(request) {
            Ok(spawned) => spawned,
            Err(error) => return self.helpers.tell(token, Word::NotStarted(error.to_string())),
        };
        self.helpers.tell(token, Word::Started(spawned.tree.clone()));
        for end in [spawned.stdout, spawned.stderr] {
            let stream = tokens::fresh();
            self.streams.open_helper(stream, token);
            if end.is_none_or(|end| self.pump.add(stream, end).is_err()) {
                let _ = self.streams.forget(stream);
                self.helpers.tell(token, Word::OutputClosed);
            }
        }
        if self.reaper.watch(token, &spawned.tree).is_err() {
            let _ = spawned.tree.kill_all();
            self.helpers.tell(
                token,
                Word::NotStarted("the system refuses to watch it".to_owned()),
            );
        }
    }

    fn report(&self, service: Option<&ServiceName>, outcome: Result<(), String>) {
        if let Err(error) = outcome {
            let _ = self.inputs.send(Input::RecordFailed {
                service: service.cloned(),
                error,
            });
        }
    }
}

/// The failure in words that name what a person has to look at.
fn explain(error: &director_sys::spawn::SpawnError, spec: &ServiceSpec) -> String {
    match error.kind {
        SpawnErrorKind::BadWorkingFolder => {
            format!(
                "the working folder {} cannot be entered: {}",
                spec.cwd.display(),
                error.source
            )
        }
        SpawnErrorKind::NotFound
        | SpawnErrorKind::NotExecutable
        | SpawnErrorKind::PermissionDenied
        | SpawnErrorKind::OutOfResources
        | SpawnErrorKind::Other => error.to_string(),
    }
}
