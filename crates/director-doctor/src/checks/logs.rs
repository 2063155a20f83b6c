//! Where logs go, and the room there is for them.

use super::ground::Ground;
use super::machine::Space;
use super::verdict::{Fix, Problem, Severity, Verdict};
use super::words::size;

/// Below this much, or this share, a disk is nearly full.
const LOW_BYTES: u64 = 1 << 30;
const LOW_PERCENT: u64 = 5;
/// Below this the next rotation or transaction may fail.
const FULL_BYTES: u64 = 100 << 20;

/// The folder of the logs is there and can be written.
pub(super) fn folder(ground: &Ground<'_>) -> Verdict {
    let folder = &ground.spec.log_dir;
    if !folder.exists() {
        return Problem::new(
            "the folder of the logs does not exist yet",
            format!("{} is not there", folder.display()),
            "`director run` creates it; `director doctor --fix` does so now",
        )
        .severity(Severity::Note)
        .fix(Fix::CreateFolder(folder.clone()))
        .into();
    }
    if !folder.is_dir() {
        return Problem::new(
            "the folder of the logs is a file",
            format!("{} is no folder", folder.display()),
            "move that file away, or name another folder in `director.log_dir`",
        )
        .into();
    }
    match ground.machine.may_write(folder) {
        Ok(true) => Verdict::Pass(format!("logs go to {}", folder.display())),
        Ok(false) => Problem::new(
            "the folder of the logs cannot be written",
            format!("this account may not make files in {}", folder.display()),
            "give the account that runs the director the right to write there, or name another folder in `director.log_dir`",
        )
        .into(),
        Err(error) => Verdict::Unknown(format!("the rights of {} cannot be read: {error}", folder.display())),
    }
}

/// The disks of logs, records and databases have room.
pub(super) fn space(ground: &Ground<'_>) -> Verdict {
    let databases = ground
        .spec
        .services
        .values()
        .filter_map(|service| service.database.as_ref());
    let mut places = vec![ground.spec.log_dir.clone(), ground.spec.data_dir.clone()];
    places.extend(databases.map(|database| database.sqlite.clone()));
    let mut seen: Vec<Space> = Vec::new();
    let mut low: Vec<(String, Space)> = Vec::new();
    for place in places {
        let Some(existing) = place.ancestors().find(|parent| parent.exists()) else {
            continue;
        };
        let Ok(space) = ground.machine.space(existing) else {
            continue;
        };
        let share = space.free_bytes.saturating_mul(100) / space.total_bytes.max(1);
        let is_low =
            space.free_bytes < LOW_BYTES || (share < LOW_PERCENT && space.free_bytes < 10 * LOW_BYTES);
        if is_low && !seen.contains(&space) {
            low.push((place.display().to_string(), space));
        }
        seen.push(space);
    }
    let Some(least) = seen.iter().map(|space| space.free_bytes).min() else {
        return Verdict::Unknown("the free space of the disks could not be read".to_owned());
    };
    if low.is_empty() {
        return Verdict::Pass(format!("at least {} are free", size(least)));
    }
    let mut problem = Problem::new(
        format!("a disk is nearly full: {} are free", size(least)),
        String::new(),
        "make room: on a full disk SQLite rolls back, uploads break off, and lines of output are lost",
    )
    .remedy("`log.max_total` bounds what the output of one service may take");
    problem.evidence = low
        .iter()
        .map(|(place, space)| {
            format!(
                "{place}: {} of {} are free",
                size(space.free_bytes),
                size(space.total_bytes)
            )
        })
        .collect();
    if least < FULL_BYTES {
        problem = problem.severity(Severity::Error);
    }
    problem.into()
}
