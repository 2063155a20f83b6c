//! What `cargo metadata` says about the workspace and everything it depends on.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{process, workspace};

/// One package of the resolved graph.
#[derive(Debug, Default, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression; empty when the package has none.
    pub(crate) licence: String,
    pub(crate) is_member: bool,
    /// Ids of what it needs in a normal (not dev, not build) build, on any system.
    pub(crate) needs: BTreeSet<String>,
}

/// Packages by id.
pub(crate) struct Graph(pub(crate) BTreeMap<String, Package>);

impl Graph {
    /// Asks cargo. Offline when the lock file is complete, so this is quick.
    pub(crate) fn load() -> Result<Self> {
        let mut command = Command::new(workspace::cargo());
        command
            .args(["metadata", "--format-version", "1"])
            .args(workspace::locked());
        command.current_dir(workspace::root());
        let text = process::stdout_of(&mut command)?;
        Self::parse(&text)
    }

    /// Reads the JSON text of `cargo metadata --format-version 1`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(text).context("cannot read the answer of cargo metadata")?;
        let members: BTreeSet<&str> = list(&json["workspace_members"])
            .filter_map(Value::as_str)
            .collect();
        let mut packages = BTreeMap::new();
        for package in list(&json["packages"]) {
            let id = text_of(&package["id"]);
            let entry = Package {
                name: text_of(&package["name"]),
                version: text_of(&package["version"]),
                licence: text_of(&package["license"]),
                is_member: members.contains(id.as_str()),
                needs: BTreeSet::new(),
            };
            packages.insert(id, entry);
        }
        for node in list(&json["resolve"]["nodes"]) {
            if let Some(package) = packages.get_mut(&text_of(&node["id"])) {
                let normal = |d: &&Value| list(&d["dep_kinds"]).any(|kind| kind["kind"].is_null());
                package.needs = list(&node["deps"])
                    .filter(normal)
                    .map(|d| text_of(&d["pkg"]))
                    .collect();
            }
        }
        Ok(Self(packages))
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&String, &Package)> {
        self.0.iter().filter(|(_, package)| package.is_member)
    }

    /// Everything that is compiled into the package with that id, itself not included.
    pub(crate) fn closure(&self, id: &str) -> Vec<&Package> {
        let mut seen = BTreeSet::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            for need in self.0.get(next).into_iter().flat_map(|package| &package.needs) {
                if seen.insert(need.as_str()) {
                    open.push(need);
                }
            }
        }
        seen.into_iter().filter_map(|id| self.0.get(id)).collect()
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
