//! Keys of the product's contract that this version does not act on: nothing is accepted and ignored.

use super::shape::Section::{self, Director, Root, Service};

/// Such a key.
pub(crate) struct Later {
    pub(crate) section: Section,
    pub(crate) name: &'static str,
    /// What it will be for.
    pub(crate) what: &'static str,
}

const fn later(section: Section, name: &'static str, what: &'static str) -> Later {
    Later { section, name, what }
}

pub(crate) const LATER: &[Later] = &[
    later(Root, "dashboard", "the dashboard"),
    later(Root, "metrics", "metrics"),
    later(Root, "notify", "notifications"),
    later(Root, "notifications", "notifications"),
    later(Root, "secrets", "stored secrets"),
    later(Root, "package", "packaging"),
    later(Director, "dashboard", "the dashboard"),
    later(Director, "secrets", "stored secrets"),
    later(Service, "secrets", "stored secrets"),
    later(Service, "reload", "reloading without a restart"),
    later(Service, "notify", "notifications"),
    later(Service, "preflight", "settings of the checks before a start"),
];

/// Names of the original specification that belong to keys of [`LATER`], or that are no key at all.
pub(crate) const SPEC_NAMES: &[(&str, &str)] = &[(
    "pid_file",
    "there is none to set: the pid is always in `director.pid.json` in `director.data_dir`",
)];
