//! A new configuration against the one in force: what differs, and what becomes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::{ServiceName, ServiceSpec};

/// What a reload does, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadPlan {
    /// The services that are touched, by name. Any other goes on as if nothing had happened.
    pub services: Vec<ServiceChange>,
    /// Keys of `[director]` and `[boot]` that differ: they count from the director's next start on.
    pub next_start: Vec<String>,
}

/// What becomes of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceChange {
    /// Which.
    pub service: ServiceName,
    /// How.
    pub action: ReloadAction,
    /// The keys that differ; none for a service that comes or goes.
    pub keys: Vec<String>,
}

/// How a service is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReloadAction {
    /// It is new.
    Add,
    /// It is no longer declared: it is stopped, then forgotten.
    Remove,
    /// What its program is made of differs: it is restarted if it shall be up.
    Restart,
    /// Takes effect at once, without a restart.
    Apply,
}

impl ReloadPlan {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.next_start.is_empty()
    }
}

/// Compares two sets of services.
pub(crate) fn compare<'a>(
    old: impl Iterator<Item = &'a ServiceSpec>,
    new: &BTreeMap<ServiceName, ServiceSpec>,
) -> Vec<ServiceChange> {
    let old: BTreeMap<&ServiceName, &ServiceSpec> = old.map(|spec| (&spec.name, spec)).collect();
    let mut changes = Vec::new();
    for (name, spec) in new {
        let change = match old.get(name) {
            None => Some((ReloadAction::Add, Vec::new())),
            Some(known) => differences(known, spec),
        };
        changes.extend(change.map(|(action, keys)| ServiceChange {
            service: name.clone(),
            action,
            keys,
        }));
    }
    let gone = old.keys().filter(|name| !new.contains_key(**name));
    changes.extend(gone.map(|name| ServiceChange {
        service: (*name).clone(),
        action: ReloadAction::Remove,
        keys: Vec::new(),
    }));
    changes.sort_by(|one, other| one.service.cmp(&other.service));
    changes
}

/// The keys that differ, and whether a run has to be renewed for one of them.
fn differences(old: &ServiceSpec, new: &ServiceSpec) -> Option<(ReloadAction, Vec<String>)> {
    let program = [
        ("kind", old.kind != new.kind),
        ("command", old.command != new.command),
        ("cwd", old.cwd != new.cwd),
        ("env", old.env != new.env),
        ("user", old.user != new.user),
        ("run", old.follow != new.follow),
        ("stop", old.stdin_pipe != new.stdin_pipe),
        ("limits", !new.limits.fits_a_run_under(&old.limits)),
    ];
    let live = [
        ("host", old.host != new.host),
        ("port", old.port != new.port),
        ("autostart", old.autostart != new.autostart),
        ("requires", old.requires != new.requires),
        ("after", old.after != new.after),
        ("restart_with", old.restart_with != new.restart_with),
        ("restart", old.restart != new.restart),
        ("stop", old.stop != new.stop && old.stdin_pipe == new.stdin_pipe),
        ("health", old.health != new.health),
        ("probe", old.probes != new.probes),
        ("database", old.database != new.database),
        ("log", old.log != new.log),
        ("watch", old.watch != new.watch),
        ("schedule", old.schedule != new.schedule),
        (
            "limits",
            old.limits != new.limits && new.limits.fits_a_run_under(&old.limits),
        ),
        ("hooks", old.hooks != new.hooks),
        ("python", old.python_requires != new.python_requires),
    ];
    let named = |list: &[(&str, bool)]| -> Vec<String> {
        let differing = list.iter().filter(|(_, differs)| *differs);
        differing.map(|(key, _)| (*key).to_owned()).collect()
    };
    let (mut keys, live) = (named(&program), named(&live));
    let action = if keys.is_empty() {
        ReloadAction::Apply
    } else {
        ReloadAction::Restart
    };
    keys.extend(live);
    (!keys.is_empty()).then_some((action, keys))
}
