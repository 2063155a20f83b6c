//! Many services in a random graph of dependencies: all start in an order that the graph allows, as early as it allows it, and
//! stop in the opposite one; a reload in between renews some of them, in both orders.
//!
//! A smaller world than that of the histories, so that a thousand services are quick: checks find nothing, programs start and
//! end after a while, and some of them crash once.

use std::collections::{BTreeMap, HashMap};

use director_core::command::Command;
use director_core::event::{Action, Event, Fact, Order, ProbeOutcome};
use director_core::reload::ReloadPlan;
use director_core::report::HealthAnswer;
use director_core::spec::{
    Condition, Dependency, HealthSpec, Instance, Kind, ProbeKind, ServiceName, ServiceSpec,
};
use director_core::time::{Instant, Millis, Now, WallTime};
use director_core::words::{ExitKind, RunNumber};
use director_core::{Core, Memory};

use crate::rng::Rng;
use crate::{Failure, scenario};

/// The world moves in steps of this length, so that what happens at about the same time shares a turn.
const TICK_MS: Millis = 20;
/// No service of this world has more instances.
const MOST_INSTANCES: u64 = 4;
/// A plain daemon counts as running after this time, and a probe comes so long after the start.
const PROOF_MS: Millis = 1_000;

/// What a service has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Down,
    Started,
    Healthy,
    Completed,
}

/// One service and what it will do.
struct Member {
    spec: ServiceSpec,
    state: State,
    run: RunNumber,
    /// How long its program takes until it has started, and to end.
    spawn_ms: Millis,
    end_ms: Millis,
    crashes: u32,
    /// When it must have come to rest, by the graph alone.
    due: Millis,
    /// A reload brought it another program, and its old run has not ended.
    outdated: bool,
    /// Its run has been asked to end.
    ending: bool,
}

struct Fleet {
    t: Millis,
    rng: Rng,
    core: Core,
    members: Vec<Member>,
    places: HashMap<ServiceName, usize>,
    dependents: Vec<Vec<usize>>,
    /// The instances of one service, by its name.
    groups: BTreeMap<ServiceName, Vec<usize>>,
    queue: BTreeMap<Millis, Vec<Event>>,
    stopping: bool,
    finished: bool,
    fault: Option<String>,
}

/// Starts and stops `services` services with the graph of `seed`. Answers how many programs were started.
///
/// # Errors
/// The first thing that happened in the wrong order, too late, or not at all.
pub fn run_fleet(seed: u64, services: usize) -> Result<u64, Failure> {
    let mut fleet = Fleet::new(seed, services);
    let spawns = fleet.live();
    match fleet.fault {
        None => Ok(spawns),
        Some(what) => Err(Failure {
            seed,
            step: fleet.t,
            what,
            steps: Vec::new(),
        }),
    }
}

impl Fleet {
    fn new(seed: u64, services: usize) -> Self {
        let mut rng = Rng::new(seed, 5);
        let crashing = rng.chance(50);
        // Names in another order than the graph's, so that the order of names helps nobody.
        let mut names: Vec<usize> = (0..services).collect();
        for last in (1..services).rev() {
            names.swap(last, rng.below(last as u64 + 1) as usize);
        }
        let mut members: Vec<Member> = Vec::with_capacity(services);
        let mut dependents = vec![Vec::new(); services];
        for (place, name) in names.iter().enumerate() {
            let member = member(&mut rng, *name, place, &members, &mut dependents, crashing);
            members.push(member);
        }
        let groups = groups(&mut rng, &mut members);
        let specs = members.iter().map(|member| member.spec.clone()).collect();
        let now = now(0);
        Self {
            t: 0,
            rng,
            core: Core::new(specs, Memory::default(), now),
            places: members
                .iter()
                .enumerate()
                .map(|(place, member)| (member.spec.name.clone(), place))
                .collect(),
            members,
            dependents,
            groups,
            queue: BTreeMap::new(),
            stopping: false,
            finished: false,
            fault: None,
        }
    }

