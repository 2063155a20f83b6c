//! One history from its beginning to its end, and the clocks it runs on.

use std::collections::VecDeque;

use director_core::Core;
use director_core::spec::ServiceSpec;
use director_core::time::{Instant, Millis, Now, WallTime};

use super::boot::Boot;
use super::queue::{Happening, Queue};
use super::threads::Threads;
use crate::check::Checker;
use crate::mutation::Mutation;
use crate::rng::Rng;
use crate::scenario::{self, Knobs};
use crate::world::{Disk, World};
use crate::{Failure, Kills, Options, Stats};

/// So many turns of the driver, and the bad time is over: some crash loops never wait.
const BAD_TURNS: u64 = 500;
/// The last steps that a failure shows.
const SHOWN_STEPS: usize = 40;
/// The awake clock of a machine that has just booted.
const BOOT_INSTANT: Millis = 1_000;

pub(crate) struct Sim<'a> {
    pub(super) options: &'a Options,
    pub(super) seed: u64,
    pub(super) rng: Rng,
    pub(super) wall_rng: Rng,
    /// For changes of files alone, likewise.
    pub(super) file_rng: Rng,
    /// For memory alone, likewise.
    pub(super) memory_rng: Rng,
    /// For hooks alone, likewise.
    pub(super) hook_rng: Rng,
    /// For what the doctor sees alone, likewise.
    pub(super) doctor_rng: Rng,
    pub(super) knobs: Knobs,
    pub(super) specs: Vec<ServiceSpec>,
    /// The awake clock, since the beginning.
    pub(super) t: Millis,
    pub(super) booted_at: Millis,
    pub(super) boot_id: u64,
    pub(super) wall_ms: i64,
    pub(super) queue: Queue,
    /// How many maintenance windows of each service are open.
    pub(super) windows: Vec<u32>,
    pub(super) world: World,
    pub(super) disk: Disk,
    /// The director's number; messages of an earlier one are lost with it.
    pub(super) director: u64,
    pub(super) core: Option<Core>,
    pub(super) boot: Option<Boot>,
    pub(super) threads: Threads,
    /// Fails to wake in time: the deadline, and how late.
    pub(super) lag: (Instant, Millis),
    pub(super) next_mark: u64,
    pub(super) calm: bool,
    /// An operator or the machine shut the director down.
    pub(super) ended: bool,
    pub(super) check: Checker,
    pub(super) stats: Stats,
    pub(super) shown: VecDeque<String>,
    pub(super) fault: Option<String>,
}

impl<'a> Sim<'a> {
    pub(crate) fn new(seed: u64, options: &'a Options) -> Self {
        let mut rng = Rng::new(seed, 1);
        let knobs = Knobs::random(&mut rng);
        let mut specs = scenario::services(&mut rng);
        scenario::connect(&mut Rng::new(seed, 4), &mut specs);
        scenario::schedule(&mut Rng::new(seed, 5), &mut specs);
        scenario::limit(&mut Rng::new(seed, 6), &mut specs);
        let mut hook_rng = Rng::new(seed, 8);
        scenario::hook(&mut hook_rng, &mut specs);
        let check = Checker::new(&specs);
        let mut sim = Self {
            options,
            seed,
            rng,
            wall_rng: Rng::new(seed, 2),
            file_rng: Rng::new(seed, 3),
            memory_rng: Rng::new(seed, 7),
            hook_rng,
            doctor_rng: Rng::new(seed, 9),
            knobs,
            t: 0,
            booted_at: 0,
            boot_id: 1,
            wall_ms: 1_790_000_000_000,
            queue: Queue::default(),
            windows: vec![0; specs.len()],
            world: World {
                linger: vec![[0; 2]; specs.len()],
                ..World::default()
            },
            disk: Disk::default(),
            director: 0,
            core: None,
            boot: None,
            threads: Threads::new(specs.len()),
            lag: (Instant(0), 0),
            next_mark: 1,
            calm: false,
            ended: false,
            check,
            stats: Stats::default(),
            shown: VecDeque::new(),
            fault: None,
            specs,
        };
        sim.plan();
        sim
    }

    /// The whole history: a bad time, a calm in which everything must come to rest, and a shutdown.
    pub(crate) fn run(mut self) -> Result<Stats, Failure> {
        self.queue.push(0, Happening::StartDirector);
        while self.fault.is_none() && self.t < self.knobs.bad_ms && self.stats.turns < BAD_TURNS {
            if !self.step() {
                // Nothing happens any more: the rest of the bad time passes in silence.
                self.wall_ms += (self.knobs.bad_ms - self.t) as i64;
                self.t = self.knobs.bad_ms;
            }
        }
        if self.fault.is_none() {
            self.come_to_rest();
        }
        if self.fault.is_none() {
            self.shut_down_at_last();
        }
        self.stats.virtual_ms = self.t;
        self.stats.stale = self.check.stale;
        match self.fault {
            None => Ok(self.stats),
            Some(what) => Err(Failure {
                seed: self.seed,
                step: self.stats.steps,
                what,
                steps: self.shown.into(),
            }),
        }
    }

