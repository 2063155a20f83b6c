//! The commands of a watch: may the new state be used (`validate`), and what is done for it (`exec`).

use std::time::Duration;

use director_core::spec::{ServiceSpec, WatchAction};
use director_core::time::Millis;

use crate::hands::Hands;
use crate::words;

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
    let limit = Duration::from_millis(limit_ms);
    words::failure(command, hands.run_helper(service, command, limit))
}