    fn live(&mut self) -> u64 {
        let latest = self.members.iter().map(|member| member.due).max().unwrap_or(0);
        let mut spawns = 0;
        self.core.start(now(0));
        while self.fault.is_none() && !self.is_up() && self.t <= latest {
            spawns += self.tick();
        }
        if self.fault.is_none() && !self.is_up() {
            self.fault = Some(format!("not up after {latest} ms: {}", self.first_late()));
        }
        if self.fault.is_none() && self.rng.chance(50) {
            self.reload();
            // Instances go one after the other, each when its own way is free.
            let until = self.t + (2 + MOST_INSTANCES) * (latest + 10_000);
            while self.fault.is_none() && !self.is_up() && self.t <= until {
                spawns += self.tick();
            }
            if self.fault.is_none() && !self.is_up() {
                self.fault = Some(format!("not up again after a reload: {}", self.first_late()));
            }
        }
        self.stopping = true;
        let command = Command::Shutdown { now: false };
        if self.fault.is_none() && self.core.command(now(self.t), &command).is_err() {
            self.fault = Some("a shutdown was refused".to_owned());
        }
        let limit = self.t + 1_000 * self.members.len() as Millis + 60_000;
        while self.fault.is_none() && !self.finished && self.t <= limit {
            self.tick();
        }
        if self.fault.is_none() && !self.finished {
            self.fault = Some("the shutdown does not end".to_owned());
        }
        spawns
    }

    fn is_up(&self) -> bool {
        self.members.iter().all(Member::is_up)
    }

    /// What the first one that is not up waits for, by its own words.
    fn first_late(&self) -> String {
        let late = self.members.iter().find(|member| !member.is_up());
        let late = late.and_then(|member| self.core.report_of(&member.spec.name, now(self.t)));
        late.map_or_else(String::new, |report| {
            let (phase, because) = (report.phase, report.because);
            format!("{} is {phase:?}: {because}; {:?}", report.name, report.next)
        })
    }

    /// Some services get another program.
    fn reload(&mut self) {
        let share = self.rng.between(1, 40);
        for place in 0..self.members.len() {
            if self.rng.chance(share) {
                let member = &mut self.members[place];
                member.spec.command.push("more".to_owned());
                member.outdated = true;
            }
        }
        let specs = self.members.iter().map(|member| member.spec.clone());
        let specs = specs.map(|spec| (spec.name.clone(), spec)).collect();
        match self.core.plan_reload(&specs) {
            Ok(services) => {
                let plan = ReloadPlan {
                    services,
                    ..ReloadPlan::default()
                };
                self.core.reload(now(self.t), &plan, specs);
                self.drain();
            }
            Err(refusal) => self.fault = Some(format!("a reload was refused: {refusal}")),
        }
    }

    /// One step of the world: facts, timers, orders.
    fn tick(&mut self) -> u64 {
        self.t += TICK_MS;
        let now = now(self.t);
        let later = self.queue.split_off(&(self.t + 1));
        let mut spawns = 0;
        for event in std::mem::replace(&mut self.queue, later).into_values().flatten() {
            self.told(&event);
            self.core.handle(now, event);
            spawns += self.drain();
        }
        if self.core.next_deadline().is_some_and(|at| at <= now.at) {
            self.core.handle_timeout(now);
        }
        spawns + self.drain()
    }

    /// Carries out what the core asks for, before the world goes on.
    fn drain(&mut self) -> u64 {
        let mut spawns = 0;
        while let Some(action) = self.core.next_action() {
            match action {
                Action::Run { service, run, order } => {
                    spawns += u64::from(order == Order::Spawn);
                    let place = self.places[&service];
                    self.ordered(place, run, &order);
                }
                Action::Journal(_) | Action::Forget { .. } | Action::ActOnChange { .. } => {}
                Action::Finish => self.finished = true,
            }
        }
        spawns
    }

    /// The world learns what the core is about to be told.
    fn told(&mut self, event: &Event) {
        let member = &mut self.members[self.places[&event.service]];
        if event.run != member.run {
            // A run that was asked to end and crashed before it could.
            return;
        }
        match &event.fact {
            Fact::Spawned { .. } => (member.state, member.ending) = (State::Started, false),
            Fact::ProbeFinished { .. } => member.state = State::Healthy,
            Fact::TreeEmptied => {
                let completed = member.spec.kind == Kind::Oneshot && !self.stopping && member.crashes == 0;
                member.state = if completed { State::Completed } else { State::Down };
                member.crashes = member.crashes.saturating_sub(1);
                member.outdated = false;
            }
            _ => {}
        }
    }

