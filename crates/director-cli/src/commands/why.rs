//! `director why SERVICE`.

use std::path::Path;

use director_core::command::Numbered;
use director_core::report::DirectorReport;
use director_core::spec::ServiceName;

use crate::client::{self, Link, Trouble, converse, unknown_service};
use crate::exit::Exit;
use crate::explain::{Explanation, Known, explain, explain_offline, render};
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Place;
use crate::offline::{self, Offline};
use crate::ui::Ui;

/// So many journal entries of the service are looked through.
const EVENTS: usize = 200;
/// So many lines of output are shown.
const OUTPUT_LINES: u64 = 10;

pub(crate) fn why(config: Option<&Path>, service: &str, json: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    let name = ServiceName::new(service).map_err(|_| unknown_service(service, place.service_names()))?;
    let endpoint = client::endpoint(&place)?;
    let answer = converse(async {
        let mut link = Link::open(&endpoint).await?;
        let report = link.report(None).await?;
        // An unknown name is better explained by the report, which has the known ones.
        let known = report.services.iter().any(|service| service.name == name);
        let events = if known {
            link.events(0, Some(name.as_str()), EVENTS).await?
        } else {
            Vec::new()
        };
        Ok::<_, Trouble>((report, events))
    })?;
    let clock = Clock::system();
    let explanation = match answer {
        Ok((report, events)) => {
            place.warn(ui);
            of_report(&report, &name, &events, &place, &clock)?
        }
        Err(trouble) if trouble.is_absence() => {
            ui.say(&format!(
                "no director is running for {}; this is what its records say",
                place.config.display()
            ));
            of_records(&name, &place, &clock, ui)?
        }
        Err(trouble) => return Err(trouble.failure(&place)),
    };
    if json {
        ui.print_json(&explanation)?;
    } else {
        ui.print(&render(&explanation))?;
    }
    Ok(Exit::Done)
}

fn of_report(
    report: &DirectorReport,
    name: &ServiceName,
    events: &[Numbered],
    place: &Place,
    clock: &Clock,
) -> Result<Explanation, Failure> {
    let Some(service) = report.services.iter().find(|service| service.name == *name) else {
        return Err(unknown_service(
            name.as_str(),
            report.services.iter().map(|known| known.name.as_str()),
        ));
    };
    let since = service.run.as_ref().map(|run| run.started);
    let output = offline::last_output(place, name, since, OUTPUT_LINES);
    Ok(explain(&Known {
        service,
        events,
        output: &output,
        clock,
    }))
}

fn of_records(name: &ServiceName, place: &Place, clock: &Clock, ui: &mut Ui) -> Result<Explanation, Failure> {
    let offline = Offline::read(place);
    let (events, _) = offline::events(place, Some(name), EVENTS);
    let known = offline.services.iter().find(|service| service.name == *name);
    if known.is_none() && events.is_empty() {
        return Err(unknown_service(name.as_str(), place.service_names()));
    }
    for warning in &offline.warnings {
        ui.warn(warning);
    }
    let stopped = known.and_then(|service| service.stopped_by_operator);
    let output = offline::last_output(place, name, None, OUTPUT_LINES);
    Ok(explain_offline(
        name,
        stopped,
        offline.shut_down,
        &events,
        &output,
        clock,
    ))
}
