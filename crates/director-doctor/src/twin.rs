//! Who answers on a loopback address: the run itself, or another process in its place.
//!
//! A stale twin, such as a copy that somebody started by hand, answers "healthy" for a run that cannot even listen.

use std::io;
use std::net::{IpAddr, SocketAddr};

use director_core::event::AnswerOwner;
use director_core::report::{Finding, Holder, HolderState};
use director_core::time::WallTime;
use director_sys::identity::{ProcessId, ProcessInfo};
use director_sys::port_owner::{self, PortOwner, PortState};

/// The finding's code.
pub const CODE: &str = "stale-twin";
/// Windows: the kernel, which listens for every program that uses http.sys.
const KERNEL: u32 = 4;

/// Who answers at the first of these addresses at which somebody listens. `members` are the processes of the run.
#[must_use]
pub fn look(addresses: &[SocketAddr], members: impl FnOnce() -> io::Result<Vec<ProcessId>>) -> AnswerOwner {
    if let Some(other) = addresses.iter().find(|address| !is_loopback(address.ip())) {
        return AnswerOwner::Unknown(format!("{} is no loopback address", other.ip()));
    }
    let (address, owners) = match listeners(addresses) {
        Ok(Some(found)) => found,
        Ok(None) => return AnswerOwner::Unknown("nobody is seen to listen there any more".to_owned()),
        Err(error) => {
            return AnswerOwner::Unknown(format!("the system's table of sockets cannot be read: {error}"));
        }
    };
    match members() {
        Ok(members) => judge(address, &owners, &members),
        Err(error) => AnswerOwner::Unknown(format!("the processes of the run cannot be listed: {error}")),
    }
}

