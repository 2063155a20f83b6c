//! The written reference, generated from the table of keys.

use std::fmt::Write;

use crate::codes::Code;
use crate::keys::{self, Default, Key, LATER, Section};

const HEAD: &str = include_str!("reference/head.md");
const TAIL: &str = include_str!("reference/tail.md");

/// `docs/config.md`: every key with its default, bounds and an example, then every code of a diagnostic.
#[must_use]
pub fn reference() -> String {
    let mut out = HEAD.to_owned();
    for section in Section::ALL {
        let title = match section {
            Section::Root => "The top level".to_owned(),
            Section::Rung => "A rung as a table, in `stop.ladder`".to_owned(),
            table => format!("`{}`", table.header("NAME")),
        };
        let _ = write!(
            out,
            "\n## {title}\n\n| key | default | allowed | meaning | example |\n| --- | --- | --- | --- | --- |\n"
        );
        keys::of(section).for_each(|key| row(&mut out, key));
    }
    out.push_str(TAIL);
    out.push_str(
        "\n## Keys of later versions\n\nEach is an error (`not-yet-supported`) until it does something.\n\n",
    );
    for later in LATER {
        let _ = writeln!(
            out,
            "- `{}` {}: {}",
            later.name,
            later
                .section
                .place("NAME")
                .replace("in [", "in `[")
                .replace(']', "]`"),
            later.what
        );
    }
    out.push_str("\n## Codes of diagnostics\n\n| code | meaning |\n| --- | --- |\n");
    for code in Code::ALL {
        let _ = writeln!(out, "| `{code}` | {} |", cell(code.meaning()));
    }
    out
}

fn row(out: &mut String, key: &Key) {
    let default = match key.default {
        Default::Required => "must be written".to_owned(),
        Default::Nothing(meaning) => meaning.to_owned(),
        Default::Is(value) => format!("`{}`", value()),
    };
    let example = if key.example == "{}" {
        String::new()
    } else {
        format!("`{} = {}`", key.name, key.example)
    };
    let _ = writeln!(
        out,
        "| `{}` | {} | {} | {} | {} |",
        key.name,
        cell(&default),
        cell(&key.shape.allowed()),
        cell(key.doc),
        cell(&example)
    );
}

/// A text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
