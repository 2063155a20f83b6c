//! What a Django application does with its database while it starts.

use director_core::spec::ServiceSpec;

use super::ground::{Ground, SourceFacts, StartupUse};
use super::verdict::{Problem, Severity, Verdict};

/// So many are told; a project with more has one reason for all.
const TOLD: usize = 10;

/// Nothing that a start waits for asks the database.
pub(super) fn uses(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(source) = django(ground, service) else {
        return Verdict::Irrelevant;
    };
    if source.startup.is_empty() {
        return if source.is_complete {
            Verdict::Pass("no module and no ready() of an AppConfig asks the database".to_owned())
        } else {
            Verdict::Unknown(
                "not all of the source could be read; what was asks the database nothing at a start"
                    .to_owned(),
            )
        };
    }
    let mut problem = Problem {
        summary: match source.startup.len() {
            1 => "the application asks the database while it starts".to_owned(),
            some => format!("the application asks the database {some} times while it starts"),
        },
        remedy: vec![
            "do it with the first request (the signal `request_started`), or in a management command that runs as a oneshot \
             service which this one requires: docs/django.md has both, ready to copy"
                .to_owned(),
        ],
        ..told(&source.startup)
    };
    if source.startup.iter().all(|one| one.is_minor) {
        problem.severity = Some(Severity::Note);
    }
    problem.into()
}

/// A test of `sys.argv` decides nothing that it does not know.
pub(super) fn guards(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(source) = django(ground, service) else {
        return Verdict::Irrelevant;
    };
    if source.argv_guards.is_empty() {
        return Verdict::Irrelevant;
    }
    Problem {
        summary: "a test of sys.argv does not hold for the configured command".to_owned(),
        remedy: vec![
            "let the start do no such work at all, instead of asking how it was started: docs/django.md has two ways".to_owned(),
        ],
        ..told(&source.argv_guards)
    }
    .into()
}

fn django<'a>(ground: &'a Ground<'_>, service: &ServiceSpec) -> Option<&'a SourceFacts> {
    let source = ground.sources.get(&service.name)?;
    let asks = !source.startup.is_empty() || !source.argv_guards.is_empty();
    (asks || source.framework.as_deref() == Some("Django")).then_some(source)
}

/// A problem with nothing but its evidence.
fn told(uses: &[StartupUse]) -> Problem {
    let mut problem = Problem::new("", "", "");
    problem.evidence = uses.iter().take(TOLD).map(line).collect();
    if uses.len() > TOLD {
        problem.evidence.push(format!("and {} more", uses.len() - TOLD));
    }
    problem
}

fn line(one: &StartupUse) -> String {
    let mut text = format!("{}: `{}`: {}", one.place, one.code, one.reason);
    if !one.chain.is_empty() {
        text.push_str(&format!(" (by way of {})", one.chain.join(", ")));
    }
    text
}
