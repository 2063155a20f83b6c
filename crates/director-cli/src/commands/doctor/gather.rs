//! What the checks need to know, asked of a running director or read from the disk.

use std::collections::BTreeMap;

use director_core::command::Numbered;
use director_core::reload::ReloadPlan;
use director_core::report::DirectorReport;
use director_core::spec::{DirectorSpec, ServiceName};
use director_doctor::checks::{Ground, Machine, SourceFacts};

use crate::client::{self, Link, Trouble, converse};
use crate::failure::Failure;
use crate::locate::Place;
use crate::offline;

/// So many journal entries are looked through.
const EVENTS: usize = 1000;

/// All of it.
pub(super) struct Gathered {
    pub(super) report: Option<DirectorReport>,
    differences: Option<Vec<String>>,
    journal: Vec<Numbered>,
    sources: BTreeMap<ServiceName, SourceFacts>,
    pub(super) warnings: Vec<String>,
}

impl Gathered {
    pub(super) fn ground<'a>(
        &'a self,
        place: &'a Place,
        spec: &'a DirectorSpec,
        machine: &'a dyn Machine,
    ) -> Ground<'a> {
        Ground {
            config: &place.config,
            spec,
            machine,
            report: self.report.as_ref(),
            differences: self.differences.clone(),
            journal: &self.journal,
            sources: self.sources.clone(),
        }
    }
}

/// Asks the director, if one runs; else reads what it has left on the disk.
pub(super) fn gather(place: &Place, spec: &DirectorSpec) -> Result<Gathered, Failure> {
    let mut gathered = Gathered {
        report: None,
        differences: None,
        journal: Vec::new(),
        sources: super::sources::read(spec),
        warnings: Vec::new(),
    };
    let endpoint = client::endpoint(place)?;
    let answer = converse(async {
        let mut link = Link::open(&endpoint).await?;
        let report = link.report(None).await?;
        let events = link.events(0, None, EVENTS).await?;
        let plan = link.reload(true).await.ok().map(|reloaded| reloaded.plan);
        Ok::<_, Trouble>((report, events, plan))
    })?;
    match answer {
        Ok((report, events, plan)) => {
            gathered.report = Some(report);
            gathered.journal = events;
            gathered.differences = plan.map(|plan| differences(&plan));
        }
        Err(trouble) => {
            if !trouble.is_absence() {
                let failure = trouble.failure(place);
                gathered.warnings.push(format!(
                    "the director that runs could not be asked: {}",
                    failure.message
                ));
            }
            let (events, warning) = offline::events(place, None, EVENTS);
            gathered.journal = events;
            gathered.warnings.extend(warning);
        }
    }
    Ok(gathered)
}

/// Each difference, as a line of evidence.
fn differences(plan: &ReloadPlan) -> Vec<String> {
    let of_service = plan.services.iter().map(|change| {
        let keys = change.keys.join(", ");
        match change.action {
            director_core::reload::ReloadAction::Add => format!("`{}` is new in the file", change.service),
            director_core::reload::ReloadAction::Remove => {
                format!("`{}` is not in the file any more", change.service)
            }
            director_core::reload::ReloadAction::Restart | director_core::reload::ReloadAction::Apply => {
                format!("`{}` differs in {keys}", change.service)
            }
        }
    });
    let of_director = plan.next_start.iter().map(|key| format!("{key} differs"));
    of_service.chain(of_director).collect()
}
