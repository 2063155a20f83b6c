//! The bar: killed at 200 random moments and at each effect boundary, a restarted director never runs a second copy of a
//! live service. Every history also asks for all other guarantees.

use director_sim::{Boundary, Kills, Options, run_and_explain};

fn killed(seed: u64, kills: Kills) -> director_sim::Stats {
    let options = Options {
        kills,
        ..Options::default()
    };
    run_and_explain(seed, &options).unwrap_or_else(|failure| panic!("{kills:?}:\n{failure}"))
}

#[test]
fn killed_at_200_random_moments_it_runs_no_second_copy() {
    let mut kills = 0;
    for moment in 0..200_u64 {
        // Most of a history's interesting moments are its first seconds.
        let at = if moment % 2 == 0 {
            moment * 25
        } else {
            moment * 977
        };
        for seed in 1..=5 {
            kills += killed(1_000 * moment + seed, Kills::Moment(at)).kills;
        }
    }
    assert!(
        kills >= 500,
        "only {kills} of 1000 directors were there to be killed"
    );
}

#[test]
fn killed_at_each_effect_boundary_it_runs_no_second_copy() {
    for boundary in Boundary::ALL {
        let mut kills = 0;
        for ordinal in 1..=5 {
            for seed in 1..=60 {
                kills += killed(seed, Kills::Boundary(*boundary, ordinal)).boundary_kills;
            }
        }
        assert!(kills >= 5, "{boundary:?}: killed only {kills} times");
    }
}
