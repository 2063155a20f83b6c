//! The supervising process: everything that is done, as opposed to decided.
//!
//! This crate exists to carry out what the pure core decides. One thread, the driver, owns all state: it takes messages from
//! one channel, hands them to the core and carries out what the core asks for. What blocks is done elsewhere: one thread
//! starts programs, one waits for processes, one moves output, one writes logs, one writes the journal, and small pools that
//! exist only while there is work do probes, hooks, rungs and checks. Every one of them answers with a message.
//!
//! ```text
//!  edge ─ Request ─┐                       ┌─▶ spawner ─▶ sys::spawn, run records
//!  reaper ─ exits ─┤                       ├─▶ pools: probes, rungs, checks, history
//!  pools ─ answers ┼─▶ driver ─▶ Core ─────┼─▶ journal, director.log
//!  signals ────────┘   (owns all state)    └─▶ replies
//!  pump ─ output ─▶ log writer ─▶ <log_dir>/<service>/
//! ```
//!
//! Absences: the driver never reads or writes a service's output, never waits for a process, and never opens an application's
//! database; nothing here knows of the API.

mod asking;
mod blockers;
mod boot;
mod capture;
mod checks;
mod driver;
mod environment;
mod hands;
mod helper;
mod history;
mod hooks;
mod input;
mod keeping;
mod leftovers;
mod limits;
mod orders;
mod pool;
mod probe;
mod reload;
mod rungs;
mod schedule;
mod spawner;
mod telling;
mod threads;
mod tokens;
mod watch;
mod words;

pub use boot::{Daemon, Options, Remains, StartError};
pub use reload::Loader;
