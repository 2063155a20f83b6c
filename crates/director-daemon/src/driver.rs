//! The one thread that owns all state and decides.
//!
//! A turn: take everything that is ready, read the clock once, hand the facts to the core, then the timers, then carry out
//! what the core asks for. Facts come before timeouts, so that an exit beats the expiry of its own grace. Between turns the
//! thread sleeps until the next message or the core's next deadline; without a deadline nothing wakes it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use director_core::Core;
use director_core::event::{Action, Event, Fact};
use director_core::journal::JournalEvent;
use director_core::spec::{ServiceName, ServiceSpec};
use director_core::time::{Instant, Now, WallTime};
use director_core::words::{ExitKind, RunNumber};
use director_store::logs::{LogSlot, LogWriter};
use director_sys::clock;
use director_sys::identity::ProcessId;
use director_sys::reaper::{ExitStatus, ReaperEvent};
use director_sys::tree::Tree;

use crate::capture::Streams;
use crate::hands::Hands;
use crate::input::{Input, Started};
use crate::keeping::Keeping;
use crate::reload::{Reloading, Wish};
use crate::rungs::{Delivery, SharedInput};
use crate::schedule::Calendar;
use crate::telling::Telling;
use crate::watch::Watcher;

/// A turn takes at most so many messages, so that a flood of them cannot starve the timers.
const TURN_LIMIT: usize = 1_024;

/// What comes this soon after is written together with what was.
const FOLLOWING: Duration = Duration::from_millis(1);

/// At the end, a hanging disk gets this long to take the last output, and as long to let the last records go.
const LOG_LIMIT: Duration = Duration::from_secs(5);

/// At the end, commands of services that are killed get this long to be gone.
const HELPERS_LIMIT: Duration = Duration::from_secs(2);

/// The handles of a live run.
pub(crate) struct Live {
    pub(crate) run: RunNumber,
    pub(crate) tree: Tree,
    pub(crate) stdin: SharedInput,
    pub(crate) token: u64,
    pub(crate) streams: [u64; 2],
}

/// The driver's state.
pub(crate) struct Driver {
    pub(crate) core: Core,
    pub(crate) specs: HashMap<ServiceName, Arc<ServiceSpec>>,
    pub(crate) live: HashMap<ServiceName, Live>,
    pub(crate) by_token: HashMap<u64, (ServiceName, RunNumber)>,
    /// Processes of an earlier director's run that were killed and may still exist.
    pub(crate) leftovers: HashMap<ServiceName, Vec<ProcessId>>,
    /// At which addresses another process was seen to answer in the place of the last run.
    pub(crate) twins: HashMap<ServiceName, Vec<SocketAddr>>,
    pub(crate) hands: Hands,
    pub(crate) keeping: Keeping,
    pub(crate) telling: Telling,
    pub(crate) logs: LogWriter,
    pub(crate) slots: HashMap<ServiceName, LogSlot>,
    pub(crate) streams: Streams,
    /// Ends with the driver.
    pub(crate) watcher: Option<Watcher>,
    /// Ends with the driver.
    pub(crate) calendar: Calendar,
    pub(crate) reloading: Reloading,
    pub(crate) boot_id: String,
    /// Tells when the mark of an operator's shutdown is on disk.
    pub(crate) marker: Option<Receiver<Result<(), String>>>,
    /// Signals that the core asked for in this turn; they go together.
    pub(crate) signals: Vec<Delivery>,
    /// Services whose last run is over, while the director ends: their records go together.
    pub(crate) over: Vec<ServiceName>,
    pub(crate) interrupts: u32,
    pub(crate) finished: bool,
}

/// Both clocks.
pub(crate) fn now() -> Now {
    Now {
        at: Instant(clock::awake_ms()),
        wall: WallTime(clock::unix_ms()),
    }
}

impl Driver {
    /// Runs until every service is down after a shutdown was asked for. Answers what the idle threads hang on.
    pub(crate) fn run(mut self, inbox: &Receiver<Input>) -> Hands {
        self.core.start(now());
        self.carry_out();
        self.keeping.write_lines();
        while !self.finished {
            let Some(first) = self.wait(inbox) else { break };
            self.turn(first, inbox);
        }
        // A hook beside a run, or one that a hurried end did not wait for, goes with the director.
        let helpers = self.hands.helpers().close(HELPERS_LIMIT);
        if helpers > 0 {
            self.keeping.ended_helpers(helpers);
        }
        self.await_marker(LOG_LIMIT);
        // The records go while the journal is written.
        let over = std::mem::take(&mut self.over);
        let retired = self.hands.spawner().retire(over);
        self.keeping.close(&self.core, &self.hands);
        if retired.recv_timeout(LOG_LIMIT).is_err() {
            eprintln!(
                "director: the disk did not let go of the last run records; the next start looks at them"
            );
        }
        if !self.logs.finish(LOG_LIMIT) {
            eprintln!(
                "director: the disk did not take the last output within {} s",
                LOG_LIMIT.as_secs()
            );
        }
        self.telling.close();
        self.hands
    }