/// The finding while a known process listens at one of these addresses, at a time at which no run lives.
#[must_use]
pub fn finding(addresses: &[SocketAddr]) -> Option<Finding> {
    match look(addresses, || Ok(Vec::new())) {
        AnswerOwner::Foreign(finding) => Some(*finding),
        AnswerOwner::Ours | AnswerOwner::Unknown(_) => None,
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The sockets that take a connection to the first of the addresses which is listened on.
fn listeners(addresses: &[SocketAddr]) -> io::Result<Option<(SocketAddr, Vec<PortOwner>)>> {
    for address in addresses {
        if let PortState::Held(owners) = port_owner::check(address.ip(), address.port())? {
            return Ok(Some((*address, nearest(address.ip(), owners))));
        }
    }
    Ok(None)
}

/// A socket of the very address takes the connection before one of all addresses.
fn nearest(ip: IpAddr, owners: Vec<PortOwner>) -> Vec<PortOwner> {
    let distance = |owner: &PortOwner| {
        let held = owner.address.ip();
        match (
            held.to_canonical() == ip.to_canonical(),
            held.is_ipv4() == ip.is_ipv4(),
        ) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    };
    let least = owners.iter().map(distance).min();
    owners
        .into_iter()
        .filter(|owner| Some(distance(owner)) == least)
        .collect()
}

fn judge(address: SocketAddr, owners: &[PortOwner], members: &[ProcessId]) -> AnswerOwner {
    let known: Vec<&ProcessInfo> = owners.iter().filter_map(|owner| owner.process.as_ref()).collect();
    if known.iter().any(|process| members.contains(&process.id)) {
        return AnswerOwner::Ours;
    }
    let kernel =
        std::env::consts::FAMILY == "windows" && owners.iter().any(|owner| owner.pid == Some(KERNEL));
    if kernel {
        let because = "the port belongs to http.sys, which listens for many programs";
        return AnswerOwner::Unknown(because.to_owned());
    }
    // Several processes may share the socket, and one that nobody may look at may be ours.
    match (known.first(), known.len() == owners.len()) {
        (Some(first), true) => AnswerOwner::Foreign(Box::new(found(address, first, &known))),
        (Some(_) | None, _) => {
            let because = format!("the owner of {address} is not visible to this account");
            AnswerOwner::Unknown(because)
        }
    }
}

fn found(address: SocketAddr, first: &ProcessInfo, known: &[&ProcessInfo]) -> Finding {
    let port = address.port();
    let pid = first.id.pid;
    Finding {
        code: CODE.to_owned(),
        summary: format!(
            "another process answers in its place: {} (pid {pid}) listens on port {port}",
            first.name
        ),
        evidence: known.iter().map(|process| evidence(address, process)).collect(),
        remedy: vec![
            format!("end the process {pid} with its own means, or with the Task Manager (Windows) or `kill {pid}` (Linux)"),
            "the service starts by itself as soon as that process listens no more".to_owned(),
            "if that process is meant to answer for the service, such as a proxy or a container: write owner_check = false beside the probe's address".to_owned(),
        ],
        avoid: vec![
            "ending a process that you do not know: it may serve something else".to_owned(),
            "starting the service by hand on the same port".to_owned(),
        ],
        holders: known.iter().map(|process| holder(process)).collect(),
    }
}

fn evidence(address: SocketAddr, process: &ProcessInfo) -> String {
    let path = process.exe.as_ref();
    let path = path.map(|exe| format!(", {}", exe.display())).unwrap_or_default();
    format!("{address} is answered by {}{path}", crate::describe(process))
}

fn holder(process: &ProcessInfo) -> Holder {
    Holder {
        pid: process.id.pid,
        start: process.id.start,
        name: process.name.clone(),
        user: process.user.clone(),
        file: None,
        since: process.started_unix_ms.map(WallTime),
        state: match (process.exiting, process.frozen) {
            (true, _) => HolderState::Exiting,
            (false, true) => HolderState::Suspended,
            (false, false) => HolderState::Alive,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use director_sys::identity;

    use super::*;

    fn listening(ip: Ipv4Addr) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    #[test]
    fn a_member_is_ours_and_anybody_else_is_named() {
        for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let (_listener, address) = listening(ip);
            let me = identity::current().unwrap();
            assert_eq!(look(&[address], || Ok(vec![me])), AnswerOwner::Ours, "{ip}");
            let finding = finding(&[address]).expect("a foreigner");
            assert_eq!((finding.code.as_str(), finding.holders[0].pid), (CODE, me.pid));
            assert!(finding.holders[0].since.is_some(), "{finding:?}");
            let exe = std::env::current_exe().unwrap();
            let name = exe.file_name().unwrap().to_string_lossy().into_owned();
            assert!(finding.evidence[0].contains(&name), "{finding:?}");
        }
    }

    #[test]
    fn the_same_pid_with_another_start_is_no_member() {
        let (_listener, address) = listening(Ipv4Addr::LOCALHOST);
        let me = identity::current().unwrap();
        let earlier = ProcessId {
            start: me.start + 1,
            ..me
        };
        assert!(matches!(
            look(&[address], || Ok(vec![earlier])),
            AnswerOwner::Foreign(_)
        ));
    }

    #[test]
    fn nobody_and_elsewhere_are_unknown() {
        let (listener, address) = listening(Ipv4Addr::LOCALHOST);
        drop(listener);
        let owner = look(&[address], || Ok(Vec::new()));
        assert!(matches!(owner, AnswerOwner::Unknown(because) if because.contains("nobody")));
        let elsewhere = SocketAddr::from(([192, 0, 2, 1], 80));
        let owner = look(&[elsewhere], || Ok(Vec::new()));
        assert!(matches!(owner, AnswerOwner::Unknown(because) if because.contains("no loopback")));
    }

    #[test]
    fn the_first_address_with_a_listener_decides() {
        let (_listener, address) = listening(Ipv4Addr::LOCALHOST);
        let six = SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port());
        let me = identity::current().unwrap();
        assert_eq!(look(&[six, address], || Ok(vec![me])), AnswerOwner::Ours);
    }

    #[test]
    fn processes_that_cannot_be_listed_make_the_owner_unknown() {
        let (_listener, address) = listening(Ipv4Addr::LOCALHOST);
        let owner = look(&[address], || Err(io::Error::other("no")));
        assert!(matches!(owner, AnswerOwner::Unknown(because) if because.contains("cannot be listed")));
    }
}
