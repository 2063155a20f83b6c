//! What the driver works with, shared with the threads that work for it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use director_core::spec::{HookName, ServiceName, ServiceSpec};
use director_sys::spawn::Stdin;
use director_sys::stdio::Pump;

use crate::environment::{self, Variable};
use crate::helper::{HelperError, Helpers, Outcome};
use crate::input::Input;
use crate::pool::Pool;
use crate::spawner::{Job, Spawner};

/// Clones are the same hands.
#[derive(Clone)]
pub(crate) struct Hands {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) inputs: Sender<Input>,
    /// For rungs, checks and records: never held up by a slow probe.
    pub(crate) pool: Pool,
    /// For probes.
    pub(crate) probes: Pool,
    /// For hooks, which may take minutes.
    pub(crate) hooks: Pool,
    /// For those beside a run.
    pub(crate) hooks_beside: Pool,
    pub(crate) spawner: Spawner,
    pub(crate) helpers: Helpers,
    pub(crate) pump: Arc<Pump>,
    pub(crate) own_exe: PathBuf,
    pub(crate) data_dir: PathBuf,
    pub(crate) log_dir: PathBuf,
    /// For waiting until a process of somebody else ends.
    pub(crate) waits: Pool,
    /// The latest watch over the holders of what each service needs.
    pub(crate) watches: Mutex<HashMap<ServiceName, u64>>,
}

impl Hands {
    pub(crate) fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Sends the driver a message. After it has ended nobody needs it.
    pub(crate) fn tell(&self, input: Input) {
        let _ = self.inner.inputs.send(input);
    }

    pub(crate) fn own_exe(&self) -> &Path {
        &self.inner.own_exe
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.inner.data_dir
    }

    pub(crate) fn log_dir(&self) -> &Path {
        &self.inner.log_dir
    }

    pub(crate) fn waits(&self) -> &Pool {
        &self.inner.waits
    }

    pub(crate) fn note_watch(&self, service: &ServiceName, watch: u64) {
        self.watches().insert(service.clone(), watch);
    }

    pub(crate) fn is_latest_watch(&self, service: &ServiceName, watch: u64) -> bool {
        self.watches().get(service) == Some(&watch)
    }

    fn watches(&self) -> MutexGuard<'_, HashMap<ServiceName, u64>> {
        self.inner.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    pub(crate) fn probes(&self) -> &Pool {
        &self.inner.probes
    }

    /// For a hook. One beside a run holds up none that a service stands still for.
    pub(crate) fn hooks(&self, hook: HookName) -> &Pool {
        match hook {
            HookName::PostStart => &self.inner.hooks_beside,
            HookName::PreStart | HookName::PreStop | HookName::PostExit => &self.inner.hooks,
        }
    }

    pub(crate) fn helpers(&self) -> &Helpers {
        &self.inner.helpers
    }

    pub(crate) fn spawner(&self) -> &Spawner {
        &self.inner.spawner
    }

    pub(crate) fn pump(&self) -> &Pump {
        &self.inner.pump
    }

    /// Runs `command` in the folder, account and environment of a service. Blocks for at most `limit` and a little.
    pub(crate) fn run_helper(
        &self,
        spec: &ServiceSpec,
        command: &[String],
        limit: Duration,
    ) -> Result<Outcome, HelperError> {
        self.run_helper_with(spec, command, &[], limit)
    }

    /// The same with `more` variables.
    pub(crate) fn run_helper_with(
        &self,
        spec: &ServiceSpec,
        command: &[String],
        more: &[Variable],
        limit: Duration,
    ) -> Result<Outcome, HelperError> {
        let request = environment::request(spec, command, more, Stdin::Null)
            .map_err(|error| HelperError::NotStarted(error.to_string()))?;
        let start = |token, request| {
            self.inner.spawner.submit(Job::Helper {
                service: spec.name.clone(),
                token,
                request: Box::new(request),
            })
        };
        let over = |token| {
            self.inner.spawner.submit(Job::HelperOver {
                service: spec.name.clone(),
                token,
            })
        };
        self.inner.helpers.run(start, over, request, limit)
    }
}
