//! The list of known breaches. It only shrinks: an entry without its breach is a finding itself.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::Finding;

#[derive(Debug)]
struct Exception {
    rule: String,
    path: String,
    item: String,
}

/// All entries of `xtask/tidy-exceptions.toml`.
#[derive(Debug)]
pub(super) struct Exceptions(Vec<Exception>);

impl Exceptions {
    pub(super) fn load(root: &Path) -> Result<Self> {
        let path = root.join("xtask/tidy-exceptions.toml");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is wrong", path.display()))
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse()?;
        let mut entries = Vec::new();
        for entry in table
            .get("exception")
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten()
        {
            let field = |name| {
                entry
                    .get(name)
                    .and_then(toml::Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let exception = Exception {
                rule: field("rule"),
                path: field("path"),
                item: field("item"),
            };
            if exception.rule.is_empty() || exception.path.is_empty() || field("reason").is_empty() {
                bail!("each [[exception]] needs rule, path and reason: {entry}");
            }
            entries.push(exception);
        }
        Ok(Self(entries))
    }

    /// The findings without an exception, and the exceptions without a finding.
    pub(super) fn apply(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<String>) {
        let covers = |entry: &Exception, finding: &Finding| {
            entry.rule == finding.rule && entry.path == finding.path && entry.item == finding.item
        };
        let stale = self
            .0
            .iter()
            .filter(|entry| !findings.iter().any(|finding| covers(entry, finding)));
        let stale = stale
            .map(|entry| format!("{} {} {}", entry.rule, entry.path, entry.item))
            .collect();
        let remaining = findings
            .into_iter()
            .filter(|finding| !self.0.iter().any(|entry| covers(entry, finding)));
        (remaining.collect(), stale)
    }
}
