//! One line of the screen: pieces of text with a style, cut to the width when written.

/// How a piece looks. No style carries meaning that its text does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Warn,
    Bad,
    Accent,
}

impl Style {
    /// Its "select graphic rendition" parameters: only the sixteen colours that every terminal's theme defines.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("32"),
            Self::Warn => Some("33"),
            Self::Bad => Some("31"),
            Self::Accent => Some("36"),
        }
    }
}

/// A line.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pieces: Vec<(Style, String)>,
}

impl Line {
    pub(super) fn of(style: Style, text: &str) -> Self {
        Self::default().with(style, text)
    }

    #[must_use]
    pub(super) fn with(mut self, style: Style, text: &str) -> Self {
        self.pieces.push((style, text.to_owned()));
        self
    }

    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }

    /// Appends the line to `out`, at most `limit` columns of it.
    pub(super) fn write(&self, out: &mut String, limit: usize, color: bool) {
        let whole = self.width() <= limit;
        let mut left = if whole { limit } else { limit.saturating_sub(1) };
        for (style, text) in &self.pieces {
            let kept = prefix(text, left);
            left -= width(kept);
            let code = style.code().filter(|_| color && !kept.is_empty());
            if let Some(code) = code {
                out.push_str(&format!("\x1b[{code}m"));
            }
            out.extend(kept.chars().map(printable));
            if code.is_some() {
                out.push_str("\x1b[0m");
            }
            if kept.len() < text.len() {
                break;
            }
        }
        if !whole && limit > 0 {
            out.push('…');
        }
    }
}

/// Control characters would move the cursor or worse: they come from a program's output.
fn printable(found: char) -> char {
    let reverses = matches!(found, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if found.is_control() || reverses {
        ' '
    } else {
        found
    }
}

/// The columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The longest beginning of `text` that fits into `limit` columns.
fn prefix(text: &str, limit: usize) -> &str {
    let mut used = 0;
    for (index, found) in text.char_indices() {
        used += char_width(found);
        if used > limit {
            return &text[..index];
        }
    }
    text
}

/// Columns of a character, by the blocks that matter (East Asian Width, Unicode Annex 11): combining marks take none, East
/// Asian characters and pictographs two. An error here cannot break the frame, since the terminal does not wrap.
fn char_width(found: char) -> usize {
    match u32::from(found) {
        0x0300..=0x036F | 0x200B..=0x200F | 0x20D0..=0x20FF | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF => 2,
        0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// `text` padded with spaces to `columns`, or cut to them.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let kept = prefix(text, columns);
    format!("{kept}{}", " ".repeat(columns - width(kept)))
}

/// `text` broken at spaces into lines of at most `columns`; a word longer than that is broken anywhere. At most `most`
/// lines: the last one keeps all the rest, and is cut when it is written.
pub(super) fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while width(rest) > columns && lines.len() + 1 < most && columns > 0 {
        let fits = prefix(rest, columns);
        if fits.is_empty() {
            break;
        }
        let at_space = if rest[fits.len()..].starts_with(' ') {
            Some(fits.len())
        } else {
            fits.rfind(' ')
        };
        let end = at_space.filter(|&end| end > 0).unwrap_or(fits.len());
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines.push(rest.to_owned());
    lines
}
