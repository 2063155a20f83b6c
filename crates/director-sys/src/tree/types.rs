//! The words of the ladder and of a tree's usage.

/// One way to tell a run to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rung {
    /// SIGTERM (Linux).
    Term,
    /// SIGINT (Linux).
    Int,
    /// SIGQUIT (Linux).
    Quit,
    /// SIGHUP (Linux).
    Hup,
    /// SIGUSR1 (Linux).
    Usr1,
    /// SIGUSR2 (Linux).
    Usr2,
    /// SIGKILL (Linux): the last rung.
    Kill,
    /// A Ctrl-C event on the run's console (Windows).
    CtrlC,
    /// A Ctrl-Break event on the run's console (Windows).
    CtrlBreak,
    /// WM_CLOSE to every top-level window of the run (Windows).
    Close,
    /// Terminating the job (Windows): the last rung.
    Terminate,
}

/// Whom a rung is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Linux: the process group of the main process; once that has ended, every member. [`Rung::Kill`] is for every member always.
    /// Windows: the console, or all windows.
    Group,
    /// The main process alone. Windows console events cannot be narrowed: `Unsupported`.
    Main,
}

/// What became of a rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// At least one process was reached.
    Delivered,
    /// Nobody was there to reach (no live process, or no window for [`Rung::Close`]).
    NobodyThere,
}

/// What a tree uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of the live members and of the children they have waited for, in milliseconds. Windows and cgroup: of every
    /// process the run ever had.
    pub cpu_ms: u64,
    /// Memory: the sum of the members' resident sets (Linux; pages shared between members count once for each, since exact
    /// shares are slow to ask for) or of their private working sets (Windows), in bytes.
    pub memory_bytes: u64,
    /// How many live processes.
    pub processes: u32,
}
