//! How a history is to be run.

use crate::mutation::Mutation;

/// Between which effects a director may be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says which effect it stands beside")]
pub enum Boundary {
    BeforeIntent,
    AfterIntent,
    AfterSpawn,
    AfterIdentity,
    AfterLearned,
    BeforeRung,
    AfterRung,
    BeforeLeftoverRung,
    AfterLeftoverRung,
    BeforeKillTree,
    AfterKillTree,
    BeforeRecordRemoved,
    AfterRecordRemoved,
    BeforeCheck,
    AfterCheck,
    BeforeHistorySaved,
    AfterHistorySaved,
    BeforeWishSaved,
    AfterWishSaved,
    DuringBoot,
}

impl Boundary {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::AfterSpawn,
        Self::AfterIdentity,
        Self::AfterLearned,
        Self::BeforeRung,
        Self::AfterRung,
        Self::BeforeLeftoverRung,
        Self::AfterLeftoverRung,
        Self::BeforeKillTree,
        Self::AfterKillTree,
        Self::BeforeRecordRemoved,
        Self::AfterRecordRemoved,
        Self::BeforeCheck,
        Self::AfterCheck,
        Self::BeforeHistorySaved,
        Self::AfterHistorySaved,
        Self::BeforeWishSaved,
        Self::AfterWishSaved,
        Self::DuringBoot,
    ];
}

/// When the director is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kills {
    /// As the seed says.
    Random,
    /// Never.
    None,
    /// Once, at this virtual millisecond.
    Moment(u64),
    /// When it passes this boundary for the n-th time; for [`Boundary::DuringBoot`] once before, so that there is something
    /// to end.
    Boundary(Boundary, u32),
}

/// How to run a history.
#[derive(Clone, Debug)]
pub struct Options {
    /// A deliberate fault.
    pub mutation: Option<Mutation>,
    /// When the director is killed.
    pub kills: Kills,
    /// Whether the wall clock jumps.
    pub wall_jumps: bool,
    /// Keep the last steps in words.
    pub trace: bool,
    /// Print every step.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mutation: None,
            kills: Kills::Random,
            wall_jumps: true,
            trace: false,
            verbose: false,
        }
    }
}
