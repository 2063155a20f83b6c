//! A simulation of the director in a world that breaks everything, to see whether its guarantees hold.
//!
//! This crate exists because the interesting faults need coincidences that no test on a real machine meets twice. From a
//! seed it makes services, a virtual machine with a virtual clock, and a bad time: programs that crash, hang, freeze, fork
//! and ignore every rung; a system that refuses to spawn; threads that are slow and answer in any order; full disks, foreign
//! processes, jumping clocks, operators, and a director that is killed between any two effects and started again. Around
//! the core stands a model of the daemon. Checkers of their own mind compare every order with the contract (guarantees 1
//! to 5). Then all faults end, everything must come to rest in bounded time, and a shutdown must leave nothing.
//!
//! A history depends on its seed alone. The same seed replays it.
//!
//! Out of the contract, and therefore not asked for after a kill of the director on Linux: processes that cleared their
//! environment, and processes of a run whose record no disk would take.

mod check;
mod mutation;
mod rng;
mod scenario;
mod sim;
mod world;

pub use mutation::Mutation;

/// Seeds that once found a fault, or nearly did; they run before all others.
pub const REGRESSIONS: &str = include_str!("../seeds.txt");

/// Between which effects a director may be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says which effect it stands beside")]
pub enum Boundary {
    BeforeIntent,
    AfterIntent,
    AfterSpawn,
    AfterIdentity,
    AfterLearned,
    BeforeRung,
    AfterRung,
    BeforeLeftoverRung,
    AfterLeftoverRung,
    BeforeKillTree,
    AfterKillTree,
    BeforeRecordRemoved,
    AfterRecordRemoved,
    BeforeCheck,
    AfterCheck,
    BeforeHistorySaved,
    AfterHistorySaved,
    BeforeWishSaved,
    AfterWishSaved,
    DuringBoot,
}

impl Boundary {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::AfterSpawn,
        Self::AfterIdentity,
        Self::AfterLearned,
        Self::BeforeRung,
        Self::AfterRung,
        Self::BeforeLeftoverRung,
        Self::AfterLeftoverRung,
        Self::BeforeKillTree,
        Self::AfterKillTree,
        Self::BeforeRecordRemoved,
        Self::AfterRecordRemoved,
        Self::BeforeCheck,
        Self::AfterCheck,
        Self::BeforeHistorySaved,
        Self::AfterHistorySaved,
        Self::BeforeWishSaved,
        Self::AfterWishSaved,
        Self::DuringBoot,
    ];
}

/// When the director is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kills {
    /// As the seed says.
    Random,
    /// Never.
    None,
    /// Once, at this virtual millisecond.
    Moment(u64),
    /// When it passes this boundary for the n-th time; for [`Boundary::DuringBoot`] once before, so that there is something
    /// to end.
    Boundary(Boundary, u32),
}

/// How to run a history.
#[derive(Clone, Debug)]
pub struct Options {
    /// A deliberate fault.
    pub mutation: Option<Mutation>,
    /// When the director is killed.
    pub kills: Kills,
    /// Whether the wall clock jumps.
    pub wall_jumps: bool,
    /// Keep the last steps in words.
    pub trace: bool,
    /// Print every step.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mutation: None,
            kills: Kills::Random,
            wall_jumps: true,
            trace: false,
            verbose: false,
        }
    }
}

/// What a history was made of.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Moments at which something happened.
    pub steps: u64,
    /// Turns of the driver.
    pub turns: u64,
    /// Programs started.
    pub spawns: u64,
    /// Directors killed.
    pub kills: u64,
    /// Those of them that were killed at a boundary.
    pub boundary_kills: u64,
    /// Virtual time.
    pub virtual_ms: u64,
    /// Facts that the last core found stale.
    pub stale: u64,
    /// How often each boundary was passed.
    pub boundaries: [u32; 20],
    /// All orders with their times, as one number.
    pub fingerprint: u64,
}

impl Stats {
    fn mix(&mut self, words: &[u64]) {
        for word in words {
            self.fingerprint = (self.fingerprint ^ word)
                .wrapping_mul(0x0000_0100_0000_01B3)
                .rotate_left(29);
        }
    }
}

/// A guarantee that was broken.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which history.
    pub seed: u64,
    /// At which step.
    pub step: u64,
    /// What.
    pub what: String,
    /// The last steps, in words, if they were traced.
    pub steps: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        writeln!(f, "seed {}, step {}: {}", self.seed, self.step, self.what)?;
        write!(f, "replay: cargo xtask sim --seeds 1 --seed {}", self.seed)
    }
}

/// Runs the history of `seed`.
///
/// # Errors
/// The first guarantee that was broken.
pub fn run(seed: u64, options: &Options) -> Result<Stats, Failure> {
    sim::Sim::new(seed, options).run()
}

/// Runs the history of `seed` again, if it fails, with its steps in words.
///
/// # Errors
/// The first guarantee that was broken.
pub fn run_and_explain(seed: u64, options: &Options) -> Result<Stats, Failure> {
    run(seed, options).or_else(|_| {
        let options = Options {
            trace: true,
            ..options.clone()
        };
        run(seed, &options)
    })
}

/// The committed seeds.
pub fn regressions() -> impl Iterator<Item = u64> {
    let before_comment = |line: &'static str| line.split('#').next().unwrap_or("").trim();
    REGRESSIONS
        .lines()
        .filter_map(move |line| before_comment(line).parse().ok())
}
