//! What must hold before a start: nothing of an earlier run lives, the port is free, the database is unlocked.

use std::sync::Arc;

use director_core::event::Fact;
use director_core::report::{Finding, Holder};
use director_core::spec::{ServiceName, ServiceSpec};
use director_core::words::RunNumber;
use director_doctor::preflight::{self, Asked, Depth, Help, Outcome};
use director_doctor::{database, holders};
use director_sys::identity::{self, ProcessId};
use director_sys::tree::Tree;

use crate::hands::Hands;

/// A live run of some service.
pub(crate) type LiveTree = (ServiceName, RunNumber, Tree);

/// Whether there is anything to check at all; without, a start needs no thread, however closely it were to look.
pub(crate) fn needed(spec: &ServiceSpec, leftovers: &[ProcessId]) -> bool {
    preflight::is_needed(spec) || !leftovers.is_empty()
}

/// One look before a start.
pub(crate) struct Look {
    pub(crate) hands: Hands,
    pub(crate) spec: Arc<ServiceSpec>,
    pub(crate) leftovers: Vec<ProcessId>,
    pub(crate) thorough: bool,
    /// Whatever the director runs is no stranger.
    pub(crate) live: Vec<LiveTree>,
}

impl Look {
    /// Looks at everything in turn, and answers with what is told about it, the verdict last. Blocks for as long as the helpers
    /// may take.
    pub(crate) fn make(&self) -> Vec<Fact> {
        if let Some(finding) = leftover_finding(&self.leftovers) {
            return vec![Fact::StartObstructed(finding)];
        }
        let log_dir = self.hands.log_dir().join(self.spec.name.as_str());
        let asked = Asked {
            spec: &self.spec,
            log_dir: &log_dir,
            running: None,
            helper: &|help| self.help(help),
            ours: &|holder| self.ours(holder),
        };
        let depth = if self.thorough {
            Depth::Thorough
        } else {
            Depth::Start
        };
        let (mut warned, mut found) = (Vec::new(), None);
        for checked in preflight::run(&asked, depth) {
            match checked.outcome {
                Outcome::Ok { .. } => {}
                Outcome::Warned { finding } => warned.push(finding),
                Outcome::Found { finding } => found = found.or(Some(finding)),
            }
        }
        let mut facts = Vec::new();
        if self.thorough || !warned.is_empty() {
            facts.push(Fact::Examined { findings: warned });
        }
        facts.push(found.map_or(Fact::StartClear, Fact::StartObstructed));
        facts
    }

    fn help(&self, help: Help<'_>) -> Result<Vec<u8>, String> {
        let exe = self.hands.own_exe();
        let outcome = match help {
            Help::Database(task, file) => {
                let command = database::helper_command(exe, task, file);
                self.hands.run_helper(&self.spec, &command, database::LIMIT)
            }
            Help::Holders(files) => {
                // The service's account sees its own processes only.
                let spec = ServiceSpec {
                    user: None,
                    ..(*self.spec).clone()
                };
                let command = holders::helper_command(exe, files);
                self.hands.run_helper(&spec, &command, holders::LIMIT)
            }
        };
        outcome
            .map(|outcome| outcome.output)
            .map_err(|error| error.to_string())
    }

    fn ours(&self, holder: &Holder) -> Option<String> {
        if holder.pid == std::process::id() {
            return Some("this director".to_owned());
        }
        let id = ProcessId {
            pid: holder.pid,
            start: holder.start,
        };
        let live = self
            .live
            .iter()
            .find(|(_, _, tree)| tree.members().is_ok_and(|members| members.contains(&id)));
        live.map(|(service, run, _)| format!("run {} of {service}", run.0))
    }
}

/// Processes of ours that were told to end and have not.
fn leftover_finding(leftovers: &[ProcessId]) -> Option<Finding> {
    let alive: Vec<&ProcessId> = leftovers
        .iter()
        .filter(|id| identity::is_alive(**id).unwrap_or(true))
        .collect();
    if alive.is_empty() {
        return None;
    }
    let described = alive
        .iter()
        .filter_map(|id| identity::describe(id.pid).ok().flatten());
    Some(Finding {
        code: "leftover-alive".to_owned(),
        summary: "processes of an earlier run were killed and still exist".to_owned(),
        evidence: alive
            .iter()
            .map(|id| director_doctor::describe_pid(id.pid))
            .collect(),
        remedy: vec![
            "wait: a process in uninterruptible input or output ends when its device answers".to_owned(),
            "end it with the system's own tools, or restart the machine".to_owned(),
        ],
        avoid: vec![
            "starting the program by hand: two copies would share its port and its database".to_owned(),
        ],
        holders: described.map(|process| holders::of(&process, None)).collect(),
    })
}