    /// All that happens at the next moment. False when nothing ever happens again.
    pub(super) fn step(&mut self) -> bool {
        let deadline = self.wake_at();
        let Some(next) = self.queue.next_at().into_iter().chain(deadline).min() else {
            return false;
        };
        self.wall_ms += next.saturating_sub(self.t) as i64;
        self.t = self.t.max(next);
        self.stats.steps += 1;
        let mut woken = deadline.is_some_and(|at| at <= self.t);
        while let Some(what) = self.queue.pop_at(self.t) {
            woken |= self.happen(what);
            if self.fault.is_some() {
                return true;
            }
        }
        if woken {
            self.turn();
        }
        self.look_at_processes();
        self.take_fault();
        true
    }

    pub(super) fn take_fault(&mut self) {
        if self.fault.is_none() {
            self.fault = self.check.fault.take();
        }
    }

    /// When the driver wakes for the core's next deadline, a little late at times.
    fn wake_at(&mut self) -> Option<Millis> {
        let deadline = self.core.as_ref()?.next_deadline()?;
        if self.lag.0 != deadline {
            let late = if !self.calm && self.rng.chance(self.knobs.slow) {
                self.rng.below(50)
            } else {
                0
            };
            self.lag = (deadline, late);
        }
        let at = match self.options.mutation {
            Some(Mutation::WallClock) => {
                let ahead = deadline.since(self.now().at);
                self.t + ahead
            }
            _ => (deadline.0 + self.booted_at).saturating_sub(BOOT_INSTANT),
        };
        Some(at.max(self.t) + self.lag.1)
    }

    /// The clocks as the driver reads them.
    pub(super) fn now(&self) -> Now {
        let at = match self.options.mutation {
            Some(Mutation::WallClock) => (self.wall_ms - 1_789_000_000_000).max(0) as u64,
            _ => self.t - self.booted_at + BOOT_INSTANT,
        };
        Now {
            at: Instant(at),
            wall: WallTime(self.wall_ms),
        }
    }

    pub(super) fn is(&self, mutation: Mutation) -> bool {
        self.options.mutation == Some(mutation)
    }

    /// Remembers a step in words, when somebody will read it.
    pub(super) fn show(&mut self, words: impl FnOnce(&Self) -> String) {
        if !self.options.trace {
            return;
        }
        let line = format!("{:>10} ms  {}", self.t, words(self));
        if self.options.verbose {
            println!("{line}");
        }
        self.shown.push_back(line);
        if self.shown.len() > SHOWN_STEPS {
            self.shown.pop_front();
        }
    }

    pub(super) fn fail(&mut self, what: String) {
        self.fault.get_or_insert(what);
    }

    /// A delay of one of the director's threads.
    pub(super) fn delay(&mut self) -> Millis {
        if self.calm {
            return 1;
        }
        if self.rng.chance(self.knobs.slow) {
            let most = self.rng.pick(&[20, 500, 3_000, 30_000]);
            return self.rng.below(most);
        }
        self.rng.below(3)
    }

    /// A delay of a system that keeps its promises: it tells of every end, and soon.
    pub(super) fn short_delay(&mut self) -> Millis {
        let most = if !self.calm && self.rng.chance(self.knobs.slow) {
            2_000
        } else {
            3
        };
        self.rng.below(most)
    }

    /// No more than one first process per service, whatever else is true.
    fn look_at_processes(&mut self) {
        let mut mains = [0_u8; 8];
        for index in &self.world.live {
            let one = &self.world.all[*index];
            if let Some(owner) = one.owner.filter(|owner| owner.main && !one.unreachable) {
                mains[owner.service] += 1;
            }
        }
        if let Some(service) = mains.iter().position(|count| *count > 1) {
            self.fail(format!("s{service}: two first processes are alive"));
        }
    }

    pub(super) fn plan_kills(&mut self) {
        match self.options.kills {
            Kills::None => {}
            Kills::Moment(at) => self.queue.push(at, Happening::KillDirector),
            Kills::Boundary(boundary, ordinal) => {
                self.threads.kill_at.push((boundary, ordinal));
                if boundary == crate::Boundary::DuringBoot {
                    // Without a first kill a new director finds nothing to end.
                    let at = self.some_time();
                    self.queue.push(at, Happening::KillDirector);
                }
            }
            Kills::Random => {
                for _ in 0..self.knobs.kills {
                    let at = self.some_time();
                    self.queue.push(at, Happening::KillDirector);
                }
                for _ in 0..self.knobs.boundary_kills {
                    let boundary = self.rng.pick(crate::Boundary::ALL);
                    let ordinal = self.rng.between(1, 6) as u32;
                    self.threads.kill_at.push((boundary, ordinal));
                }
            }
        }
    }

    /// A moment of the bad time; often an early one, since most histories are short.
    pub(super) fn some_time(&mut self) -> Millis {
        let end = self.rng.pick(&[2_000, 20_000, self.knobs.bad_ms]);
        self.rng.below(end)
    }
}
