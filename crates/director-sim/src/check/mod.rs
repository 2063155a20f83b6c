//! The checkers: what the product promises, watched from outside.
//!
//! They see what the core is told and what it asks for, and keep books of their own: an account of probe failures, a
//! throttle, a ladder, the looks at a finding. Whatever differs from the core's word is a fault. The processes themselves
//! are watched where they are spawned and killed, in the simulation.

mod book;
mod calendar;
mod checker;
mod health;
mod hooks;
mod limits;
mod order;
mod orders;
mod policy;
mod state;
mod throttle;

use director_core::time::Millis;

pub(crate) use checker::Checker;

/// How late a timer of the virtual driver may fire.
const LATE_MS: Millis = 100;

/// How often a blocker is looked at again.
const RECHECK_MS: Millis = 10_000;
