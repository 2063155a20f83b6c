//! Hides the values of environments, and of the headers of probes, in quoted lines.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::codes::Code;
use crate::diagnostic::Diagnostic;

/// The text with every value of an `env` or `headers` table, or of an unknown key, replaced, byte for byte, by masking characters, so that places still fit.
pub(crate) fn mask(text: &str, tree: &DeTable<'_>, list: &[Diagnostic], broken: bool) -> String {
    let mut hidden = Vec::new();
    let unknown: BTreeSet<usize> = list
        .iter()
        .filter(|fault| fault.code == Code::UnknownKey)
        .map(|fault| fault.span.start)
        .collect();
    hide_table(tree, &unknown, 0, &mut hidden);
    if broken {
        hidden.extend(by_the_letter(text));
    }
    // The name of an undefined variable is what a person must see.
    let shown: Vec<&Range<usize>> = list
        .iter()
        .filter(|fault| fault.code == Code::UndefinedVariable)
        .map(|fault| &fault.span)
        .collect();
    hidden.sort_by_key(|range| range.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for range in hidden {
        let (start, end) = (range.start.max(at), range.end.min(text.len()));
        let (Some(before), Some(value)) = (text.get(at..start), text.get(start..end.max(start))) else {
            continue;
        };
        out.push_str(before);
        for (offset, found) in value.char_indices() {
            let here = start + offset;
            out.push(if shown.iter().any(|shown| shown.contains(&here)) {
                found
            } else {
                masked(found)
            });
        }
        at = start + value.len();
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Finds what is to be hidden: an `env` of a service (the third level), `headers` of its probes, and what stands below unknown
/// keys, which may be a misspelt one of them.
fn hide_table(table: &DeTable<'_>, unknown: &BTreeSet<usize>, level: usize, hidden: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let is_secret = (level == 2 && name == "env") || (level == 3 && name == "headers");
        if is_secret || unknown.contains(&key.span().start) {
            hide_leaves(value, hidden);
            continue;
        }
        match value.get_ref() {
            DeValue::Table(inner) => hide_table(inner, unknown, level + 1, hidden),
            DeValue::Array(entries) => {
                for entry in entries.iter().filter_map(|entry| entry.get_ref().as_table()) {
                    hide_table(entry, unknown, level + 1, hidden);
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }
}

fn hide_leaves(value: &Spanned<DeValue<'_>>, hidden: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => table.values().for_each(|inner| hide_leaves(inner, hidden)),
        DeValue::Array(array) => array.iter().for_each(|inner| hide_leaves(inner, hidden)),
        _ => hidden.push(value.span()),
    }
}

/// A character of the same length in UTF-8 that says nothing.
fn masked(found: char) -> char {
    match (found, found.len_utf8()) {
        ('\n' | '\r', _) => found,
        (_, 1) => '*',
        (_, 2) => '·',
        (_, 3) => '•',
        _ => '\u{1F7C4}',
    }
}

/// Where values of an environment may stand in a text that is not TOML: after the first `=` of lines below a header
/// `[….env]` or `[….headers]`, and after such a word anywhere. Hides too much rather than too little.
fn by_the_letter(text: &str) -> Vec<Range<usize>> {
    let (mut hidden, mut below_env, mut offset) = (Vec::new(), false, 0);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let is_header = trimmed.starts_with('[') && !trimmed.contains('=');
        if is_header {
            below_env = words(trimmed).any(is_like_env);
        } else {
            let from = match (below_env, env_word(line)) {
                // Without `=` the line continues a text of several lines.
                (true, _) => Some(line.find('=').map_or(0, |at| at + 1)),
                (false, Some(at)) => line[at..].find('=').map(|equals| at + equals + 1),
                (false, None) => None,
            };
            if let Some(from) = from {
                let from = from + line[from..].len() - line[from..].trim_start().len();
                hidden.push(offset + from..offset + line.trim_end().len().max(from));
            }
        }
        offset += line.len();
    }
    hidden
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|found: char| !(found.is_alphanumeric() || found == '_' || found == '-'))
}

/// Whether a word is `env` or `headers`, or was probably meant to be.
fn is_like_env(word: &str) -> bool {
    let is_like = |known: &str, slips: usize| strsim::damerau_levenshtein(word, known) <= slips;
    word != "env_file" && (word.starts_with("env") || is_like("env", 1) || is_like("headers", 2))
}

/// Where the word `env`, or one like it, ends in a line.
fn env_word(line: &str) -> Option<usize> {
    let mut at = 0;
    for word in words(line) {
        if is_like_env(word) {
            return Some(at + word.len());
        }
        at += word.len();
        at += line[at..].chars().next().map_or(0, char::len_utf8);
    }
    None
}
