//! Reading the configuration again while services run.
//!
//! The file is read by a hand, since a network drive may hang; one reading at a time, so that an older text never overtakes a
//! newer one. What the core makes of it is carried over to logs and the watch here.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use director_core::command::{Refusal, Reloaded, Reply};
use director_core::journal::JournalEvent;
use director_core::reload::{ReloadAction, ReloadPlan, ServiceChange};
use director_core::spec::{DirectorSpec, ServiceName};

use crate::driver::{Driver, now};
use crate::input::Input;
use crate::keeping::Candidate;
use crate::watch::Watcher;

/// Reads and validates the configuration's file: what it says and its text, or everything that is wrong with it.
pub type Loader = Arc<dyn Fn() -> Result<(DirectorSpec, String), String> + Send + Sync>;

/// So many wishes for a reload may wait for the one under way.
const WAITING: usize = 64;

/// Somebody's wish. The system's signal and the watch wait for no answer.
#[derive(Default)]
pub(crate) struct Wish {
    pub(crate) dry_run: bool,
    pub(crate) reply: Option<Reply<Result<Reloaded, Refusal>>>,
}

/// What the driver needs for it.
pub(crate) struct Reloading {
    pub(crate) loader: Loader,
    /// The configuration's file.
    pub(crate) file: PathBuf,
    /// What is in force of the director's own keys; its services are the core's.
    pub(crate) in_force: DirectorSpec,
    /// The wish whose file is being read, then those after it.
    pub(crate) wishes: VecDeque<Wish>,
}

impl Reloading {
    pub(crate) fn new(loader: Loader, file: PathBuf, in_force: DirectorSpec) -> Self {
        Self {
            loader,
            file,
            in_force,
            wishes: VecDeque::new(),
        }
    }
}

/// What was read.
pub(crate) type Reading = Result<(DirectorSpec, String), String>;

impl Driver {
    /// Begins a reload, or lines it up.
    pub(crate) fn reload(&mut self, wish: Wish) {
        if self.core.is_ending() {
            return answer(wish.reply, Err(Refusal::ShuttingDown));
        }
        if self.reloading.wishes.len() >= WAITING {
            let error = "too many reloads are asked for at once; the configuration in force stays".to_owned();
            return answer(wish.reply, Err(Refusal::ConfigInvalid { error }));
        }
        self.reloading.wishes.push_back(wish);
        if self.reloading.wishes.len() == 1 {
            self.read_config();
        }
    }

    fn read_config(&self) {
        let (hands, loader) = (self.hands.clone(), Arc::clone(&self.reloading.loader));
        self.hands
            .pool()
            .submit(move || hands.tell(Input::ConfigRead(Box::new(loader()))));
    }

    /// The file has been read.
    pub(crate) fn config_read(&mut self, reading: Reading) {
        let Some(wish) = self.reloading.wishes.pop_front() else {
            return;
        };
        let outcome = self.take_reading(reading, wish.dry_run);
        answer(wish.reply, outcome);
        if !self.reloading.wishes.is_empty() {
            self.read_config();
        }
    }

    fn take_reading(&mut self, reading: Reading, dry_run: bool) -> Result<Reloaded, Refusal> {
        let (spec, text) = match reading {
            Ok(read) => read,
            Err(error) => {
                if !dry_run {
                    let summary = summary(&error);
                    self.keeping
                        .note(None, JournalEvent::ReloadRefused { error: summary });
                }
                return Err(Refusal::ConfigInvalid { error });
            }
        };
        let plan = ReloadPlan {
            services: self.core.plan_reload(&spec.services)?,
            next_start: next_start(&self.reloading.in_force, &spec),
        };
        let revision = self.core.revision();
        if !dry_run {
            self.put_into_force(&plan, spec, text);
        }
        Ok(Reloaded { plan, revision })
    }

