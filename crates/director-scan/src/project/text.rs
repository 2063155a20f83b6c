//! Small readers of text, the same for every language.

/// The quoted text that `text` begins with, after white space and one of Python's prefixes. One with an expression in it is none.
pub(super) fn literal(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let (rest, formatted) = match text.strip_prefix(['f', 'F']) {
        Some(rest) if rest.starts_with(['"', '\'']) => (rest, true),
        _ => (text.strip_prefix(['r', 'R', 'u', 'U']).unwrap_or(text), false),
    };
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\'' | '`'))?;
    let inner = rest.get(1..)?.split(['\n', quote]).next()?;
    // Without its end it is no literal.
    rest.get(1 + inner.len()..)?.starts_with(quote).then_some(())?;
    let put_together = inner.contains("${") || formatted && inner.contains('{');
    (!put_together).then_some(inner)
}

/// Every quoted text in `text`.
pub(super) fn literals(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['"', '\'']) {
        let from = &rest[at..];
        match literal(from) {
            Some(inner) => {
                found.push(inner);
                rest = from.get(inner.len() + 2..).unwrap_or_default();
            }
            None => rest = &from[1..],
        }
    }
    found
}

/// The first number in `text` that may be a port.
pub(super) fn port_in(text: &str) -> Option<u16> {
    text.split(|letter: char| !letter.is_ascii_digit())
        .find(|digits| digits.len() >= 2)
        .and_then(port)
}

/// A port, written with digits alone.
pub(super) fn port(digits: &str) -> Option<u16> {
    digits
        .chars()
        .all(|digit| digit.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|port| *port > 0)
}

/// What follows each occurrence of `word` that is no part of a longer word.
pub(super) fn after<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    text.match_indices(word).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let whole = !(word.starts_with(is_word) && before.is_some_and(is_word));
        whole.then(|| (at, &text[at + word.len()..]))
    })
}

/// The arguments of a call, given what follows its opening bracket: up to the closing one, within a bound.
pub(super) fn arguments(text: &str) -> &str {
    const MOST: usize = 2000;
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 || at > MOST {
            return &text[..at];
        }
    }
    text
}

/// The number of the line that begins before `at`, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

/// The whole line around `at`, without the space around it, cut to what fits into a sentence.
pub(super) fn line_at(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    shortened(text[start..].lines().next().unwrap_or_default())
}

/// A line, cut to what fits into a sentence, without what would end a quotation or a comment.
pub(super) fn shortened(line: &str) -> String {
    const MOST: usize = 60;
    let line: String = line
        .trim()
        .chars()
        .map(|letter| {
            if letter == '`' || letter.is_control() {
                ' '
            } else {
                letter
            }
        })
        .collect();
    if line.chars().count() <= MOST {
        return line;
    }
    let cut: String = line.chars().take(MOST).collect();
    format!("{}…", cut.trim_end())
}

pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The name that `text` begins with.
pub(super) fn name(text: &str) -> Option<&str> {
    let end = text.find(|letter| !is_word(letter)).unwrap_or(text.len());
    let name = &text[..end];
    (!name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())).then_some(name)
}
