//! The core as seen from outside: one scenario per promise, and what happens when things coincide.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a failure here is the finding"
)]

mod blockers;
mod coincidences;
mod common;
mod dependencies;
mod fleet;
mod hooks;
mod hooks_down;
mod instances;
mod limits;
mod reload;
mod scenarios;
mod schedule;
mod watch;
