//! `[service.NAME.schedule]`.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// `[service.NAME.schedule]`: texts that the configuration has read already. What they mean on a calendar is not the core's
/// business: it is told when a time has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleSpec {
    /// When: `restart` of a daemon, `run` of a oneshot; a cron expression.
    pub times: Option<String>,
    /// The time zone of all of it, by its name; none: the machine's own.
    pub timezone: Option<String>,
    /// Whether a time that passed while the director did not run, or the machine slept, is made up for, once.
    pub run_missed: bool,
    /// Within these windows automatic restarts wait.
    pub maintenance: Vec<WindowSpec>,
}

/// One entry of `maintenance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSpec {
    /// When it begins: a cron expression.
    pub begins: String,
    /// How long it lasts. Never 0.
    pub lasts_ms: Millis,
}
