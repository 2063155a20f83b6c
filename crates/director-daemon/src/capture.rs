//! Leads what services write to their logs, and what helpers write to whoever waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use director_core::spec::ServiceName;
use director_store::logs::{LogProducer, LogSlot, Stream};
use director_sys::stdio::OutputSink;

use crate::helper::{Helpers, Word};

/// A pump can outrun a healthy disk; so long, once per stall, it waits for the writer before output is dropped. The pipe holds
/// what the service writes meanwhile.
const PATIENCE: Duration = Duration::from_millis(25);

/// Where a stream goes.
#[derive(Clone, Copy)]
enum Lead {
    Service(LogSlot, Stream),
    Helper(u64),
}

/// The open streams by the pump's token.
#[derive(Clone)]
pub(crate) struct Streams {
    leads: Arc<Mutex<HashMap<u64, Lead>>>,
    slots: Arc<Mutex<HashMap<ServiceName, LogSlot>>>,
}

impl Streams {
    pub(crate) fn new(slots: HashMap<ServiceName, LogSlot>) -> Self {
        Self {
            leads: Arc::default(),
            slots: Arc::new(Mutex::new(slots)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Lead>> {
        self.leads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_slots(&self) -> MutexGuard<'_, HashMap<ServiceName, LogSlot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new service's output goes to `slot`.
    pub(crate) fn add(&self, service: ServiceName, slot: LogSlot) {
        self.lock_slots().insert(service, slot);
    }

    /// A service is gone. What a foreign process still writes into its pipe is read and thrown away.
    pub(crate) fn remove(&self, service: &ServiceName) {
        let Some(gone) = self.lock_slots().remove(service) else {
            return;
        };
        self.lock()
            .retain(|_, lead| !matches!(lead, Lead::Service(slot, _) if *slot == gone));
    }

    /// Output that comes under `token` belongs to a service.
    pub(crate) fn open_service(&self, token: u64, service: &ServiceName, is_stderr: bool) {
        let slot = self.lock_slots().get(service).copied();
        if let Some(slot) = slot {
            let stream = if is_stderr { Stream::Stderr } else { Stream::Stdout };
            self.lock().insert(token, Lead::Service(slot, stream));
        }
    }

    /// Output that comes under `token` belongs to a helper.
    pub(crate) fn open_helper(&self, token: u64, helper: u64) {
        self.lock().insert(token, Lead::Helper(helper));
    }

    pub(crate) fn forget(&self, token: u64) {
        self.lock().remove(&token);
    }

    fn lead(&self, token: u64) -> Option<Lead> {
        self.lock().get(&token).copied()
    }
}

/// The pump's sink.
pub(crate) struct Capture {
    pub(crate) streams: Streams,
    pub(crate) logs: LogProducer,
    pub(crate) helpers: Helpers,
}

impl OutputSink for Capture {
    fn buffer(&mut self) -> Vec<u8> {
        self.logs.buffer()
    }

    fn data(&mut self, token: u64, bytes: Vec<u8>) {
        match self.streams.lead(token) {
            Some(Lead::Service(slot, stream)) => {
                self.logs.push_patiently(slot, stream, bytes, PATIENCE);
            }
            Some(Lead::Helper(helper)) => self.helpers.tell(helper, Word::Output(bytes)),
            // Only possible in the moment between a failed `add` and its clean-up.
            None => drop(bytes),
        }
    }

    fn closed(&mut self, token: u64) {
        let lead = self.streams.lead(token);
        self.streams.forget(token);
        match lead {
            Some(Lead::Service(slot, stream)) => self.logs.end_stream(slot, stream),
            Some(Lead::Helper(helper)) => self.helpers.tell(helper, Word::OutputClosed),
            None => {}
        }
    }
}
