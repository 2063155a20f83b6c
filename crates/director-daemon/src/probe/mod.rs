//! Asking services how they are.

pub(crate) mod http;
mod tcp;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use director_core::event::ProbeOutcome;
use director_core::report::HealthAnswer;
use director_core::spec::{HealthSpec, ProbeKind, ServiceSpec};
use director_sys::reaper::ExitStatus;

use crate::hands::Hands;

/// Asks once, within the probe's timeout. Blocks.
pub(crate) fn ask(hands: &Hands, spec: &Arc<ServiceSpec>, health: &HealthSpec) -> ProbeOutcome {
    let limit = Duration::from_millis(health.timeout_ms);
    match &health.probe {
        ProbeKind::Http(url) => http::get(url, health, limit),
        ProbeKind::Tcp(address) => tcp::connect(address, limit),
        ProbeKind::Exec(command) => exec(hands, spec, command, limit),
    }
}

fn exec(hands: &Hands, spec: &Arc<ServiceSpec>, command: &[String], limit: Duration) -> ProbeOutcome {
    let outcome = match hands.run_helper(spec, command, limit) {
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
        ExitStatus::Code(code) => failed(format!("the probe's command ended with exit code {code}: {said}")),
        ExitStatus::Signal { number, .. } => {
            failed(format!("the probe's command was ended by signal {number}"))
        }
    }
}

fn failed(detail: String) -> ProbeOutcome {
    ProbeOutcome::Failed { detail, answer: None }
}
