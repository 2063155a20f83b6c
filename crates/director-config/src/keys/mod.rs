//! The one table of keys: what may stand where, in which shape and bounds, with which default, and what it means.
//!
//! The reader, the schema, the written reference and the suggestions all come from here.

mod director;
mod health;
mod hooks;
mod later;
mod limits;
mod policy;
mod schedule;
mod service;
mod shape;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use later::LATER;
pub(crate) use shape::{Default, Section, Shape};

/// One key of one table.
pub(crate) struct Key {
    pub(crate) section: Section,
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) default: Default,
    /// One or two sentences for the schema and the reference.
    pub(crate) doc: &'static str,
    /// A TOML value that differs from the default.
    pub(crate) example: &'static str,
    /// Names that people bring along from the original specification or from other supervisors.
    pub(crate) also: &'static [&'static str],
}

impl Key {
    const fn new(section: Section, name: &'static str, shape: Shape, default: Default) -> Self {
        Self {
            section,
            name,
            shape,
            default,
            doc: "",
            example: "",
            also: &[],
        }
    }

    const fn doc(mut self, doc: &'static str, example: &'static str) -> Self {
        self.doc = doc;
        self.example = example;
        self
    }

    const fn also(mut self, names: &'static [&'static str]) -> Self {
        self.also = names;
        self
    }

    /// The key below its service or at the top: `health.interval`, `director.name`, `command`.
    pub(crate) fn path(&self) -> String {
        match self.section.prefix() {
            "" => self.name.to_owned(),
            prefix => format!("{prefix}.{}", self.name),
        }
    }
}

/// Every key, table by table.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    [
        director::KEYS,
        service::KEYS,
        health::KEYS,
        health::OWN_KEYS,
        health::KEYS_OF_PROBES,
        policy::KEYS,
        watch::KEYS,
        schedule::KEYS,
        limits::KEYS,
        hooks::KEYS,
    ]
    .into_iter()
    .flatten()
}

/// The keys of one table.
pub(crate) fn of(section: Section) -> impl Iterator<Item = &'static Key> {
    all().filter(move |key| key.section == section)
}

/// One key of one table.
pub(crate) fn find(section: Section, name: &str) -> Option<&'static Key> {
    of(section).find(|key| key.name == name)
}

/// The names allowed in one table, for a diagnostic.
pub(crate) fn allowed(section: Section) -> String {
    of(section).map(|key| key.name).collect::<Vec<_>>().join(", ")
}
