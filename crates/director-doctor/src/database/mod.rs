//! A service's SQLite database: whether the service can use it, what state it is in, and WAL on request.
//!
//! The rules (guarantee 6): never created, never checkpointed by our close, `-wal`, `-shm` and `-journal` never touched. A file
//! with a hot `-journal` is not opened by SQLite at all, because that would roll it back; its lock bytes are asked about instead.
//! A file in WAL mode without a `-wal` is opened as immutable, because an ordinary opening would leave an empty `-wal` that
//! belongs to whoever looked. All of it happens in a short-lived helper, [`helper_main`].

mod check;
mod file;
mod findings;
mod locks;
mod status;
mod task;
#[cfg(test)]
mod tests;

pub use file::{JournalMode, beside};
pub use findings::{finding, held, unanswered};
pub use locks::{LockKind, Locked};
pub use status::{Changed, Status};
pub use task::{Answer, LIMIT, SUBCOMMAND, State, Task, helper_command, helper_main};
