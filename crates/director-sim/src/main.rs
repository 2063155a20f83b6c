//! `director-sim --seeds N [--seed S] [--verbose]`: the committed seeds, then N histories from S on.
//! `director-sim --graphs N [--seed S]`: N fleets of 1,000 services in random graphs of dependencies.

use std::process::ExitCode;
use std::time::Instant;

use director_sim::{Options, Stats, regressions, run_and_explain, run_fleet};

const USAGE: &str =
    "Usage: director-sim [--seeds N] [--seed S] [--verbose]\n       director-sim --graphs N [--seed S]";

/// Where histories begin when nobody says.
const FIRST_SEED: u64 = 1;

struct Arguments {
    seeds: u64,
    graphs: Option<u64>,
    first: Option<u64>,
    verbose: bool,
}

fn arguments() -> Option<Arguments> {
    let mut arguments = Arguments {
        seeds: 1_000,
        graphs: None,
        first: None,
        verbose: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seeds" => arguments.seeds = words.next()?.parse().ok()?,
            "--graphs" => arguments.graphs = Some(words.next()?.parse().ok()?),
            "--seed" => arguments.first = Some(words.next()?.parse().ok()?),
            "--verbose" => arguments.verbose = true,
            _ => return None,
        }
    }
    Some(arguments)
}

/// How many services a fleet has.
const FLEET: usize = 1_000;

fn start_and_stop_fleets(first: u64, count: u64) -> ExitCode {
    let began = Instant::now();
    let mut spawns = 0;
    for seed in first..first.saturating_add(count) {
        match run_fleet(seed, FLEET) {
            Ok(more) => spawns += more,
            Err(failure) => {
                println!("seed {seed}, {} ms: {}", failure.step, failure.what);
                println!("replay: cargo xtask sim --graphs 1 --seed {seed}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "{count} graphs of {FLEET} services started and stopped in order, {spawns} spawns, in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Some(graphs) = arguments.graphs {
        return start_and_stop_fleets(arguments.first.unwrap_or(FIRST_SEED), graphs);
    }
    let options = Options {
        trace: arguments.verbose,
        verbose: arguments.verbose,
        ..Options::default()
    };
    let began = Instant::now();
    let mut total = Stats::default();
    let first = arguments.first.unwrap_or(FIRST_SEED);
    // A single seed is a replay: nothing else is wanted then.
    let known = regressions().filter(|_| arguments.first.is_none());
    let mut histories = 0_u64;
    for seed in known.chain(first..first.saturating_add(arguments.seeds)) {
        match run_and_explain(seed, &options) {
            Ok(stats) => {
                total.steps += stats.steps;
                total.spawns += stats.spawns;
                total.kills += stats.kills;
                total.virtual_ms += stats.virtual_ms;
                histories += 1;
            }
            Err(failure) => {
                println!("{failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "{histories} histories, {} steps, {} spawns, {} directors killed, {} virtual hours, in {:.1} s",
        total.steps,
        total.spawns,
        total.kills,
        total.virtual_ms / 3_600_000,
        began.elapsed().as_secs_f64()
    );
    ExitCode::SUCCESS
}
