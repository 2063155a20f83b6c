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

/// The open streams.
#[derive(Default)]
struct Open {
    /// By the pump's token.
    leads: HashMap<u64, Lead>,
    /// Slots of services that are gone, but whose output is not yet read to its end.
    retiring: Vec<LogSlot>,
}

impl Open {
    fn uses(&self, slot: LogSlot) -> bool {
        let mut leads = self.leads.values();
        leads.any(|lead| matches!(lead, Lead::Service(used, _) if *used == slot))
    }
}

/// Where every stream leads.
#[derive(Clone)]
pub(crate) struct Streams {
    open: Arc<Mutex<Open>>,
    slots: Arc<Mutex<HashMap<ServiceName, LogSlot>>>,
}

impl Streams {
    pub(crate) fn new(slots: HashMap<ServiceName, LogSlot>) -> Self {
        Self {
            open: Arc::default(),
            slots: Arc::new(Mutex::new(slots)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_slots(&self) -> MutexGuard<'_, HashMap<ServiceName, LogSlot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new service's output goes to `slot`.
    pub(crate) fn add(&self, service: ServiceName, slot: LogSlot) {
        self.lock_slots().insert(service, slot);
    }

    /// A service is gone. Answers its slot when nothing of its output is under way any more; else [`Streams::forget`] answers it
    /// with the last stream, so that its last words are kept.
    pub(crate) fn retire(&self, service: &ServiceName) -> Option<LogSlot> {
        let slot = self.lock_slots().remove(service)?;
        let mut open = self.lock();
        if open.uses(slot) {
            open.retiring.push(slot);
            return None;
        }
        Some(slot)
    }

    /// Output that comes under `token` belongs to a service.
    pub(crate) fn open_service(&self, token: u64, service: &ServiceName, is_stderr: bool) {
        let slot = self.lock_slots().get(service).copied();
        if let Some(slot) = slot {
            let stream = if is_stderr { Stream::Stderr } else { Stream::Stdout };
            self.lock().leads.insert(token, Lead::Service(slot, stream));
        }
    }

    /// Output that comes under `token` belongs to a helper.
    pub(crate) fn open_helper(&self, token: u64, helper: u64) {
        self.lock().leads.insert(token, Lead::Helper(helper));
    }

    /// The stream has ended. Answers the slot of a service that is gone, if this was the last of its streams.
    pub(crate) fn forget(&self, token: u64) -> Option<LogSlot> {
        let mut open = self.lock();
        let Lead::Service(slot, _) = open.leads.remove(&token)? else {
            return None;
        };
        let place = open.retiring.iter().position(|gone| *gone == slot)?;
        if open.uses(slot) {
            return None;
        }
        Some(open.retiring.swap_remove(place))
    }

    fn lead(&self, token: u64) -> Option<Lead> {
        self.lock().leads.get(&token).copied()
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
        let gone = self.streams.forget(token);
        match lead {
            Some(Lead::Service(slot, stream)) => self.logs.end_stream(slot, stream),
            Some(Lead::Helper(helper)) => self.helpers.tell(helper, Word::OutputClosed),
            None => {}
        }
        if let Some(slot) = gone {
            self.logs.remove(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use director_core::spec::LogSpec;
    use director_store::logs::LogWriter;

    use super::*;

    #[test]
    fn the_slot_of_a_service_that_is_gone_stays_until_its_output_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let logs = LogWriter::start(folder.path(), |_| {}).unwrap();
        let name = ServiceName::new("web").unwrap();
        let slot = logs.add(&name, LogSpec::default());
        let streams = Streams::new(HashMap::new());
        streams.add(name.clone(), slot);
        streams.open_service(1, &name, false);
        streams.open_service(2, &name, true);
        streams.open_helper(3, 7);
        assert_eq!(streams.retire(&name), None, "two streams are open");
        assert_eq!((streams.forget(1), streams.forget(3)), (None, None));
        assert_eq!(streams.forget(2), Some(slot));
        assert_eq!((streams.forget(2), streams.retire(&name)), (None, None));

        streams.add(name.clone(), slot);
        assert_eq!(streams.retire(&name), Some(slot), "no stream was open");
    }
}
