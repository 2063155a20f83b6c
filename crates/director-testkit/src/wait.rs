//! Waiting for a state, with a bound: what tests use in place of sleeping.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// What a try can be: `bool`, `Option<T>`, or `Result<T, E>` whose error tells the state that was seen.
pub trait Attempt {
    /// What a successful try gives.
    type Value;

    /// The value, or a description of the state that was seen, if there is one.
    ///
    /// # Errors
    /// The state is not there yet.
    fn outcome(self) -> Result<Self::Value, Option<String>>;
}

impl Attempt for bool {
    type Value = ();

    fn outcome(self) -> Result<(), Option<String>> {
        if self { Ok(()) } else { Err(None) }
    }
}

impl<T> Attempt for Option<T> {
    type Value = T;

    fn outcome(self) -> Result<T, Option<String>> {
        self.ok_or(None)
    }
}

impl<T, E: Debug> Attempt for Result<T, E> {
    type Value = T;

    fn outcome(self) -> Result<T, Option<String>> {
        self.map_err(|state| Some(format!("{state:?}")))
    }
}

const SHORTEST_PARK: Duration = Duration::from_micros(500);
const LONGEST_PARK: Duration = Duration::from_millis(20);

/// Tries until it succeeds. Give the state as the error of a `Result` where it helps: the last one is
/// printed on failure.
///
/// # Panics
/// When `bound` is over: with `what` and the last state.
#[track_caller]
pub fn eventually<A: Attempt>(bound: Duration, what: &str, mut attempt: impl FnMut() -> A) -> A::Value {
    let start = Instant::now();
    let mut park = SHORTEST_PARK;
    loop {
        // The clock first: a machine that stood still between the two must not cost the last try.
        let waited = start.elapsed();
        match attempt().outcome() {
            Ok(value) => return value,
            Err(state) if waited >= bound => {
                let state = state.map_or_else(String::new, |state| format!("; last state: {state}"));
                panic!("not within {bound:?}: {what}{state}");
            }
            Err(_) => std::thread::sleep(park.min(bound.saturating_sub(waited))),
        }
        park = (park * 2).min(LONGEST_PARK);
    }
}
