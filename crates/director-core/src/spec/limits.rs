//! `[service.NAME.limits]`.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// A limit that may turn out not to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// `limits.memory`.
    Memory,
    /// `limits.restart_above`, which is the director's own.
    RestartAbove,
    /// `limits.cpu`.
    Cpu,
    /// `limits.open_files`.
    OpenFiles,
    /// `limits.priority`.
    Priority,
    /// `limits.affinity`.
    Affinity,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Memory => "limits.memory",
            Self::RestartAbove => "limits.restart_above",
            Self::Cpu => "limits.cpu",
            Self::OpenFiles => "limits.open_files",
            Self::Priority => "limits.priority",
            Self::Affinity => "limits.affinity",
        })
    }
}

/// `limits.priority`: how the processes share the processors with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Only what nobody else wants.
    Idle,
    /// After ordinary programs.
    BelowNormal,
    /// Like any program.
    Normal,
    /// Before ordinary programs.
    AboveNormal,
    /// Before nearly everything.
    High,
}

impl std::fmt::Display for Priority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::BelowNormal => "below-normal",
            Self::Normal => "normal",
            Self::AboveNormal => "above-normal",
            Self::High => "high",
        })
    }
}

/// So many samples of the last so many: `3/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Samples {
    /// So many above; at least 1, at most `of`.
    pub above: u32,
    /// Of the last so many.
    pub of: u32,
}

impl std::fmt::Display for Samples {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.above, self.of)
    }
}

/// What a run may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsSpec {
    /// The whole tree's memory; what goes beyond ends it.
    pub memory_bytes: Option<u64>,
    /// Above this the run is renewed by its ladder. Below `memory_bytes`.
    pub restart_above_bytes: Option<u64>,
    /// So many samples above count.
    pub restart_samples: Samples,
    /// From one sample to the next.
    pub sample_interval_ms: Millis,
    /// Processor time in percent of one processor.
    pub cpu_percent: Option<u32>,
    /// A run of this age is renewed by its ladder.
    pub max_age_ms: Option<Millis>,
    /// So many percent earlier at most, at random.
    pub max_age_variance_percent: u32,
    /// Open files of each process (Linux).
    pub open_files: Option<u64>,
    /// None: the director's own.
    pub priority: Option<Priority>,
    /// The processors it may use, by number; none: all.
    pub affinity: Vec<u16>,
}

impl Default for LimitsSpec {
    fn default() -> Self {
        Self {
            memory_bytes: None,
            restart_above_bytes: None,
            restart_samples: Samples { above: 3, of: 5 },
            sample_interval_ms: 10_000,
            cpu_percent: None,
            max_age_ms: None,
            max_age_variance_percent: 10,
            open_files: None,
            priority: None,
            affinity: Vec::new(),
        }
    }
}

impl LimitsSpec {
    /// Whether a run that was started under `other` is held to what this says: what differs takes effect at once.
    pub(crate) fn fits_a_run_under(&self, other: &Self) -> bool {
        self.memory_bytes == other.memory_bytes
            && self.cpu_percent == other.cpu_percent
            && self.open_files == other.open_files
            && self.priority == other.priority
            && self.affinity == other.affinity
    }
}
