//! A director that is killed at any moment never runs a second copy of a live service (guarantee 1).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use director_testkit::records;

use crate::common::{Director, Site};

const KILLS: u64 = 50;

/// A small generator (SplitMix64): a failing history can be had again by its seed, though not its timing.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn seed() -> u64 {
    let given = std::env::var("DIRECTOR_E2E_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| RandomState::new().build_hasher().finish())
}

#[test]
fn fifty_kills_at_random_moments_never_lead_to_a_second_copy() {
    let seed = seed();
    println!("DIRECTOR_E2E_SEED={seed}");
    let mut random = Random(seed);
    let site = Site::new("kills");
    let (steady, looping) = (site.path("steady"), site.path("looping"));
    let site = site
        .rogue(
            "steady",
            &[
                "--ignore",
                "all",
                "--fork",
                "session+ignore",
                "--counter",
                &steady,
            ],
            "",
        )
        .rogue(
            "looping",
            &[
                "--ignore",
                "all",
                "--counter",
                &looping,
                "--exit",
                "1",
                "--after",
                "20",
            ],
            "restart.backoff = [\"0s\"]",
        );
    // From before the first record is written until both services have been up for a while.
    let mut longest_ms = if cfg!(windows) { 600 } else { 150 };
    let mut history = Vec::new();
    for kill in 0..KILLS {
        // A machine that is busy with other things needs longer until both are up.
        if kill % 10 == 9 && records::starts(&site.sandbox.file("steady")).len() as u64 * 5 < kill {
            longest_ms *= 2;
        }
        let moment = Duration::from_millis(random.below(longest_ms));
        history.push(moment.as_millis());
        let director = Director::launch(&site, site.command(&["run"]));
        // No wait for a state: the moment is what is being tried.
        std::thread::sleep(moment);
        director.kill();
    }
    let director = site.start();
    site.until_running("steady");
    site.cli(&["shutdown", "--now"]).exits(0);
    director.wait();
    for (service, least) in [("steady", 5), ("looping", 10)] {
        let starts = records::starts(&site.sandbox.file(service));
        assert!(
            starts.len() >= least,
            "{service} hardly ran, so this shows nothing: {starts:?}"
        );
        let duplicates: Vec<_> = starts.iter().filter(|start| start.duplicate).collect();
        assert!(
            duplicates.is_empty(),
            "{service}: {duplicates:?} with seed {seed}, moments {history:?} of {starts:?}"
        );
    }
}
