//! `director doctor`: every check of the set-up, with a remedy.

mod gather;
mod render;
mod sources;
#[cfg(test)]
mod tests;

use std::path::Path;

use director_doctor::checks::{self, Item, State, ThisMachine};
use serde_json::json;

use crate::args::Doctor;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::Clock;
use crate::locate::Found;
use crate::ui::Ui;

pub(crate) fn doctor(config: Option<&Path>, args: &Doctor, ui: &mut Ui) -> Result<Exit, Failure> {
    if let Some(code) = args.explain.as_deref().or(args.code.as_deref()) {
        return explain(code, ui);
    }
    let place = Found::find(config)?.read();
    let Some(spec) = place.spec.as_ref().filter(|_| place.trouble.is_none()) else {
        return invalid(&place, args.json, ui);
    };
    let known = gather::gather(&place, spec)?;
    for warning in &known.warnings {
        ui.warn(warning);
    }
    let machine = ThisMachine::new(crate::helper::run);
    let ground = known.ground(&place, spec, &machine);
    let mut items = checks::run(&ground);
    if args.fix {
        checks::fix::apply(&ground, &mut items);
    }
    if args.json {
        ui.print_json(&json!({
            "config": place.config.display().to_string(),
            "valid": true,
            "running": known.report.is_some(),
            "items": items,
            "counts": render::Counts::of(&items),
        }))?;
    } else {
        ui.print(&render::text(&items, &Clock::system(), ui.color))?;
    }
    Ok(exit(&items))
}

/// What the worst line asks for.
fn exit(items: &[Item]) -> Exit {
    let mut errors = items.iter().filter(|item| item.state == State::Error).peekable();
    if errors.peek().is_none() {
        return Exit::Done;
    }
    if errors.any(|item| item.blocks) {
        Exit::Blocked
    } else {
        Exit::Failed
    }
}

/// The page of a code.
fn explain(code: &str, ui: &mut Ui) -> Result<Exit, Failure> {
    let Some(page) = checks::page(code) else {
        let known: Vec<&str> = checks::ALL.iter().map(|check| check.code).collect();
        return Err(Failure::new(Exit::Usage, format!("there is no check `{code}`"))
            .hint(format!("checks: {}", known.join(", "))));
    };
    ui.print(page)?;
    Ok(Exit::Done)
}

/// Nothing else can be looked at.
fn invalid(place: &crate::locate::Place, as_json: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let Some(trouble) = &place.trouble else {
        return Err(Failure::new(
            Exit::ConfigInvalid,
            "the configuration cannot be read",
        ));
    };
    if as_json {
        ui.print_json(&json!({
            "config": place.config.display().to_string(),
            "valid": false,
            "diagnostics": trouble.to_json(),
        }))?;
    } else {
        ui.say(trouble.render(ui.err_color).trim_end());
        ui.say("the configuration is invalid, so nothing else was checked");
    }
    Ok(Exit::ConfigInvalid)
}
