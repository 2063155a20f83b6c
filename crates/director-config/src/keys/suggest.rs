//! What an unknown key was probably meant to be.

use super::later::SPEC_NAMES;
use super::{Key, LATER, Section};

/// A hint for an unknown `name` in a table, ready to show; `service` is the service it stands in, if any.
pub(crate) fn hint(section: Section, name: &str, service: Option<&str>) -> Option<String> {
    let plain = normal(name);
    if let Some((_, text)) = SPEC_NAMES.iter().find(|(spec, _)| *spec == plain) {
        return Some((*text).to_owned());
    }
    let near = nearest(section, &plain);
    let known = known_elsewhere(section, &plain);
    match (known, near) {
        (Some(key), _) if key.section == section => Some(here(key.name)),
        (_, Some((name, 0..=1))) => Some(here(name)),
        (Some(key), _) => Some(there(key, section, service)),
        (None, Some((name, _))) => Some(here(name)),
        (None, None) => None,
    }
}

fn here(name: &str) -> String {
    format!("did you mean `{name}`?")
}

fn there(key: &Key, from: Section, service: Option<&str>) -> String {
    let service = service.unwrap_or("NAME");
    let sub_table = from == Section::Service && key.section.of_service() && key.section != Section::Service;
    match sub_table {
        true => format!(
            "did you mean `{}`? it stands in {}",
            key.path(),
            key.section.header(service)
        ),
        false => format!("did you mean `{}` in {}?", key.name, key.section.header(service)),
    }
}

/// The key of this table, in force or to come, with the fewest typing slips between it and `name`.
fn nearest(section: Section, name: &str) -> Option<(&'static str, usize)> {
    let allowed = super::of(section).map(|key| key.name);
    let later = LATER
        .iter()
        .filter(|later| later.section == section)
        .map(|later| later.name);
    closest(name, allowed.chain(later))
}

/// The name with the fewest typing slips, few enough to be meant, and how many.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<(&'a str, usize)> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|known| (known, strsim::damerau_levenshtein(known, name)))
        .filter(|(known, slips)| *slips <= limit && *slips < known.len())
        .min_by_key(|(_, slips)| *slips)
}

/// The key that bears this name in another table, or is called so elsewhere; one of the same table first.
fn known_elsewhere(section: Section, name: &str) -> Option<&'static Key> {
    let reachable = |key: &&Key| key.section != Section::Rung && key.section != Section::Root;
    let called = |key: &&Key| key.also.contains(&name) || normal(&key.path()) == name || key.name == name;
    let mut found: Vec<&'static Key> = super::all()
        .filter(called)
        .filter(|key| key.section == section || reachable(key))
        .collect();
    let distance = |key: &Key| {
        (
            key.section != section,
            key.section.of_service() != section.of_service(),
            key.name != name,
        )
    };
    found.sort_by_key(|key| distance(key));
    found.first().copied()
}

/// `Health-Interval` and `health.interval` as `health_interval`.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.', ' '], "_")
}
