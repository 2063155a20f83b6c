//! The commands of a watch: may the new state be used (`validate`), and what is done for it (`exec`).

use std::time::Duration;

use director_core::spec::{ServiceSpec, WatchAction};
use director_core::time::Millis;
use director_sys::reaper::ExitStatus;

use crate::hands::Hands;

/// As much of the command's words as is told.
const WORDS: usize = 300;

/// Why the new state may not be used.
pub(super) fn refusal(hands: &Hands, service: &ServiceSpec) -> Option<String> {
    let watch = service.watch.as_ref()?;
    run(
        hands,
        service,
        watch.validate.as_ref()?,
        watch.validate_timeout_ms,
    )
}

/// Runs the command of `watch.action`. Why it failed, if it did.
pub(crate) fn act(hands: &Hands, service: &ServiceSpec) -> Option<String> {
    match &service.watch.as_ref()?.action {
        WatchAction::Exec { command, timeout_ms } => run(hands, service, command, *timeout_ms),
        WatchAction::Restart => None,
    }
}

/// Runs a command in the service's folder and environment. Why it failed, if it did.
fn run(hands: &Hands, service: &ServiceSpec, command: &[String], limit_ms: Millis) -> Option<String> {
    match hands.run_helper(service, command, Duration::from_millis(limit_ms)) {
        Ok(outcome) if outcome.status == ExitStatus::Code(0) => None,
        Ok(outcome) => {
            let how = match outcome.status {
                ExitStatus::Code(code) => format!("exit code {code}"),
                ExitStatus::Signal { number, .. } => format!("signal {number}"),
            };
            Some(format!(
                "`{}` ended with {how}{}",
                command.join(" "),
                words(&outcome.output)
            ))
        }
        Err(error) => Some(format!("`{}`: {error}", command.join(" "))),
    }
}

/// The last words of a command, as a continuation of a sentence.
pub(super) fn words(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let said = lines[lines.len().saturating_sub(3)..].join(" / ");
    let from = said.char_indices().rev().nth(WORDS).map_or(0, |(at, _)| at);
    if said.is_empty() {
        String::new()
    } else {
        format!(": {}", &said[from..])
    }
}
