//! What must hold before a start: nothing of an earlier run lives, the port is free, the database is unlocked.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use director_core::event::Fact;
use director_core::report::Finding;
use director_core::spec::ServiceSpec;
use director_doctor::{database, port, twin};
use director_sys::identity::{self, ProcessId};

use crate::hands::Hands;

/// Whether there is anything to check at all; without, a start needs no thread.
pub(crate) fn needed(spec: &ServiceSpec, leftovers: &[ProcessId], twins: &[SocketAddr]) -> bool {
    !twins.is_empty() || spec.port.is_some() || spec.database.is_some() || !leftovers.is_empty()
}

/// Looks at everything in turn. Blocks for as long as the database helper may take.
pub(crate) fn check(
    hands: &Hands,
    spec: &Arc<ServiceSpec>,
    leftovers: &[ProcessId],
    twins: &[SocketAddr],
) -> Fact {
    match leftover_finding(leftovers)
        .or_else(|| twin_finding(twins))
        .or_else(|| port_finding(spec))
        .or_else(|| database_finding(hands, spec))
    {
        Some(finding) => Fact::StartObstructed(finding),
        None => Fact::StartClear,
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
        holders: Vec::new(),
    })
}

/// Who was seen to answer in the place of the last run, and still would.
fn twin_finding(twins: &[SocketAddr]) -> Option<Finding> {
    (!twins.is_empty()).then(|| twin::finding(twins)).flatten()
}

fn port_finding(spec: &ServiceSpec) -> Option<Finding> {
    let host: IpAddr = spec.host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    port::check(host, spec.port?)
}

fn database_finding(hands: &Hands, spec: &Arc<ServiceSpec>) -> Option<Finding> {
    let wanted = spec.database.as_ref()?;
    let command = database::helper_command(hands.own_exe(), wanted);
    match hands.run_helper(spec, &command, database::LIMIT) {
        Ok(outcome) => database::finding(wanted, &outcome.output),
        Err(error) => database::unanswered(wanted, &error.to_string()),
    }
}
