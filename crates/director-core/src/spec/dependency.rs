//! `requires` and `after`: what one service waits for in another.

use serde::{Deserialize, Serialize};

use super::ServiceName;

/// How far the other service must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Its program has been started and lives, or it is a oneshot that succeeded.
    Started,
    /// It is `running`, and its last probe did not fail.
    Healthy,
    /// It ended with success.
    Completed,
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Started => "started",
            Self::Healthy => "healthy",
            Self::Completed => "completed",
        })
    }
}

/// One entry of `requires` or `after`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dependency {
    /// The other service.
    pub service: ServiceName,
    /// How far it must be.
    pub condition: Condition,
}
