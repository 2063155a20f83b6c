//! The decisions of Service Director, and nothing else.
//!
//! This crate exists so that every decision about a service can be tested without a machine: it reads no clock, touches
//! no file, starts no thread and knows no operating system. Events go in with the time they happened, actions come out as
//! values, and whoever drives it (the daemon, or the simulator) carries them out and answers each with an event.
//!
//! ```text
//!   Event + Now ──▶ Core::handle ─┐
//!   Now ──────────▶ Core::handle_timeout ──▶ Action*   (drain with Core::next_action)
//!                   Core::next_deadline ──▶ when to call handle_timeout
//! ```

pub mod command;
pub mod describe;
pub mod event;
pub mod journal;
mod lot;
mod machine;
pub mod recovery;
pub mod reload;
pub mod report;
mod service;
pub mod spec;
pub mod throttle;
pub mod time;
pub mod words;

pub use machine::{Core, Memory};
