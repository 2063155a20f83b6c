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
mod fleet;
mod mutation;
mod options;
mod outcome;
mod rng;
mod scenario;
mod sim;
mod world;

pub use fleet::run_fleet;
pub use mutation::Mutation;
pub use options::{Boundary, Kills, Options};
pub use outcome::{Failure, Stats};

/// Seeds that once found a fault, or nearly did; they run before all others.
pub const REGRESSIONS: &str = include_str!("../seeds.txt");

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