    fn put_into_force(&mut self, plan: &ReloadPlan, spec: DirectorSpec, text: String) {
        self.renew_watch(plan, &spec);
        self.renew_calendar(plan, &spec.services);
        for change in &plan.services {
            let Some(one) = spec.services.get(&change.service) else {
                continue;
            };
            self.specs.insert(one.name.clone(), Arc::new(one.clone()));
            match self.slots.get(&one.name) {
                Some(slot) => self.logs.set_spec(*slot, one.log.clone()),
                None => {
                    let slot = self.logs.add(&one.name, one.log.clone());
                    self.slots.insert(one.name.clone(), slot);
                    self.streams.add(one.name.clone(), slot);
                }
            }
        }
        self.core.reload(now(), plan, spec.services);
        self.telling.file_is_in_force(&text);
        let source = self.reloading.file.clone();
        let renewed =
            |change: &ServiceChange| matches!(change.action, ReloadAction::Add | ReloadAction::Restart);
        self.keeping.new_candidate(Candidate { text, source });
        if !plan.services.iter().any(renewed) {
            // Nothing has to prove itself.
            self.keeping.config_ran_well(&self.hands);
        }
    }

    /// A new watch, if anything about it changed. The old one tells at once what it has gathered; the new one counts what
    /// changes from now on.
    fn renew_watch(&mut self, plan: &ReloadPlan, spec: &DirectorSpec) {
        let concerns = |change: &ServiceChange| {
            let was = self
                .specs
                .get(&change.service)
                .is_some_and(|old| old.watch.is_some());
            let is = spec
                .services
                .get(&change.service)
                .is_some_and(|new| new.watch.is_some());
            let other = change
                .keys
                .iter()
                .any(|key| key == "watch" || key == "cwd" || key == "command");
            (was || is) && (other || change.keys.is_empty())
        };
        let in_force = &mut self.reloading.in_force;
        let toggled = std::mem::replace(&mut in_force.auto_reload, spec.auto_reload) != spec.auto_reload;
        if !toggled && !plan.services.iter().any(concerns) {
            return;
        }
        let spec = DirectorSpec {
            data_dir: in_force.data_dir.clone(),
            log_dir: in_force.log_dir.clone(),
            ..spec.clone()
        };
        match Watcher::start(&spec, &self.reloading.file, &self.hands) {
            Ok(watcher) => {
                if let Some(old) = std::mem::replace(&mut self.watcher, watcher) {
                    old.hand_over();
                }
            }
            Err(error) => {
                let error = format!("the watch of files stays as it was: {error}");
                self.keeping.record_failed(None, error);
            }
        }
    }

    /// A service is no longer declared and down.
    pub(crate) fn forget(&mut self, service: &ServiceName) {
        self.specs.remove(service);
        self.leftovers.remove(service);
        self.twins.remove(service);
        self.slots.remove(service);
        if let Some(slot) = self.streams.retire(service) {
            self.logs.remove(slot);
        }
    }
}

fn answer(reply: Option<Reply<Result<Reloaded, Refusal>>>, outcome: Result<Reloaded, Refusal>) {
    if let Some(reply) = reply {
        reply(outcome);
    }
}

/// Keys of the director that differ: it holds folders and endpoint open, so that they count from its next start on.
fn next_start(old: &DirectorSpec, new: &DirectorSpec) -> Vec<String> {
    let keys = [
        ("director.name", old.name != new.name),
        ("director.data_dir", old.data_dir != new.data_dir),
        ("director.log_dir", old.log_dir != new.log_dir),
    ];
    let differing = keys.iter().filter(|(_, differs)| *differs);
    differing.map(|(key, _)| (*key).to_owned()).collect()
}

/// The last line of a rendered diagnosis, which counts the errors, and the first, which names one.
fn summary(error: &str) -> String {
    let mut lines = error.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or("no word about it").trim();
    match lines.next_back() {
        Some(last) => format!("{first} ({})", last.trim()),
        None => first.to_owned(),
    }
}
