//! The licence check for machines without cargo-deny, with deny.toml's own list.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::metadata::Graph;
use crate::workspace;

/// Every package must be usable under licences of the list. Returns a remark for the table.
pub(super) fn check() -> Result<String> {
    let text =
        std::fs::read_to_string(workspace::root().join("deny.toml")).context("cannot read deny.toml")?;
    let settings: toml::Table = text.parse().context("deny.toml is not TOML")?;
    let allowed: BTreeSet<&str> = settings
        .get("licenses")
        .and_then(|table| table.get("allow"))
        .and_then(toml::Value::as_array)
        .context("deny.toml has no list licenses.allow")?
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    let graph = Graph::load()?;
    let bad: Vec<String> = graph
        .0
        .values()
        .filter(|package| !is_allowed(&package.licence, &allowed))
        .map(|package| {
            format!(
                "{} {}: licence `{}`",
                package.name, package.version, package.licence
            )
        })
        .collect();
    if !bad.is_empty() {
        bail!("not on the list of deny.toml:\n{}", bad.join("\n"));
    }
    Ok(format!(
        "{} packages; built-in licence check, since cargo-deny is not installed",
        graph.0.len()
    ))
}

/// Whether an SPDX expression can be satisfied by the allowed licences. An empty one cannot.
pub(super) fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    // Old manifests write "MIT/Apache-2.0", which means OR.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let value = any_of(&mut rest, allowed);
    value && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut value = all_of(words, allowed);
    while let Some(("OR", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        *words = rest;
        value |= all_of(words, allowed);
    }
    value
}

fn all_of(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut value = one(words, allowed);
    while let Some(("AND", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        *words = rest;
        value &= one(words, allowed);
    }
    value
}

fn one(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    *words = rest;
    if *first == "(" {
        let value = any_of(words, allowed);
        let Some((&")", rest)) = words.split_first() else {
            return false;
        };
        *words = rest;
        return value;
    }
    if let [with, exception, rest @ ..] = *words
        && *with == "WITH"
    {
        *words = rest;
        // An exception only widens a licence; listing the plain licence is enough.
        let _ = exception;
    }
    allowed.contains(first)
}
