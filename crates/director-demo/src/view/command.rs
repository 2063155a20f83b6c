//! What a person asks for by a key.

use crate::action::Action;

/// A wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// [`Action::Crash`].
    Crash,
    /// End its process from outside, as a person with a task manager or `kill -9` does.
    Kill9,
    /// [`Action::Hang`].
    Hang,
    /// [`Action::Unhealthy`].
    Unhealthy,
    /// [`Action::Broken`].
    Broken,
    /// [`Action::InvalidJson`].
    InvalidJson,
    /// [`Action::Lock`].
    Lock,
    /// [`Action::Unlock`].
    Unlock,
    /// [`Action::Leak`].
    Leak,
    /// [`Action::Exit0`].
    Exit0,
    /// [`Action::Flood`].
    Flood,
    /// [`Action::Slow`].
    Slow,
    /// `director stop`.
    Stop,
    /// `director start`.
    Start,
    /// `director restart`.
    Restart,
    /// The help was opened or closed.
    OpenHelp,
    /// End the demonstration.
    Quit,
}

impl Command {
    /// The button of the application that does it; none when it is not the application that is asked.
    #[must_use]
    pub fn action(self) -> Option<Action> {
        match self {
            Self::Crash => Some(Action::Crash),
            Self::Hang => Some(Action::Hang),
            Self::Unhealthy => Some(Action::Unhealthy),
            Self::Broken => Some(Action::Broken),
            Self::InvalidJson => Some(Action::InvalidJson),
            Self::Lock => Some(Action::Lock),
            Self::Unlock => Some(Action::Unlock),
            Self::Leak => Some(Action::Leak),
            Self::Exit0 => Some(Action::Exit0),
            Self::Flood => Some(Action::Flood),
            Self::Slow => Some(Action::Slow),
            Self::Kill9 | Self::Stop | Self::Start | Self::Restart | Self::OpenHelp | Self::Quit => None,
        }
    }
}
