//! What a run may take of the machine, kept by the system.
//!
//! **Contract.** [`Limits`] are part of a start ([`crate::spawn::SpawnRequest::limits`]) and hold for the whole tree from its first
//! instruction. A limit that the system does not keep stops no start: it comes back in [`crate::spawn::Spawned::unenforced`] with the
//! reason, so that nobody believes in a limit that is none.
//!
//! | limit | Windows | Linux |
//! | --- | --- | --- |
//! | memory | the job's committed memory: an allocation beyond it fails | `memory.max` of the run's cgroup: what goes beyond ends the whole tree |
//! | processor time | the job's hard cap | `cpu.max` of the run's cgroup |
//! | priority | the job's priority class; where rights are missing, that of the first process | `setpriority(2)`, and the session's where sessions share the processors (sched(7), "The autogroup feature") |
//! | affinity | the job's | `sched_setaffinity(2)` of the first process, inherited |
//! | open files | none | `RLIMIT_NOFILE` of each process |
//!
//! On Linux the first two need a delegated cgroup with that controller; see [`Tree::hit_memory_limit`](crate::tree::Tree::hit_memory_limit)
//! for what became of the first.

#[cfg(unix)]
pub(crate) mod linux;
#[cfg(windows)]
pub(crate) mod windows;

/// What a tree may take. The default is no limit at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the whole tree.
    pub memory_bytes: Option<u64>,
    /// Processor time of the whole tree in percent of one processor; never 0.
    pub cpu_percent: Option<u32>,
    /// `None`: ours.
    pub priority: Option<Priority>,
    /// The processors it may use, by number; none: all that we may use.
    pub affinity: Vec<u16>,
}

/// How processes share the processors with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Only what nobody else wants (nice 19).
    Idle,
    /// After ordinary programs (nice 10).
    BelowNormal,
    /// Like any program (nice 0).
    Normal,
    /// Before ordinary programs (nice -5).
    AboveNormal,
    /// Before nearly everything (nice -10).
    High,
}

/// One of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named like the field it stands for")]
pub enum Limit {
    Memory,
    Cpu,
    Priority,
    Affinity,
    OpenFiles,
}

/// A limit that the system does not keep for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unenforced {
    /// Which.
    pub what: Limit,
    /// Why, in a clause.
    pub why: String,
}

impl Unenforced {
    pub(crate) fn new(what: Limit, why: impl std::fmt::Display) -> Self {
        Self {
            what,
            why: why.to_string(),
        }
    }
}

/// Processors as people write them: `0, 2`.
pub(crate) fn list(processors: &[u16]) -> String {
    let numbers: Vec<String> = processors.iter().map(u16::to_string).collect();
    numbers.join(", ")
}
