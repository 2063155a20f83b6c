//! The keys, declared once: what they do, and what the screen says of them.

use director_sys::terminal::Key;

use super::command::Command;

/// A key of the main screen.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) key: char,
    pub(super) command: Command,
    /// On the bottom lines.
    pub(super) short: &'static str,
    /// On the help screen.
    pub(super) long: &'static str,
}

const fn bind(key: char, command: Command, short: &'static str, long: &'static str) -> Binding {
    Binding {
        key,
        command,
        short,
        long,
    }
}

/// All of them, the most telling first: a narrow screen shows as many as fit.
pub(super) const BINDINGS: [Binding; 17] = [
    bind(
        'c',
        Command::Crash,
        "crash",
        "it aborts: restarted at once, then after growing waits",
    ),
    bind(
        'k',
        Command::Kill9,
        "kill",
        "its process is killed from outside: restarted likewise",
    ),
    bind(
        'h',
        Command::Hang,
        "hang",
        "it stops answering: three failed probes, then restarted",
    ),
    bind(
        'u',
        Command::Unhealthy,
        "unhealthy",
        "its health answers 503: restarted after three probes",
    ),
    bind(
        'l',
        Command::Lock,
        "lock db",
        "its database is locked for 60 s: degraded, not restarted",
    ),
    bind('o', Command::Unlock, "unlock", "the lock on its database ends"),
    bind(
        'e',
        Command::Exit0,
        "exit 0",
        "it ends by itself with exit code 0: restarted",
    ),
    bind(
        'b',
        Command::Broken,
        "broken",
        "its health answers 200 with status \"broken\"",
    ),
    bind(
        'j',
        Command::InvalidJson,
        "bad json",
        "its health answers a text that is no JSON",
    ),
    bind(
        'm',
        Command::Leak,
        "leak",
        "it takes 50 MB more memory, up to 500 MB",
    ),
    bind('f', Command::Flood, "flood", "it prints 100,000 lines"),
    bind(
        'w',
        Command::Slow,
        "slow",
        "a request of 5 s: it finishes even when you stop it",
    ),
    bind(
        's',
        Command::Stop,
        "stop",
        "director stop: it ends gracefully and stays down",
    ),
    bind('t', Command::Start, "start", "director start"),
    bind(
        'r',
        Command::Restart,
        "restart",
        "director restart: not a crash, not counted",
    ),
    bind('?', Command::OpenHelp, "help", "this list"),
    bind(
        'q',
        Command::Quit,
        "quit",
        "stop everything and leave (also Ctrl-C)",
    ),
];

/// What `key` asks for. While the help is open, Escape and Return close it instead of ending the demonstration.
pub(super) fn command(key: Key, help_open: bool) -> Option<Command> {
    match key {
        Key::Char(typed) => {
            let typed = typed.to_ascii_lowercase();
            BINDINGS
                .iter()
                .find(|binding| binding.key == typed)
                .map(|binding| binding.command)
        }
        Key::Escape | Key::Enter if help_open => Some(Command::OpenHelp),
        Key::Escape | Key::Enter => None,
        // Without input nobody could end it any more.
        Key::CtrlC | Key::End => Some(Command::Quit),
    }
}
