//! The command line: what a person types, reads and gets as an exit code.
//!
//! **Why it exists.** Everything a person learns about the director passes through here, so words, tables, progress and exit
//! codes are in one place and can be tested without a director. It never supervises anything: `run` and `demo` are
//! handed in by the binary as [`Hooks`], so that this crate cannot come to depend on the daemon.
//!
//! **Theory of operation.** `args` is the grammar. `locate` finds the configuration, and through it the endpoint; `client`
//! talks HTTP over the pipe or socket. Each command is a module of `commands`. What needs thought is pure and tested as tables:
//! `progress` (is it settled yet, and what to show meanwhile), `explain` (the sentences of `why`), `table` and `human`.
//! Results go to the standard output; progress, warnings, `error:` and `hint:` lines to the standard error.

mod args;
mod client;
mod commands;
mod entry;
mod exit;
mod explain;
mod failure;
#[cfg(test)]
mod fixtures;
mod helper;
mod human;
mod locate;
mod offline;
mod progress;
mod reference;
mod since;
mod table;
mod ui;

pub use entry::{DemoArgs, Hooks, RunArgs, grammar, last_good, main, main_with};
pub use exit::Exit;
pub use failure::Failure;
pub use reference::reference;
pub use ui::Ui;
