//! A bench for one service: events in, actions out, time by hand.
use std::path::PathBuf;

use director_core::event::{Action, Event, Fact, Order, ProbeOutcome};
use director_core::journal::JournalEvent;
use director_core::report::{Finding, HealthAnswer, ServiceReport};
use director_core::spec::{
    Follow, HealthSpec, Kind, LimitsSpec, LogSpec, ProbeKind, RestartSpec, Rung, RungKind, ServiceName,
    ServiceSpec, StopSpec, StopTarget,
};
use director_core::time::{Instant, Now, WallTime};
use director_core::words::{ExitKind, PhaseName, RunNumber};
use director_core::{Core, Memory};

/// A service with the contract's Linux ladder and no probe.
pub(crate) fn spec() -> ServiceSpec {
    let rung = |kind, grace_ms| Rung { kind, grace_ms };
    ServiceSpec {
        name: ServiceName::new("web").unwrap(),
        kind: Kind::Daemon,
        command: vec!["web".to_owned()],
        cwd: PathBuf::from("/"),
        env: Default::default(),
        user: None,
        host: "0.0.0.0".to_owned(),
        port: None,
        autostart: true,
        follow: Follow::Main,
        stdin_pipe: false,
        restart: RestartSpec::default(),
        stop: StopSpec {
            ladder: vec![
                rung(RungKind::Signal("term".to_owned()), 30_000),
                rung(RungKind::Signal("int".to_owned()), 5_000),
                rung(RungKind::Terminate, 0),
            ],
            to: StopTarget::Group,
        },
        health: None,
        database: None,
        log: LogSpec::default(),
        watch: None,
        limits: LimitsSpec::default(),
        requires: Vec::new(),
        after: Vec::new(),
        restart_with: false,
        instance: None,
        schedule: None,
        hooks: Default::default(),
    }
}

/// The same with the contract's probe.
pub(crate) fn probed() -> ServiceSpec {
    let probe = ProbeKind::Http("http://127.0.0.1:8004/health".to_owned());
    ServiceSpec {
        health: Some(HealthSpec::new(probe)),
        ..spec()
    }
}

/// The program has been started, and the system keeps every limit.
pub(crate) fn spawned_as(pid: u32) -> Fact {
    Fact::Spawned {
        pid,
        unenforced: Vec::new(),
    }
}

/// One service under a core whose every order is answered by hand.
pub(crate) struct Bench {
    pub(crate) core: Core,
    pub(crate) now: Now,
    pub(crate) orders: Vec<(RunNumber, Order)>,
    pub(crate) events: Vec<JournalEvent>,
    pub(crate) finished: bool,
    /// How many commands were run for changes.
    pub(crate) actions: usize,
}

impl Bench {
    pub(crate) fn new(spec: ServiceSpec) -> Self {
        let now = Now {
            at: Instant(1_000_000),
            wall: WallTime(1_790_000_000_000),
        };
        let core = Core::new(vec![spec], Memory::default(), now);
        Self {
            core,
            now,
            orders: Vec::new(),
            events: Vec::new(),
            finished: false,
            actions: 0,
        }
    }

    /// Started, and the first process is `pid` 100.
    pub(crate) fn spawned(spec: ServiceSpec) -> Self {
        let mut bench = Self::new(spec);
        bench.core.start(bench.now);
        bench.drain();
        bench.fact(Fact::StartClear);
        bench.fact(spawned_as(100));
        bench
    }

    /// Started and proven.
    pub(crate) fn running(spec: ServiceSpec) -> Self {
        let probed = spec.health.is_some();
        let mut bench = Self::spawned(spec);
        bench.pass(1_000);
        if probed {
            bench.answer(healthy());
        }
        assert_eq!(bench.phase(), PhaseName::Running);
        bench
    }