    fn ordered(&mut self, place: usize, run: RunNumber, order: &Order) {
        let member = &mut self.members[place];
        member.run = run;
        let (spawn_ms, end_ms) = (member.spawn_ms, member.end_ms);
        match order {
            Order::CheckStart { .. } => self.later(place, 0, Fact::StartClear),
            Order::Spawn => {
                if member.spec.kind == Kind::Oneshot {
                    (member.state, member.outdated) = (State::Down, false);
                }
                self.look_at_start(place);
                self.later(
                    place,
                    spawn_ms,
                    Fact::Spawned {
                        pid: 1,
                        unenforced: Vec::new(),
                    },
                );
                let member = &self.members[place];
                let crashes = member.crashes > 0;
                if crashes || member.spec.kind == Kind::Oneshot {
                    self.ends(place, spawn_ms + end_ms, i64::from(crashes));
                }
            }
            Order::DeliverRung { .. } => {
                self.look_at_stop(place);
                self.look_at_turn(place);
                self.members[place].ending = true;
                self.ends(place, end_ms, 0);
            }
            Order::KillTree => self.fail(place, "killed, although it ends when it is asked to"),
            Order::Probe { probe } => {
                let outcome = ProbeOutcome::Healthy(HealthAnswer::default());
                let probe = *probe;
                self.later(place, 0, Fact::ProbeFinished { probe, outcome });
            }
            Order::RunHook { step, .. } => {
                let (step, outcome) = (*step, Ok(()));
                self.later(place, 0, Fact::HookFinished { step, outcome });
            }
            Order::AwaitHolders { .. }
            | Order::DeliverToLeftovers
            | Order::Measure { .. }
            | Order::Release { .. } => {}
        }
    }

    fn ends(&mut self, place: usize, after: Millis, code: i64) {
        self.later(place, after, Fact::Exited(ExitKind::Code(code)));
        self.later(place, after, Fact::TreeEmptied);
    }

    fn later(&mut self, place: usize, after: Millis, fact: Fact) {
        let member = &self.members[place];
        let event = Event {
            service: member.spec.name.clone(),
            run: member.run,
            fact,
        };
        self.queue.entry(self.t + after + 1).or_default().push(event);
    }

    fn look_at_start(&mut self, place: usize) {
        let missing = self.members[place].spec.requires.iter().find(|dependency| {
            let state = self.members[self.places[&dependency.service]].state;
            !fulfils(state, dependency.condition)
        });
        let missing = missing.map(|dependency| dependency.service.clone());
        if self.stopping {
            self.fail(place, "started although all shall end");
        } else if let Some(other) = missing {
            self.fail(place, format!("started before {other} was there"));
        }
    }

    fn look_at_stop(&mut self, place: usize) {
        // Instances wait for their turn instead, and nobody for them: the others of the service are there.
        let in_order = |member: &Member| member.spec.instance.is_none();
        if !self.stopping && !in_order(&self.members[place]) {
            return;
        }
        let alive = |other: &&usize| {
            let member = &self.members[**other];
            let concerned = self.stopping || member.outdated && in_order(member);
            concerned && matches!(member.state, State::Started | State::Healthy)
        };
        let alive = self.dependents[place].iter().find(alive).copied();
        if let Some(other) = alive {
            let name = self.members[other].spec.name.clone();
            self.fail(place, format!("stopped while {name}, which requires it, lives"));
        }
    }

    /// Of the instances of one service, one at a time is down for a new definition.
    fn look_at_turn(&mut self, place: usize) {
        let member = &self.members[place];
        let Some(instance) = &member.spec.instance else {
            return;
        };
        if self.stopping || !member.outdated {
            return;
        }
        let others = self.groups.get(&instance.of).into_iter().flatten();
        let down = others.filter(|other| **other != place).find(|other| {
            let other = &self.members[**other];
            if other.ending {
                return true;
            }
            match &other.spec.health {
                Some(_) => other.state != State::Healthy,
                None => other.state != State::Started,
            }
        });
        if let Some(other) = down {
            let name = self.members[*other].spec.name.clone();
            self.fail(
                place,
                format!("renewed while another instance, {name}, is not up"),
            );
        }
    }