    /// Sleeps until there is something to do. The inner option is a message; the outer is none when nobody can send any more.
    #[expect(
        clippy::option_option,
        reason = "nothing to take and nothing ever again are different answers"
    )]
    fn wait(&mut self, inbox: &Receiver<Input>) -> Option<Option<Input>> {
        if self.keeping.has_lines() {
            // Whatever follows at once shares a write of the director's log with what was.
            if let Ok(input) = inbox.recv_timeout(FOLLOWING) {
                return Some(Some(input));
            }
            self.keeping.write_lines();
        }
        let Some(deadline) = self.core.next_deadline() else {
            return inbox.recv().ok().map(Some);
        };
        let left = Duration::from_millis(deadline.since(now().at));
        if left.is_zero() {
            return Some(inbox.try_recv().ok());
        }
        match inbox.recv_timeout(left) {
            Ok(input) => Some(Some(input)),
            Err(RecvTimeoutError::Timeout) => Some(None),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn turn(&mut self, first: Option<Input>, inbox: &Receiver<Input>) {
        let mut next = first;
        let mut taken = 0;
        while let Some(input) = next {
            self.take(input);
            taken += 1;
            next = if taken < TURN_LIMIT {
                inbox.try_recv().ok()
            } else {
                None
            };
        }
        let now = now();
        if let Err(fault) = catch_unwind(AssertUnwindSafe(|| self.core.handle_timeout(now))) {
            self.keeping.fault(&panic_text(&*fault));
        }
        self.carry_out();
        self.keeping.turn_ended();
        self.telling.changed(self.core.revision());
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Fact { service, run, fact } => self.fact(service, run, fact),
            Input::TwinSeen { service, addresses } => drop(self.twins.insert(service, addresses)),
            Input::Started(started) => self.started(*started),
            Input::Reaped(event) => self.reaped(event),
            Input::Ask(request) => self.ask(request),
            Input::Signal(signal) => self.signal(signal),
            Input::OutputDropped {
                service,
                lines,
                bytes,
                because,
            } => {
                self.core.output_dropped(now(), &service, lines, bytes, &because);
            }
            Input::FilesChanged { service, change } => self.core.files_changed(now(), &service, change),
            Input::ChangeActed { service, error } => self.core.change_acted(now(), &service, error),
            Input::Calendar(word) => self.calendar_says(&word),
            Input::ConfigChanged => self.reload(Wish::default()),
            Input::ConfigRead(reading) => self.config_read(*reading),
            Input::WatchTrouble { service, error } => {
                self.keeping.note(service, JournalEvent::WatchTrouble { error });
            }
            Input::HistorySaved => self.keeping.history_saved(&self.core, &self.hands),
            Input::RecordFailed { service, error } => self.keeping.record_failed(service, error),
        }
    }

    /// Hands a fact to the core. A panic over one service makes that service `failed`; the others go on.
    pub(crate) fn fact(&mut self, service: ServiceName, run: RunNumber, fact: Fact) {
        let event = Event {
            service: service.clone(),
            run,
            fact,
        };
        let now = now();
        if let Err(fault) = catch_unwind(AssertUnwindSafe(|| self.core.handle(now, event))) {
            self.core.internal_fault(now, &service, &panic_text(&*fault));
        }
    }

    fn started(&mut self, started: Started) {
        let Started {
            service,
            run,
            tree,
            stdin,
            token,
            streams,
            unenforced,
        } = started;
        let pid = tree.main().pid;
        self.by_token.insert(token, (service.clone(), run));
        let stdin = SharedInput::new(stdin.into());
        self.live.insert(
            service.clone(),
            Live {
                run,
                tree,
                stdin,
                token,
                streams,
            },
        );
        self.fact(service, run, Fact::Spawned { pid, unenforced });
    }

    fn reaped(&mut self, event: ReaperEvent) {
        match event {
            ReaperEvent::Exited { token, status } => {
                if let Some((service, run)) = self.by_token.get(&token).cloned() {
                    self.tell_memory_limit(&service, run);
                    self.fact(service, run, Fact::Exited(exit_kind(status)));
                }
            }
            ReaperEvent::TreeEmptied { token } => {
                if let Some((service, run)) = self.by_token.remove(&token) {
                    self.fact(service, run, Fact::TreeEmptied);
                }
            }
        }
    }

    /// Does what the core asks for.
    pub(crate) fn carry_out(&mut self) {
        while let Some(action) = self.core.next_action() {
            match action {
                Action::Run { service, run, order } => self.order(&service, run, order),
                Action::Journal(entry) => self.keeping.journal(entry, &self.core, &self.hands),
                Action::ActOnChange { service } => self.act_on_change(&service),
                Action::Forget { service } => self.forget(&service),
                Action::Finish => self.finished = true,
            }
        }
        self.send_signals();
    }
}

fn exit_kind(status: ExitStatus) -> ExitKind {
    match status {
        ExitStatus::Code(code) => ExitKind::Code(code),
        ExitStatus::Signal { number, .. } => ExitKind::Signal(number),
    }
}

/// What a panic said.
pub(crate) fn panic_text(fault: &(dyn std::any::Any + Send)) -> String {
    fault
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| fault.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}
