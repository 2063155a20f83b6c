//! `[service.NAME.hooks]`.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// Which hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookName {
    /// Before the program is started, after the checks. It must succeed.
    PreStart,
    /// Beside a run that has proven itself.
    PostStart,
    /// Before a live run is asked to end.
    PreStop,
    /// After a run, before the next one.
    PostExit,
}

impl HookName {
    /// All of them, in the order in which a run meets them.
    pub const ALL: [Self; 4] = [Self::PreStart, Self::PostStart, Self::PreStop, Self::PostExit];

    /// As the configuration writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PreStart => "pre_start",
            Self::PostStart => "post_start",
            Self::PreStop => "pre_stop",
            Self::PostExit => "post_exit",
        }
    }
}

impl std::fmt::Display for HookName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key())
    }
}

/// One hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookSpec {
    /// Program and arguments. Never empty.
    pub command: Vec<String>,
    /// How long it may take.
    pub timeout_ms: Millis,
}

impl HookSpec {
    /// How long a hook may take when nothing is written.
    pub const TIMEOUT_MS: Millis = 30_000;
}

/// `[service.NAME.hooks]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HooksSpec {
    /// Before the program is started.
    pub pre_start: Option<HookSpec>,
    /// Beside a run that has proven itself.
    pub post_start: Option<HookSpec>,
    /// Before a live run is asked to end.
    pub pre_stop: Option<HookSpec>,
    /// After a run.
    pub post_exit: Option<HookSpec>,
}

impl HooksSpec {
    /// One of them.
    #[must_use]
    pub const fn get(&self, name: HookName) -> Option<&HookSpec> {
        match name {
            HookName::PreStart => self.pre_start.as_ref(),
            HookName::PostStart => self.post_start.as_ref(),
            HookName::PreStop => self.pre_stop.as_ref(),
            HookName::PostExit => self.post_exit.as_ref(),
        }
    }

    /// How long one of them may take; nothing for one that is not there.
    #[must_use]
    pub fn timeout_ms(&self, name: HookName) -> Millis {
        self.get(name).map_or(0, |hook| hook.timeout_ms)
    }
}
