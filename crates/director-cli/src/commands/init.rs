//! `director init`.

mod told;
mod written;

use std::path::{Path, PathBuf};

use director_config::Source;
use director_scan::project::{self, Candidate};

use crate::args::Init;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::init::{HealthFile, Wishes, compose, health_file, nothing_found};
use crate::locate;
use crate::ui::Ui;

/// Everything that is decided before the first byte is written.
struct Plan {
    config: PathBuf,
    root: PathBuf,
    name: String,
    found: Vec<Candidate>,
    text: String,
    /// Whether `text` is to become the configuration; an existing one stays.
    keeps: bool,
    health: Health,
}

/// What `--health` comes to.
enum Health {
    NotAsked,
    /// The application has such a route.
    There,
    Written(HealthFile),
}

pub(crate) fn init(explicit: Option<&Path>, wanted: &Init, ui: &mut Ui) -> Result<Exit, Failure> {
    let plan = plan(explicit, wanted)?;
    let recognised = !plan.found.is_empty();
    if wanted.print {
        if wanted.json {
            ui.print_json(&told::as_json(&plan, wanted, None))?;
        } else {
            ui.print(&plan.text)?;
        }
    } else {
        let written = written::write(&plan, wanted.force)?;
        if wanted.json {
            ui.print_json(&told::as_json(&plan, wanted, Some(&written)))?;
        } else {
            ui.print(&told::as_text(&plan, wanted, &written))?;
        }
    }
    if recognised || plan.keeps {
        return Ok(Exit::Done);
    }
    let missing = Failure::new(
        Exit::Failed,
        format!("no application was recognised in {}", plan.root.display()),
    );
    Err(missing.hint(format!(
        "{} is a template: write the command into it, then run `director check`",
        if wanted.print {
            "what is printed".to_owned()
        } else {
            plan.config.display().to_string()
        }
    )))
}

fn plan(explicit: Option<&Path>, wanted: &Init) -> Result<Plan, Failure> {
    let (root, config) = places(explicit, wanted.folder.as_deref())?;
    let exists = config.symlink_metadata().is_ok();
    let adds = wanted.health || wanted.snippets;
    if exists && !(wanted.print || wanted.force || adds) {
        let refused = Failure::new(
            Exit::Refused,
            format!("{} exists already; nothing was changed", config.display()),
        );
        return Err(refused
            .hint("`director init --force` replaces it and keeps it as a backup")
            .hint("`director init --print` shows what would be written"));
    }
    let found = project::detect(&root, locate::is_windows());
    let name = wanted.name.clone().unwrap_or_else(|| name_of(&root));
    let health = match (wanted.health, found.first()) {
        (false, _) => Health::NotAsked,
        (true, Some(first)) if first.health.is_some() => Health::There,
        (true, first) => {
            let file = first.and_then(|first| health_file(first, &name));
            Health::Written(file.ok_or_else(no_endpoint)?)
        }
    };
    let wishes = Wishes {
        root: &root,
        name: &name,
        port: wanted.port,
        health: wanted.health,
    };
    let text = if found.is_empty() {
        nothing_found(&wishes)
    } else {
        compose(&found, &wishes)
    };
    prove(&config, &text, wanted)?;
    Ok(Plan {
        keeps: exists && !wanted.force && !wanted.print,
        config,
        root,
        name,
        found,
        text,
        health,
    })
}

/// The application's folder and the file in it.
fn places(explicit: Option<&Path>, folder: Option<&Path>) -> Result<(PathBuf, PathBuf), Failure> {
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot tell the current folder: {error}")))
    };
    let config = explicit.map(absolute).transpose()?;
    let beside = config.as_deref().and_then(Path::parent);
    let root = match (folder, beside) {
        (Some(folder), beside) => {
            let root = absolute(folder)?;
            if beside.is_some_and(|beside| beside != root) {
                return Err(Failure::new(
                    Exit::Usage,
                    "the configuration belongs into the application's folder, since paths in it begin there",
                )
                .hint("leave out `-c` or the folder"));
            }
            root
        }
        (None, Some(beside)) => beside.to_path_buf(),
        (None, None) => absolute(Path::new("."))?,
    };
    if !root.is_dir() {
        return Err(Failure::new(
            Exit::Failed,
            format!("{} is no folder", root.display()),
        ));
    }
    let config = config.unwrap_or_else(|| root.join("director.toml"));
    Ok((root, config))
}

/// What cannot be read again must not be written. Only a name from the command line can lead to that.
fn prove(config: &Path, text: &str, wanted: &Init) -> Result<(), Failure> {
    let source = Source {
        path: config.to_path_buf(),
        text: text.to_owned(),
    };
    match locate::load(&source) {
        Ok(_) => Ok(()),
        Err(found) if wanted.name.is_some() => Err(Failure::new(
            Exit::Usage,
            found.render(false).trim_end().to_owned(),
        )),
        Err(found) => Err(Failure::new(
            Exit::Failed,
            format!(
                "no valid configuration can be written for this folder\n{}",
                found.render(false).trim_end()
            ),
        )),
    }
}

/// The folder's name, as far as a boot entry can bear it.
fn name_of(root: &Path) -> String {
    let folder = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let usable = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '-' | '_' | '.');
    let name: String = folder
        .chars()
        .map(|letter| if usable(letter) { letter } else { '-' })
        .take(64)
        .collect();
    let name = name.trim_start_matches(|first: char| !first.is_ascii_alphanumeric());
    let name = name.trim_end_matches(|last: char| !last.is_ascii_alphanumeric());
    if name.is_empty() {
        "director".to_owned()
    } else {
        name.to_owned()
    }
}

fn no_endpoint() -> Failure {
    Failure::new(
        Exit::Failed,
        "a health endpoint is written for FastAPI, Flask and Django alone, and none of them was recognised",
    )
    .hint("let the application answer GET /health with {\"status\": \"healthy\"}, or {\"status\": \"degraded\"} when it cannot reach its database")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_the_boot_entry_as_far_as_it_can() {
        for (folder, name) in [
            ("/srv/Operations Hub", "Operations Hub"),
            ("/srv/.hidden", "hidden"),
            ("/srv/größe", "gr--e"),
            ("/srv/über", "ber"),
            ("/srv/日本", "director"),
            ("/", "director"),
            ("/srv/v1.2.", "v1.2"),
        ] {
            assert_eq!(name_of(Path::new(folder)), name, "{folder}");
        }
    }
}
