//! What the sources of the services say.

use std::collections::BTreeMap;
use std::path::Path;

use director_core::spec::{DirectorSpec, ServiceName, ServiceSpec};
use director_doctor::checks::{Route, SourceFacts, StartupUse, Touch};
use director_scan::Place;
use director_scan::django::{self, Finding, Rule, Severity};
use director_scan::source::{self, DatabaseCheck, Framework, SqliteOption};

/// Of each service that some check asks about. Services of one folder and command are one application, and are read once.
pub(super) fn read(spec: &DirectorSpec) -> BTreeMap<ServiceName, SourceFacts> {
    let mut folders: BTreeMap<(&Path, &[String]), SourceFacts> = BTreeMap::new();
    let mut all = BTreeMap::new();
    let is_asked = |service: &&ServiceSpec| service.health.is_some() || service.database.is_some();
    for service in spec.services.values().filter(is_asked) {
        // The command decides what a test of `sys.argv` comes to.
        let facts = folders
            .entry((&service.cwd, &service.command))
            .or_insert_with(|| of(&service.cwd, &service.command));
        all.insert(service.name.clone(), facts.clone());
    }
    all
}

fn of(folder: &Path, command: &[String]) -> SourceFacts {
    let found = source::facts(folder);
    let is_django = |used: &source::FrameworkUse| used.framework == Framework::Django;
    let start = if found.frameworks.iter().any(is_django) {
        django::scan_for(folder, command)
    } else {
        django::Report {
            complete: true,
            ..django::Report::default()
        }
    };
    let (guards, uses): (Vec<&Finding>, Vec<&Finding>) =
        start.findings.iter().partition(|one| one.rule == Rule::ArgvGuard);
    let place_of = |option: SqliteOption| {
        let setting = found
            .sqlite_settings
            .iter()
            .find(|setting| setting.option == option);
        setting.map(|setting| shown(&setting.place))
    };
    SourceFacts {
        framework: found
            .frameworks
            .first()
            .map(|used| name(used.framework).to_owned()),
        busy_timeout: place_of(SqliteOption::BusyTimeout),
        synchronous: place_of(SqliteOption::Synchronous),
        health_words: source::HEALTH_WORDS,
        is_complete: found.complete && found.skipped.is_empty() && start.complete,
        startup: uses.into_iter().map(startup_use).collect(),
        argv_guards: guards.into_iter().map(startup_use).collect(),
        health: found
            .health_routes
            .iter()
            .map(|route| Route {
                path: route.path.clone(),
                place: shown(&route.place),
                touch: match route.database {
                    DatabaseCheck::Unknown => Touch::Unknown,
                    DatabaseCheck::None => Touch::Nothing,
                    DatabaseCheck::WithoutTable => Touch::Constant,
                    DatabaseCheck::Query => Touch::Reads,
                },
            })
            .collect(),
    }
}

fn startup_use(finding: &Finding) -> StartupUse {
    StartupUse {
        place: shown(&finding.place),
        code: finding.code.clone(),
        reason: finding.reason.clone(),
        chain: finding
            .chain
            .iter()
            .map(|step| format!("{} {}", shown(&step.place), step.text))
            .collect(),
        is_minor: finding.severity() == Severity::Note,
    }
}

fn name(framework: Framework) -> &'static str {
    match framework {
        Framework::FastApi => "FastAPI",
        Framework::Flask => "Flask",
        Framework::Django => "Django",
    }
}

fn shown(place: &Place) -> String {
    let file = place.file.to_string_lossy().replace('\\', "/");
    format!("{file}:{}", place.line)
}
