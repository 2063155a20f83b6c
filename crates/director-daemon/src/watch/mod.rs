//! Watching files: what the system tells of, gathered until it settles, then compared with what was there.
//!
//! Events are hints only. A file counts as changed when its content did, so a rescan after lost events, a touch, and an editor
//! that saves by renaming all come to the right answer. One thread serves all services, and sleeps until something happens.
//! Where the system cannot tell (network drives, exhausted limits), files are looked at every few seconds instead.

mod area;
mod commands;
mod debounce;
mod filter;
mod folders;
mod known;
#[cfg(test)]
mod tests;
mod watcher;

pub(crate) use commands::act;
pub(crate) use watcher::Watcher;
