//! Writing: new files only, and an old configuration is kept under another name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;

use super::{Health, Plan};

/// So many backups may lie there; then somebody should look.
const MOST_BACKUPS: u32 = 100;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) config: Option<PathBuf>,
    pub(super) backup: Option<PathBuf>,
    pub(super) health: Option<PathBuf>,
}

pub(super) fn write(plan: &Plan, force: bool) -> Result<Written, Failure> {
    let mut written = Written::default();
    // The endpoint first: when it cannot be written, the configuration must not promise it.
    if let Health::Written(file) = &plan.health {
        let path = plan.root.join(&file.path);
        create(
            &path,
            &file.text,
            "`director init` writes no second one; remove it to have it written anew",
        )?;
        written.health = Some(path);
    }
    if plan.keeps {
        return Ok(written);
    }
    if force && plan.config.symlink_metadata().is_ok() {
        written.backup = Some(back_up(&plan.config)?);
    }
    create(
        &plan.config,
        &plan.text,
        "`--force` replaces it and keeps it as a backup",
    )?;
    written.config = Some(plan.config.clone());
    Ok(written)
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str, hint: &str) -> Result<(), Failure> {
    let done = File::create_new(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    done.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::new(
            Exit::Refused,
            format!("{} exists already; it was not changed", path.display()),
        )
        .hint(hint),
        _ => Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display())),
    })
}

/// Moves the configuration to a name that nothing has.
fn back_up(config: &Path) -> Result<PathBuf, Failure> {
    let name = |number: u32| {
        let mut name = config.file_name().unwrap_or_default().to_os_string();
        name.push(if number == 1 {
            ".bak".to_owned()
        } else {
            format!(".bak{number}")
        });
        config.with_file_name(name)
    };
    let free = (1..=MOST_BACKUPS)
        .map(name)
        .find(|path| path.symlink_metadata().is_err());
    let Some(free) = free else {
        return Err(Failure::new(
            Exit::Failed,
            format!("there are {MOST_BACKUPS} backups of {} already", config.display()),
        ));
    };
    fs::rename(config, &free).map(|()| free).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot keep {} as a backup: {error}", config.display()),
        )
    })
}
