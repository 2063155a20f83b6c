//! Deliberate faults, to prove that the checkers can fail.
//!
//! Each stands for a mistake that somebody could make in the core, or in the daemon around it. They are put between the
//! core and the virtual system, so that the core itself carries no test code.

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// A tree counts as empty as soon as its first process has ended.
    EmptyAtExit,
    /// A new director does not read the run records.
    NoRecords,
    /// A new director kills whoever has the recorded pid.
    KillByPid,
    /// Restarts do not wait.
    NoBackoff,
    /// The check before a start finds nothing.
    BlindCheck,
    /// A tree that the last rung did not end is killed again.
    KillTwice,
    /// One failed probe more than configured is needed.
    OneMoreFailure,
    /// The news of a spawn is lost.
    LostSpawnAnswer,
    /// The director says that it has finished before its services are down.
    EarlyFinish,
    /// Time is taken from the wall clock.
    WallClock,
    /// Changes to `backoff` are not told to the journal.
    SilentJournal,
    /// A program is started twice.
    SpawnTwice,
    /// Facts of older runs are taken for the present one's.
    OldFactsCount,
    /// A new director does not read the operators' stops.
    ForgetStops,
    /// The record goes when the first process has ended.
    EarlyForget,
    /// The record is written only after the spawn.
    LateIntent,
    /// An abandoned start forgets the leftovers that could not be killed yet.
    ReleaseForgetsLeftovers,
    /// A new director kills leftovers and does not wait for their end.
    NoWaitForLeftovers,
    /// The ladder gives no time.
    NoGrace,
    /// Timers fire eight seconds early.
    EarlyTimers,
    /// A blocker is never looked at again.
    NeverRechecks,
    /// `restart.when` is taken for `always`.
    AlwaysRestarts,
    /// Whoever holds the service's port is ended along with the tree.
    KillsForeigners,
    /// The throttle is forgotten at a restart of the director.
    ForgetThrottle,
    /// A wish to shut down is lost.
    LostShutdown,
    /// Nobody waits for anybody.
    NoDependencies,
    /// What a service requires is taken for mere order.
    RequiresIsAfter,
    /// Nobody tells that a maintenance window opens.
    NoWindows,
    /// Nobody tells that one closes.
    EndlessWindows,
    /// One sample above `limits.restart_above` less than configured is enough.
    OneSampleLess,
    /// A memory limit that the system does not keep is taken for kept.
    KeptByNobody,
    /// Runs become half as old as they may.
    HalfTheAge,
    /// Nobody runs the hooks.
    NoHooks,
    /// A hook that failed is told to have succeeded.
    FailedHooksCount,
    /// Nobody tells that a holder has ended.
    DeafToHolders,
}

impl Mutation {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::EmptyAtExit,
        Self::NoRecords,
        Self::KillByPid,
        Self::NoBackoff,
        Self::BlindCheck,
        Self::KillTwice,
        Self::OneMoreFailure,
        Self::LostSpawnAnswer,
        Self::EarlyFinish,
        Self::WallClock,
        Self::SilentJournal,
        Self::SpawnTwice,
        Self::OldFactsCount,
        Self::ForgetStops,
        Self::EarlyForget,
        Self::LateIntent,
        Self::ReleaseForgetsLeftovers,
        Self::NoWaitForLeftovers,
        Self::NoGrace,
        Self::EarlyTimers,
        Self::NeverRechecks,
        Self::AlwaysRestarts,
        Self::KillsForeigners,
        Self::ForgetThrottle,
        Self::LostShutdown,
        Self::NoDependencies,
        Self::RequiresIsAfter,
        Self::NoWindows,
        Self::EndlessWindows,
        Self::OneSampleLess,
        Self::KeptByNobody,
        Self::HalfTheAge,
        Self::NoHooks,
        Self::FailedHooksCount,
        Self::DeafToHolders,
    ];
}
