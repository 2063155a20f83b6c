//! The present run of a service.

use crate::time::{Instant, WallTime};
use crate::words::{ExitKind, RunNumber};

/// The present run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) number: RunNumber,
    pub(crate) pid: u32,
    pub(crate) started: Instant,
    pub(crate) started_wall: WallTime,
    /// Set when the first process has ended.
    pub(crate) exited: Option<ExitKind>,
    pub(crate) exited_at: Option<Instant>,
}
