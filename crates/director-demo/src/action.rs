//! What a person may do to the sample application.

/// One thing to do to it: the last part of `POST /do/ACTION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ends at once by `abort`.
    Crash,
    /// Ends by itself with exit code 0.
    Exit0,
    /// Goes on accepting connections and never answers again.
    Hang,
    /// `/health` answers 503.
    Unhealthy,
    /// `/health` answers 200 with `"status": "broken"`.
    Broken,
    /// `/health` answers 200 with a text that is no JSON.
    InvalidJson,
    /// Another connection locks the database for 60 s.
    Lock,
    /// Ends that lock.
    Unlock,
    /// Allocates 50 MB more, up to 500 MB.
    Leak,
    /// Prints 100,000 lines.
    Flood,
    /// A request that takes 5 s and then finishes.
    Slow,
}

impl Action {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 11] = [
        Self::Crash,
        Self::Exit0,
        Self::Hang,
        Self::Unhealthy,
        Self::Broken,
        Self::InvalidJson,
        Self::Lock,
        Self::Unlock,
        Self::Leak,
        Self::Flood,
        Self::Slow,
    ];

    /// The name in the address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Exit0 => "exit0",
            Self::Hang => "hang",
            Self::Unhealthy => "unhealthy",
            Self::Broken => "broken",
            Self::InvalidJson => "invalid-json",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Leak => "leak",
            Self::Flood => "flood",
            Self::Slow => "slow",
        }
    }

    /// The action of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}
