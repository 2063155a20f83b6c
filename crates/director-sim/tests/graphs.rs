//! Random graphs of dependencies: every service starts after what it requires, none too late, and stops before it.
#![expect(clippy::panic, reason = "tests: a failure here is the finding")]

#[test]
fn fleets_start_and_stop_in_order() {
    for (seeds, services) in [(1..300, 12), (1_000..1_100, 100), (2_000..2_010, 1_000)] {
        for seed in seeds {
            if let Err(failure) = director_sim::run_fleet(seed, services) {
                panic!(
                    "{services} services, seed {seed}, {} ms: {}",
                    failure.step, failure.what
                );
            }
        }
    }
}