    pub(crate) fn drain(&mut self) {
        while let Some(action) = self.core.next_action() {
            match action {
                Action::Run { run, order, .. } => self.orders.push((run, order)),
                Action::Journal(entry) => self.events.push(entry.event),
                Action::ActOnChange { .. } => self.actions += 1,
                Action::Forget { .. } => {}
                Action::Finish => self.finished = true,
            }
        }
    }

    pub(crate) fn report(&self) -> ServiceReport {
        self.core.report(self.now).remove(0)
    }

    pub(crate) fn phase(&self) -> PhaseName {
        self.report().phase
    }

    /// The number of the latest attempt: that of the latest order.
    pub(crate) fn number(&self) -> RunNumber {
        self.orders.last().expect("an order").0
    }

    /// A fact about the latest attempt.
    pub(crate) fn fact(&mut self, fact: Fact) {
        let run = self.number();
        self.fact_of(run, fact);
    }

    pub(crate) fn fact_of(&mut self, run: RunNumber, fact: Fact) {
        let service = ServiceName::new("web").unwrap();
        self.core.handle(self.now, Event { service, run, fact });
        self.drain();
    }

    /// Lets time pass, doing what becomes due on the way.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now.at.plus(ms);
        loop {
            let next = self
                .core
                .next_deadline()
                .map_or(end, |at| at.max(self.now.at).min(end));
            self.now = Now {
                at: next,
                wall: WallTime(self.now.wall.0 + next.since(self.now.at) as i64),
            };
            self.core.handle_timeout(self.now);
            self.drain();
            if next == end && self.core.next_deadline().is_none_or(|at| at > end) {
                return;
            }
        }
    }

    /// The first process ends and nothing else lives: both facts in one turn.
    pub(crate) fn dies(&mut self, status: ExitKind) {
        self.fact(Fact::Exited(status));
        self.fact(Fact::TreeEmptied);
        self.pass(0);
    }

    /// Answers the probe under way.
    pub(crate) fn answer(&mut self, outcome: ProbeOutcome) {
        let probe = self
            .orders
            .iter()
            .rev()
            .find_map(|(_, order)| match order {
                Order::Probe { probe } => Some(*probe),
                _ => None,
            })
            .expect("a probe under way");
        self.fact(Fact::ProbeFinished { probe, outcome });
    }

    /// The latest rung's step.
    pub(crate) fn step(&self) -> u32 {
        self.orders
            .iter()
            .rev()
            .find_map(|(_, order)| match order {
                Order::DeliverRung { step, .. } => Some(*step),
                _ => None,
            })
            .expect("a rung")
    }

    /// How many orders of this kind there were.
    pub(crate) fn count(&self, kind: fn(&Order) -> bool) -> usize {
        self.orders.iter().filter(|(_, order)| kind(order)).count()
    }

    pub(crate) fn spawns(&self) -> usize {
        self.count(|order| matches!(order, Order::Spawn))
    }

    pub(crate) fn kills(&self) -> usize {
        self.count(|order| matches!(order, Order::KillTree))
    }

    pub(crate) fn command(&mut self, command: &director_core::command::Command) {
        self.core.command(self.now, command).expect("accepted");
        self.drain();
    }
}

pub(crate) fn healthy() -> ProbeOutcome {
    ProbeOutcome::Healthy(HealthAnswer {
        status: Some("healthy".to_owned()),
        ..HealthAnswer::default()
    })
}

pub(crate) fn degraded() -> ProbeOutcome {
    ProbeOutcome::Degraded(HealthAnswer {
        status: Some("degraded".to_owned()),
        ..HealthAnswer::default()
    })
}

pub(crate) fn failing() -> ProbeOutcome {
    ProbeOutcome::Failed {
        detail: "HTTP 503 instead of 200".to_owned(),
        answer: None,
    }
}

pub(crate) fn finding() -> Finding {
    Finding {
        code: "port-in-use".to_owned(),
        summary: "port 8004 is held by python.exe (pid 4312)".to_owned(),
        evidence: Vec::new(),
        remedy: Vec::new(),
        avoid: Vec::new(),
        holders: Vec::new(),
    }
}