    fn fail(&mut self, place: usize, what: impl std::fmt::Display) {
        let name = &self.members[place].spec.name;
        self.fault.get_or_insert_with(|| format!("{name}: {what}"));
    }
}

impl Member {
    fn is_up(&self) -> bool {
        if self.outdated {
            return false;
        }
        match (self.spec.kind, &self.spec.health) {
            (Kind::Oneshot, _) => self.state == State::Completed,
            (Kind::Daemon, Some(_)) => self.state == State::Healthy,
            (Kind::Daemon, None) => self.state == State::Started,
        }
    }
}

/// Makes instances of some daemons that are alike; answers who belongs together.
fn groups(rng: &mut Rng, members: &mut [Member]) -> BTreeMap<ServiceName, Vec<usize>> {
    let mut found: BTreeMap<ServiceName, Vec<usize>> = BTreeMap::new();
    let mut place = 0;
    while place < members.len() {
        let size = rng.between(1, MOST_INSTANCES) as usize;
        let end = (place + size).min(members.len());
        let alike = |member: &Member| member.spec.kind == Kind::Daemon && member.crashes == 0;
        if rng.chance(30) && members[place..end].iter().all(alike) {
            let of = ServiceName::new(&format!("g{place}"));
            let of = of.unwrap_or_else(|_| unreachable!("a plain name"));
            for (index, member) in (0..).zip(&mut members[place..end]) {
                let of = of.clone();
                member.spec.instance = Some(Instance { of, index });
            }
            found.insert(of, (place..end).collect());
        }
        place = end;
    }
    found
}

fn fulfils(state: State, condition: Condition) -> bool {
    match condition {
        Condition::Started => state != State::Down,
        Condition::Healthy => state == State::Healthy,
        Condition::Completed => state == State::Completed,
    }
}

fn now(t: Millis) -> Now {
    Now {
        at: Instant(1_000 + t),
        wall: WallTime(1_790_000_000_000 + t as i64),
    }
}

/// A service that depends on up to four of those before it.
fn member(
    rng: &mut Rng,
    name: usize,
    place: usize,
    before: &[Member],
    dependents: &mut [Vec<usize>],
    crashing: bool,
) -> Member {
    let kind = rng.below(10);
    let mut spec = scenario::plain(&format!("s{name}"));
    if kind < 3 {
        spec.kind = Kind::Oneshot;
    } else if kind < 7 {
        spec.health = Some(HealthSpec::new(ProbeKind::Tcp("127.0.0.1:1".to_owned())));
    }
    let mut begin = 0;
    for _ in 0..rng.below(5).min(place as u64) {
        let other = rng.below(place as u64) as usize;
        let condition = match (before[other].spec.kind, &before[other].spec.health) {
            (Kind::Oneshot, _) => Condition::Completed,
            (Kind::Daemon, Some(_)) => Condition::Healthy,
            (Kind::Daemon, None) => Condition::Started,
        };
        let dependency = Dependency {
            service: before[other].spec.name.clone(),
            condition,
        };
        if !spec.requires.contains(&dependency) {
            spec.requires.push(dependency);
            dependents[other].push(place);
            begin = begin.max(before[other].due);
        }
    }
    let (spawn_ms, end_ms) = (rng.below(100), rng.below(300));
    let crashes = u32::from(crashing && rng.chance(5));
    let proof_ms = match spec.kind {
        Kind::Oneshot => end_ms,
        Kind::Daemon => PROOF_MS,
    };
    let once = spawn_ms + proof_ms + 6 * TICK_MS;
    let crash_ms = u64::from(crashes) * (spawn_ms + end_ms + 6 * TICK_MS);
    Member {
        spec,
        state: State::Down,
        run: RunNumber(0),
        spawn_ms,
        end_ms,
        crashes,
        due: begin + once + crash_ms,
        outdated: false,
        ending: false,
    }
}
