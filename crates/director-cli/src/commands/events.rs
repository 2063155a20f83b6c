//! `director events`.

use std::path::Path;

use director_core::command::Numbered;
use director_core::describe::describe;
use director_core::spec::ServiceName;
use director_sys::ipc::Endpoint;

use crate::args::Events;
use crate::client::{self, Link, Trouble, converse, unknown_service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Place;
use crate::offline;
use crate::ui::Ui;

/// So many entries at once while following.
const BATCH: usize = 10_000;

pub(crate) fn events(config: Option<&Path>, wanted: &Events, ui: &mut Ui) -> Result<Exit, Failure> {
    let place = Place::find(config)?;
    let name = match &wanted.service {
        None => None,
        Some(text) => Some(ServiceName::new(text).map_err(|_| unknown_service(text, place.service_names()))?),
    };
    let endpoint = client::endpoint(&place)?;
    let printed = converse(from_director(&endpoint, &place, name.as_ref(), wanted, ui))?;
    match printed {
        Ok(exit) => Ok(exit),
        Err(Stop::Output(failure)) => Err(failure),
        Err(Stop::Trouble {
            trouble,
            begun: false,
        }) if trouble.is_absence() => from_disk(&place, name.as_ref(), wanted, trouble, ui),
        Err(Stop::Trouble { trouble, .. }) => Err(trouble.failure(&place)),
    }
}

/// Why the listing ended early.
enum Stop {
    Trouble { trouble: Trouble, begun: bool },
    Output(Failure),
}

async fn from_director(
    endpoint: &Endpoint,
    place: &Place,
    name: Option<&ServiceName>,
    wanted: &Events,
    ui: &mut Ui,
) -> Result<Exit, Stop> {
    let before = |trouble| Stop::Trouble {
        trouble,
        begun: false,
    };
    let during = |trouble| Stop::Trouble { trouble, begun: true };
    let service = name.map(ServiceName::as_str);
    let mut link = Link::open(endpoint).await.map_err(before)?;
    // Before the entries, so that nothing that happens meanwhile is missed.
    let report = link.report(None).await.map_err(before)?;
    let found = link.events(0, service, wanted.lines).await.map_err(before)?;
    if let Some(name) = name
        && found.is_empty()
        && !report.services.iter().any(|service| service.name == *name)
    {
        let known = report.services.iter().map(|service| service.name.as_str());
        return Err(Stop::Output(unknown_service(name.as_str(), known)));
    }
    place.warn(ui);
    print(&found, wanted.json, ui).map_err(Stop::Output)?;
    let mut after = found.last().map_or(0, |last| last.seq);
    let mut revision = report.revision;
    if !wanted.follow {
        return Ok(Exit::Done);
    }
    loop {
        revision = link.changed(revision).await.map_err(during)?;
        let found = link.events(after, service, BATCH).await.map_err(during)?;
        print(&found, wanted.json, ui).map_err(Stop::Output)?;
        after = found.last().map_or(after, |last| last.seq);
    }
}

fn from_disk(
    place: &Place,
    name: Option<&ServiceName>,
    wanted: &Events,
    trouble: Trouble,
    ui: &mut Ui,
) -> Result<Exit, Failure> {
    let (found, warning) = offline::events(place, name, wanted.lines);
    if let Some(name) = name
        && found.is_empty()
        && !place.service_names().any(|known| known == name.as_str())
    {
        return Err(unknown_service(name.as_str(), place.service_names()));
    }
    if let Some(warning) = warning {
        ui.warn(&warning);
    }
    print(&found, wanted.json, ui)?;
    if wanted.follow {
        return Err(trouble.failure(place));
    }
    ui.say(&format!(
        "no director is running for {}; this is its journal",
        place.config.display()
    ));
    Ok(Exit::Done)
}

fn print(found: &[Numbered], json: bool, ui: &mut Ui) -> Result<(), Failure> {
    if json {
        return found.iter().try_for_each(|numbered| ui.print_json_line(numbered));
    }
    if found.is_empty() {
        return Ok(());
    }
    ui.print(&text(found, &Clock::system()))
}

/// Entries as lines: when, whose, what.
fn text(found: &[Numbered], clock: &Clock) -> String {
    let whose = |numbered: &Numbered| {
        numbered
            .entry
            .service
            .as_ref()
            .map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    let width = found
        .iter()
        .map(|numbered| whose(numbered).len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for numbered in found {
        let (when, what) = (clock.at(numbered.entry.wall), describe(&numbered.entry));
        text.push_str(&format!("{when}  {:width$}  {what}\n", whose(numbered)));
    }
    text
}
