//! Where a service puts what it wants done and told.

use crate::event::Action;

/// What a service may emit: actions, and the sign that something visible changed.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) actions: std::collections::VecDeque<Action>,
    pub(crate) revision: u64,
    /// Facts of a run that is over, or that came at a phase that does not wait for them.
    pub(crate) stale: u64,
}
