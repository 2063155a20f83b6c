//! What tests of several crates need: `rogue`, the misbehaving program, and helpers around it.
//!
//! Supervision can only be tested against real processes that really misbehave, and tests about time
//! must not guess. So this crate has the program (`rogue --help`), a way to find it from any test
//! ([`rogue()`]), a folder per test ([`Sandbox`]), and waiting for a state within a bound
//! ([`eventually`]) in place of sleeping. It is used as a dev-dependency only, and it depends on no
//! other crate of the workspace, so that the lowest of them can use it.
//!
//! Helpers panic on failure, as assertions do: their callers are tests.
#![expect(clippy::expect_used, reason = "test helpers fail by panicking")]

pub mod flood;
mod locate;
mod net;
pub mod processes;
pub mod records;
pub mod rights;
mod sandbox;
mod wait;

pub use locate::{rogue, under_wine};
pub use net::{free_port, http_get, write_health};
pub use sandbox::Sandbox;
pub use wait::{Attempt, eventually};
