//! The committed seeds, a fixed budget of others, and that a history depends on its seed alone.

use director_sim::{Options, regressions, run, run_and_explain};

#[test]
fn the_committed_seeds_and_the_first_hold() {
    let options = Options::default();
    for seed in regressions().chain(1..=1_000) {
        if let Err(failure) = run_and_explain(seed, &options) {
            panic!("{failure}");
        }
    }
}

#[test]
fn a_seed_is_a_history() {
    let traced = Options {
        trace: true,
        ..Options::default()
    };
    let mut prints = Vec::new();
    for seed in 1..=100 {
        let (one, two) = (run(seed, &Options::default()), run(seed, &traced));
        let print = one.map(|stats| (stats.fingerprint, stats.steps)).ok();
        assert_eq!(
            print,
            two.map(|stats| (stats.fingerprint, stats.steps)).ok(),
            "seed {seed}"
        );
        prints.push(print);
    }
    prints.sort_unstable();
    prints.dedup();
    assert!(prints.len() > 90, "different seeds make different histories");
}

#[test]
fn the_histories_are_worth_something() {
    let mut total = director_sim::Stats::default();
    for seed in 1..=1_000 {
        if let Ok(stats) = run(seed, &Options::default()) {
            total.spawns += stats.spawns;
            total.kills += stats.kills;
            total.stale += stats.stale;
            for (sum, count) in total.boundaries.iter_mut().zip(stats.boundaries) {
                *sum += count;
            }
        }
    }
    assert!(
        total.spawns > 5_000 && total.kills > 1_000 && total.stale > 500,
        "{total:?}"
    );
    assert!(total.boundaries.iter().all(|count| *count > 100), "{total:?}");
}
