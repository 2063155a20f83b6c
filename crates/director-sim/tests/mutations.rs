//! The checkers can fail: each deliberate fault is caught within few seeds.

use director_sim::{Mutation, Options, run};

/// So many histories are enough for the rarest coincidence.
const SEEDS: u64 = 500;

#[test]
fn every_mutation_is_caught() {
    let mut uncaught = Vec::new();
    for mutation in Mutation::ALL {
        let options = Options {
            mutation: Some(*mutation),
            ..Options::default()
        };
        let caught = (1..=SEEDS).find_map(|seed| run(seed, &options).err());
        match caught {
            Some(failure) => println!("{mutation:?}: seed {}: {}", failure.seed, failure.what),
            None => uncaught.push(mutation),
        }
    }
    assert!(
        uncaught.is_empty(),
        "not caught within {SEEDS} seeds: {uncaught:?}"
    );
}
