//! `director check`.

use std::path::Path;

use director_config::Source;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate;
use crate::ui::Ui;

pub(crate) fn check(config: Option<&Path>, as_json: bool, ui: &mut Ui) -> Result<Exit, Failure> {
    let path = locate::find_config(config)?;
    let outcome = Source::read(&path).and_then(|source| locate::load(&source));
    let (valid, found, services) = match &outcome {
        Ok(loaded) => (true, &loaded.warnings, loaded.spec.services.len()),
        Err(found) => (false, found, 0),
    };
    if as_json {
        ui.print_json(&json!({
            "config": path.display().to_string(),
            "valid": valid,
            "diagnostics": found.to_json(),
        }))?;
    } else {
        if !found.is_empty() {
            ui.say(found.render(ui.err_color).trim_end());
        }
        if valid {
            let plural = if services == 1 { "" } else { "s" };
            ui.print(&format!(
                "{}: valid, {services} service{plural}\n",
                path.display()
            ))?;
        }
    }
    Ok(if valid { Exit::Done } else { Exit::ConfigInvalid })
}
