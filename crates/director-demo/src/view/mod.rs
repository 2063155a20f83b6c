//! The live view of the demonstration: what the director sees and does, drawn in a terminal.
//!
//! Pure: reports, journal entries and keys go in, text and commands come out. Whoever drives it reads the keys, fetches the
//! reports, writes the frames and carries out the commands.
//!
//! ```text
//!   DirectorReport + journal + output ──▶ View::apply ─┐
//!                                         View::render ┴─▶ one frame
//!                       terminal::Key ──▶ View::key ─────▶ Command
//! ```

mod command;
mod entries;
mod frame;
mod keys;
mod line;
mod plain;
mod screen;
mod services;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use entries::UtcOffset;
pub use plain::PlainView;
pub use screen::View;

/// Written once before the first frame: the alternate screen, no cursor, no wrapping at the right edge.
pub const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
/// Written once after the last frame, also after an error: the terminal as it was.
pub const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// Whether colours are welcome: not when `NO_COLOR` is set to anything but an empty text, and not on a terminal that says it
/// is dumb.
#[must_use]
pub fn color_allowed() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !refused && !dumb
}
