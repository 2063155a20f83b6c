//! One probe of a run: it asks in the way of its kind, and looks who answers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use director_core::event::{AnswerOwner, Fact, ProbeCall, ProbeOutcome};
use director_core::report::HealthAnswer;
use director_core::spec::{ProbeKind, ServiceSpec};
use director_doctor::{sqlite_probe, twin};
use director_sys::reaper::ExitStatus;
use director_sys::tree::Tree;

use super::{Asked, failed, http, tcp};
use crate::hands::Hands;
use crate::input::Input;

/// One probe of a run.
pub(crate) struct Probing {
    pub(crate) hands: Hands,
    pub(crate) spec: Arc<ServiceSpec>,
    /// The run's processes; none when it is gone.
    pub(crate) tree: Option<Tree>,
    pub(crate) call: Box<ProbeCall>,
}

impl Probing {
    /// Asks, and looks who answers if that is wanted. Blocks for at most the probe's timeout and a little.
    pub(crate) fn carry_out(&self, probe: u64) -> Fact {
        let Asked { outcome, answered_at } = self.ask();
        let looks = self.call.look && !answered_at.is_empty();
        let owner = looks.then(|| self.owner(answered_at));
        Fact::ProbeFinished {
            probe,
            outcome,
            owner,
        }
    }

    fn ask(&self) -> Asked {
        let spec = &self.call.spec;
        let limit = Duration::from_millis(spec.timeout_ms);
        match &spec.probe {
            ProbeKind::Http(url) => http::ask(url, spec, limit),
            ProbeKind::Tcp(address) => tcp::connect(address, limit),
            ProbeKind::Exec(command) => self.exec(command, limit).into(),
            ProbeKind::Sqlite { file, table } => self.sqlite(file, table.as_deref(), limit).into(),
        }
    }

    fn owner(&self, answered_at: Vec<SocketAddr>) -> AnswerOwner {
        let Some(tree) = &self.tree else {
            return AnswerOwner::Unknown("the run is gone".to_owned());
        };
        let owner = twin::look(&answered_at, || tree.members());
        if let AnswerOwner::Foreign(_) = owner {
            // Before the next start it is looked at again.
            self.hands.tell(Input::TwinSeen {
                service: self.spec.name.clone(),
                addresses: answered_at,
            });
        }
        owner
    }

    fn exec(&self, command: &[String], limit: Duration) -> ProbeOutcome {
        let outcome = match self.hands.run_helper(&self.spec, command, limit) {
            Ok(outcome) => outcome,
            Err(error) => return failed(format!("the probe's command: {error}")),
        };
        let said = String::from_utf8_lossy(&outcome.output);
        let said: String = said
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("")
            .chars()
            .take(200)
            .collect();
        match outcome.status {
            ExitStatus::Code(0) => ProbeOutcome::Healthy(HealthAnswer::default()),
            ExitStatus::Code(code) => {
                failed(format!("the probe's command ended with exit code {code}: {said}"))
            }
            ExitStatus::Signal { number, .. } => {
                failed(format!("the probe's command was ended by signal {number}"))
            }
        }
    }

    fn sqlite(&self, file: &Path, table: Option<&str>, limit: Duration) -> ProbeOutcome {
        let command = sqlite_probe::helper_command(self.hands.own_exe(), file, table, limit);
        match self.hands.run_helper(&self.spec, &command, limit) {
            Ok(outcome) => sqlite_probe::outcome(file, &outcome.output),
            Err(error) => failed(format!("the probe of {}: {error}", file.display())),
        }
    }
}
