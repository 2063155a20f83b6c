//! Texts of a configuration, and of comments in it.

/// A TOML string that means exactly `text`, also after the expansion of `${NAME}`.
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace('$', "$$");
    let plain = !text.contains(|letter: char| letter == '\'' || letter.is_control());
    if text.contains('\\') && plain {
        // A Windows path, as people write it.
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            _ if letter.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// An array of them on one line.
pub(super) fn array<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// A text within a comment, which a line end would end.
pub(super) fn remark(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { '?' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_written() {
        for text in [
            "plain",
            "C:\\Program Files\\hub",
            "it's C:\\x",
            "a\"b",
            "tab\tdel\u{7f}nel\u{85}",
            "ä 🦀",
            "",
        ] {
            let document = format!("x = {}", quoted(text));
            let table: toml::Table = document.parse().expect("TOML");
            assert_eq!(table["x"].as_str(), Some(text), "{document}");
        }
    }

    #[test]
    fn a_dollar_is_doubled_for_it_would_begin_a_variable() {
        assert_eq!(quoted("${HOME}$"), "\"$${HOME}$$\"");
    }
}
