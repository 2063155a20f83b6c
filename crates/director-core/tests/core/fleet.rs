//! A bench for several services: checks find nothing, programs start at once, and end when the test says so.

use std::collections::{BTreeMap, BTreeSet};

use director_core::command::{Command, Refusal};
use director_core::event::{Action, Event, Fact, FileChange, Order, ProbeOutcome};
use director_core::reload::ReloadPlan;
use director_core::report::ServiceReport;
use director_core::spec::{Condition, Dependency, Kind, ServiceName, ServiceSpec};
use director_core::time::{Instant, Now, WallTime};
use director_core::words::{ExitKind, PhaseName, RunNumber};
use director_core::{Core, Memory};

use crate::common::{finding, healthy, probed, spawned_as, spec};

pub(crate) fn name(text: &str) -> ServiceName {
    ServiceName::new(text).unwrap()
}

pub(crate) fn named(text: &str) -> ServiceSpec {
    ServiceSpec {
        name: name(text),
        ..spec()
    }
}

pub(crate) fn with_probe(text: &str) -> ServiceSpec {
    ServiceSpec {
        name: name(text),
        ..probed()
    }
}

pub(crate) fn oneshot(text: &str) -> ServiceSpec {
    ServiceSpec {
        kind: Kind::Oneshot,
        ..named(text)
    }
}

pub(crate) fn on(text: &str, condition: Condition) -> Dependency {
    Dependency {
        service: name(text),
        condition,
    }
}

/// Several services under one core.
pub(crate) struct Fleet {
    pub(crate) core: Core,
    now: Now,
    numbers: BTreeMap<ServiceName, RunNumber>,
    probes: BTreeMap<ServiceName, u64>,
    hooks: BTreeMap<ServiceName, u32>,
    /// `spawn db`, `stop db`, `kill db`, in their order.
    pub(crate) log: Vec<String>,
    pub(crate) finished: bool,
    pub(crate) forgotten: Vec<String>,
    /// Those that a check finds something in the way of.
    pub(crate) obstructed: BTreeSet<ServiceName>,
}

impl Fleet {
    pub(crate) fn new(specs: Vec<ServiceSpec>) -> Self {
        Self::with(specs, Memory::default())
    }

    pub(crate) fn with(specs: Vec<ServiceSpec>, memory: Memory) -> Self {
        let now = Now {
            at: Instant(1_000_000),
            wall: WallTime(1_790_000_000_000),
        };
        let mut fleet = Self {
            core: Core::new(specs, memory, now),
            now,
            numbers: BTreeMap::new(),
            probes: BTreeMap::new(),
            hooks: BTreeMap::new(),
            log: Vec::new(),
            finished: false,
            forgotten: Vec::new(),
            obstructed: BTreeSet::new(),
        };
        fleet.core.start(now);
        fleet.drain();
        fleet
    }

    fn drain(&mut self) {
        while let Some(action) = self.core.next_action() {
            match action {
                Action::Run { service, run, order } => self.carry_out(service, run, &order),
                Action::Journal(_) | Action::ActOnChange { .. } => {}
                Action::Forget { service } => self.forgotten.push(service.to_string()),
                Action::Finish => self.finished = true,
            }
        }
    }

    fn carry_out(&mut self, service: ServiceName, run: RunNumber, order: &Order) {
        self.numbers.insert(service.clone(), run);
        let fact = match order {
            Order::CheckStart { .. } if self.obstructed.contains(&service) => {
                Fact::StartObstructed(finding())
            }
            Order::CheckStart { .. } => Fact::StartClear,
            Order::Spawn => {
                self.log.push(format!("spawn {service}"));
                spawned_as(100)
            }
            Order::DeliverRung { .. } => return self.log.push(format!("stop {service}")),
            Order::KillTree => return self.log.push(format!("kill {service}")),
            Order::Probe { probe } => {
                self.probes.insert(service, *probe);
                return;
            }
            Order::RunHook { step, call } => {
                self.log.push(format!("{} {service}", call.hook));
                self.hooks.insert(service, *step);
                return;
            }
            Order::AwaitHolders { .. }
            | Order::DeliverToLeftovers
            | Order::Measure { .. }
            | Order::Release { .. } => return,
        };
        self.core.handle(self.now, Event { service, run, fact });
    }

    pub(crate) fn fact(&mut self, text: &str, fact: Fact) {
        let service = name(text);
        let run = self.numbers[&service];
        self.core.handle(self.now, Event { service, run, fact });
        self.drain();
    }

    pub(crate) fn ends(&mut self, text: &str, code: i64) {
        self.fact(text, Fact::Exited(ExitKind::Code(code)));
        self.fact(text, Fact::TreeEmptied);
        self.pass(0);
    }

    /// Answers the probe under way.
    pub(crate) fn answers(&mut self, text: &str, outcome: ProbeOutcome) {
        let probe = self.probes[&name(text)];
        self.fact(text, Fact::ProbeFinished { probe, outcome });
    }

    /// The hook under way succeeds.
    pub(crate) fn hook_ends(&mut self, text: &str) {
        let (step, outcome) = (self.hooks[&name(text)], Ok(()));
        self.fact(text, Fact::HookFinished { step, outcome });
    }

    pub(crate) fn is_well(&mut self, text: &str) {
        self.pass(1_000);
        self.answers(text, healthy());
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = Now {
            at: self.now.at.plus(ms),
            wall: WallTime(self.now.wall.0 + ms as i64),
        };
        self.core.handle_timeout(self.now);
        self.drain();
    }

    pub(crate) fn ask(&mut self, command: &Command) {
        self.core.command(self.now, command).expect("accepted");
        self.drain();
    }

    pub(crate) fn refused(&mut self, command: &Command) -> Refusal {
        self.core.command(self.now, command).expect_err("refused")
    }

    pub(crate) fn files_changed(&mut self, text: &str, change: FileChange) {
        self.core.files_changed(self.now, &name(text), change);
        self.drain();
    }

    /// Another configuration.
    pub(crate) fn reload(&mut self, specs: &[ServiceSpec]) -> ReloadPlan {
        let specs = specs
            .iter()
            .map(|spec| (spec.name.clone(), spec.clone()))
            .collect();
        let plan = ReloadPlan {
            services: self.core.plan_reload(&specs).expect("a plan"),
            ..ReloadPlan::default()
        };
        self.core.reload(self.now, &plan, specs);
        self.drain();
        plan
    }

    pub(crate) fn time_comes(&mut self, text: &str) {
        self.core
            .schedule_due(self.now, &name(text), self.now.wall, false);
        self.drain();
    }

    pub(crate) fn window(&mut self, text: &str, until: Option<WallTime>) {
        self.core.window(self.now, &name(text), until);
        self.drain();
    }

    pub(crate) fn knows(&self, text: &str) -> bool {
        self.core.report_of(&name(text), self.now).is_some()
    }

    pub(crate) fn report(&self, text: &str) -> ServiceReport {
        self.core.report_of(&name(text), self.now).expect("a service")
    }

    pub(crate) fn phase(&self, text: &str) -> PhaseName {
        self.report(text).phase
    }

    /// What happened since this was last asked.
    pub(crate) fn happened(&mut self) -> String {
        std::mem::take(&mut self.log).join(", ")
    }
}
