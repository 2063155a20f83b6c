//! `director doctor`: the checks of a whole set-up, each with a stable code.
//!
//! A check is a pure function of a [`Ground`]: what the configuration says, what the machine answers, what the journal and a
//! running director tell, and what the command line has read in the sources. It returns a [`Verdict`]; it never changes
//! anything. What may be mended without asking is a [`Fix`], carried out by [`fix::apply`] alone.
//!
//! Codes are never reused. They come in tens by theme, and each has a page in docs/doctor.

mod boot;
mod database;
pub mod fix;
mod ground;
mod health;
mod history;
mod logs;
mod machine;
mod pages;
mod port;
mod program;
mod python;
mod registry;
mod rights;
mod running;
mod startup;
mod task_xml;
#[cfg(test)]
mod tests;
mod this_machine;
mod verdict;
mod watch;
mod words;

pub use ground::{Ground, Route, SourceFacts, StartupUse, Touch};
pub use machine::{Machine, Space, Volume};
pub use pages::{index, page};
pub use registry::{ALL, Check, Look, Needs, find};
pub use this_machine::ThisMachine;
pub use verdict::{Fix, Item, Problem, Severity, State, Verdict};

/// Carries out all checks: those of the director first, then service by service.
#[must_use]
pub fn run(ground: &Ground<'_>) -> Vec<Item> {
    let mut items: Vec<Item> = ALL
        .iter()
        .filter_map(|check| again(ground, check, None))
        .collect();
    for name in ground.spec.services.keys() {
        items.extend(ALL.iter().filter_map(|check| again(ground, check, Some(name))));
    }
    items
}

/// Carries out one check, of one service or of the director.
#[must_use]
pub fn again(
    ground: &Ground<'_>,
    check: &Check,
    service: Option<&director_core::spec::ServiceName>,
) -> Option<Item> {
    let verdict = match (check.look, service) {
        (Look::Director(look), None) => look(ground),
        (Look::Service(look), Some(name)) => look(ground, ground.spec.services.get(name)?),
        (Look::Director(_), Some(_)) | (Look::Service(_), None) => return None,
    };
    Item::new(check, service, verdict)
}
