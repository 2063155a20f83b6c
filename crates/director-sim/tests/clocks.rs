//! Guarantee 10, as far as the core decides it: jumps of the wall clock, and sleep, during which the awake clock stands
//! still while the wall clock goes on, change no order and no time of an order.

use director_sim::{Options, run};

#[test]
fn jumps_and_sleep_change_nothing() {
    for seed in 1..=1_000 {
        let print = |wall_jumps| {
            let options = Options {
                wall_jumps,
                ..Options::default()
            };
            let stats = run(seed, &options).unwrap_or_else(|failure| panic!("{failure}"));
            (stats.fingerprint, stats.spawns, stats.turns)
        };
        assert_eq!(print(true), print(false), "seed {seed}");
    }
}
