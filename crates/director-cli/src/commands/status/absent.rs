//! No director runs: what the disk knows.

use super::Wanted;
use crate::client::{Trouble, unknown_service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Place;
use crate::offline::Offline;
use crate::table;
use crate::ui::Ui;

/// No director: what the disk knows, then the error.
pub(super) fn absent(
    place: &Place,
    wanted: &Wanted<'_>,
    trouble: Trouble,
    ui: &mut Ui,
) -> Result<Exit, Failure> {
    if let (Some(name), true) = (wanted.service, place.spec.is_some())
        && place.meant_by(name).is_empty()
    {
        return Err(unknown_service(name, place.service_names()));
    }
    let mut offline = Offline::read(place);
    if let Some(name) = wanted.service {
        let meant = place.meant_by(name);
        offline
            .services
            .retain(|service| service.name.as_str() == name || meant.contains(&service.name));
    }
    if wanted.json {
        ui.print_json(&offline)?;
    } else {
        ui.print(&offline_text(&offline, &Clock::system()))?;
    }
    for warning in &offline.warnings {
        ui.warn(warning);
    }
    let mut failure = trouble.failure(place);
    if let Some(found) = &place.trouble {
        failure = failure.hint(format!("{} (`director check` shows them)", found.summary()));
    }
    Err(failure)
}

fn offline_text(offline: &Offline, clock: &Clock) -> String {
    let mut text = String::new();
    if let Some(at) = offline.shut_down {
        text.push_str(&format!(
            "! shut down by an operator at {}; until the next boot only `director start` or `director run --force` revive it\n",
            clock.at(at)
        ));
    }
    let rows: Vec<Vec<String>> = offline
        .services
        .iter()
        .map(|service| {
            let remark = match service.stopped_by_operator {
                Some(since) => format!("stopped by operator since {}", clock.at(since)),
                None => "starts with the director".to_owned(),
            };
            vec![service.name.to_string(), remark]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&table::render(&["NAME", "WHEN A DIRECTOR RUNS"], &rows, None));
    }
    if let Some(last) = &offline.last_event {
        let whose = last
            .entry
            .service
            .as_ref()
            .map(|name| format!("{name}: "))
            .unwrap_or_default();
        let what = director_core::describe::describe(&last.entry);
        text.push_str(&format!(
            "last event: {} {whose}{what}\n",
            clock.at_ago(last.entry.wall)
        ));
    }
    text
}
