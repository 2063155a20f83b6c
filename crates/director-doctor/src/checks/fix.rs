//! What `--fix` does: only to what is ours, or what the configuration names as the service's database while nobody has it open.

use director_core::spec::ServiceName;

use super::ground::Ground;
use super::verdict::{Fix, Verdict};
use super::{Item, database, find};
use crate::database::{Changed, Task};
use crate::preflight::Help;

/// Mends everything that may be, and says in each item what was done, or why it was not. A mended item is looked at again.
pub fn apply(ground: &Ground<'_>, items: &mut [Item]) {
    for item in items.iter_mut() {
        let Some(fix) = item.fix.take() else { continue };
        let service = item.service.clone();
        match carry_out(ground, &fix, service.as_ref()) {
            Ok(done) => {
                let looked = find(&item.code).and_then(|check| super::again(ground, check, service.as_ref()));
                if let Some(looked) = looked {
                    *item = looked;
                }
                item.fixed = Some(done);
            }
            Err(why) => item.evidence.push(format!("it was not mended: {why}")),
        }
    }
}

/// Does it; what was done, in a sentence.
fn carry_out(ground: &Ground<'_>, fix: &Fix, service: Option<&ServiceName>) -> Result<String, String> {
    match fix {
        Fix::CreateFolder(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            Ok(format!("created {}", folder.display()))
        }
        Fix::MakePrivate(folder) => {
            director_sys::fs_guard::create_private_dir(folder).map_err(|error| error.to_string())?;
            Ok(format!("made {} private", folder.display()))
        }
        Fix::SetWal(file) => {
            let service = service.and_then(|name| ground.spec.services.get(name));
            let service = service.ok_or("the service is not known")?;
            if ground.is_up(service) {
                return Err("the service runs; stop it first".to_owned());
            }
            match database::holders(ground, service) {
                Verdict::Pass(_) => {}
                Verdict::Found(problem) => return Err(problem.summary),
                Verdict::Unknown(why) => return Err(why),
                Verdict::Irrelevant => return Err("the service has no database".to_owned()),
            }
            let told = ground.machine.helper(Help::Database(Task::SetWal, file))?;
            match serde_json::from_slice::<Changed>(&told).map_err(|error| error.to_string())? {
                Changed::Set | Changed::Already => Ok(format!("put {} into WAL mode", file.display())),
                Changed::Refused { why, .. } => Err(why),
            }
        }
    }
}
