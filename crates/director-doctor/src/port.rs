//! Whether a port can be bound, and who is in the way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use director_core::report::{Finding, Holder};
use director_sys::port_owner::{self, PortOwner, PortState};
use director_sys::ports::{self, Refusal};

use crate::{holders, steps};

/// The process of Windows' own HTTP service, and of everything else in its kernel.
const WINDOWS_KERNEL: u32 = 4;

/// The address that a service binds.
#[must_use]
pub fn host(text: &str) -> IpAddr {
    text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The finding when `host:port` is taken; none when it is free or nobody can tell.
#[must_use]
pub fn check(host: IpAddr, port: u16) -> Option<Finding> {
    if !is_windows() && can_be_bound(host, port) {
        return None;
    }
    match port_owner::check(host, port) {
        Ok(PortState::Held(owners)) => Some(finding(port, &owners)),
        // Elsewhere the program may have a right that the director has not, such as to a low port.
        Ok(PortState::Free) if is_windows() => match ports::try_bind((host, port).into()) {
            Ok(Some(Refusal::Forbidden)) => Some(refused(port, ports::excluded_ranges().ok().as_deref())),
            Ok(Some(Refusal::InUse | Refusal::NoSuchAddress) | None) | Err(_) => None,
        },
        // A table that cannot be read must not keep a service down: the program itself finds out.
        Ok(PortState::Free) | Err(_) => None,
    }
}

/// Whether the system would give the port, for all addresses by either protocol. It answers within microseconds, while the table
/// of sockets takes milliseconds, however few there are. A port of nobody's that is refused is left to the table.
fn can_be_bound(host: IpAddr, port: u16) -> bool {
    let wildcard = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let six = match ports::try_bind((wildcard, port).into()) {
        Ok(refusal) => refusal.is_none(),
        // A machine without IPv6 has nobody there.
        Err(_) => true,
    };
    let own = matches!(ports::try_bind((host, port).into()), Ok(None));
    own && (six || host != IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The system refuses the port, and nobody listens there. `ranges`: those that it keeps for itself, if it told them.
fn refused(port: u16, ranges: Option<&[RangeInclusive<u16>]>) -> Finding {
    let excluded = ranges.and_then(|ranges| ranges.iter().find(|range| range.contains(&port)));
    let why = match (excluded, ranges) {
        (Some(range), _) => format!(
            "it lies in the excluded range {} to {}",
            range.start(),
            range.end()
        ),
        (None, Some(_)) => {
            "it lies in no excluded range, so http.sys or a program that wants it alone has it".to_owned()
        }
        (None, None) => "an excluded range or http.sys may be why".to_owned(),
    };
    Finding {
        code: "port-refused".to_owned(),
        summary: format!("Windows refuses port {port}, which nobody listens on: {why}"),
        evidence: vec!["a bind was forbidden, and the table of sockets has no owner".to_owned()],
        remedy: vec![
            "see the ranges: `netsh int ipv4 show excludedportrange tcp`; Hyper-V and WSL take some at each boot".to_owned(),
            "see what listens through http.sys: `netsh http show servicestate`, as an Administrator".to_owned(),
            format!("keep the port for the service: `netsh int ipv4 add excludedportrange tcp startport={port} numberofports=1` right after a boot"),
            format!("or give the service another port, in its command and in its `port = {port}`"),
        ],
        avoid: vec!["restarting the service again and again: the port stays refused".to_owned()],
        holders: Vec::new(),
    }
}

fn finding(port: u16, owners: &[PortOwner]) -> Finding {
    let mut found: Vec<Holder> = Vec::new();
    for process in owners.iter().filter_map(|owner| owner.process.as_ref()) {
        if found.iter().all(|known| known.pid != process.id.pid) {
            found.push(holders::of(process, None));
        }
    }
    let kernel = is_windows() && owners.iter().any(|owner| owner.pid == Some(WINDOWS_KERNEL));
    let who = match found.first() {
        _ if kernel => "Windows' own HTTP service, http.sys".to_owned(),
        Some(first) => holders::brief(first),
        None => "another process".to_owned(),
    };
    let free = "the port is free";
    let mut remedy = match found.as_slice() {
        _ if kernel => vec![
            "see which program listens through it: `netsh http show servicestate`, as an Administrator; stop that program or its site (IIS, reporting services, …)".to_owned(),
            format!("the service starts by itself as soon as {free}"),
        ],
        [] => steps::for_nobody(free),
        some => steps::for_holders(some, free),
    };
    remedy.push(format!(
        "or give the service another port, in its command and in its `port = {port}`"
    ));
    Finding {
        code: "port-in-use".to_owned(),
        summary: format!("port {port} is held by {who}"),
        evidence: owners.iter().map(evidence).collect(),
        remedy,
        avoid: vec![
            "ending a process that you do not know: it may serve something else".to_owned(),
            "starting the service by hand on the same port".to_owned(),
        ],
        holders: if kernel { Vec::new() } else { found },
    }
}

fn is_windows() -> bool {
    std::env::consts::FAMILY == "windows"
}

fn evidence(owner: &PortOwner) -> String {
    let who = match (&owner.process, owner.pid) {
        (Some(info), _) => {
            let path = info.exe.as_ref().map(|exe| format!(", {}", exe.display()));
            format!("{}{}", crate::describe(info), path.unwrap_or_default())
        }
        (None, Some(pid)) => {
            format!("pid {pid}, which has ended: a child that inherited its socket keeps the port")
        }
        (None, None) => "a process that this account may not see".to_owned(),
    };
    format!("{} is held by {who}", owner.address)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_refused_port_is_explained_by_its_range_or_by_http_sys() {
        for (ranges, phrase) in [
            (Some(&[50_000..=50_059][..]), "excluded range 50000 to 50059"),
            (Some(&[80..=80][..]), "in no excluded range, so http.sys"),
            (None, "an excluded range or http.sys"),
        ] {
            let finding = refused(50_010, ranges);
            assert!(finding.summary.contains(phrase), "{finding:?}");
        }
    }

    #[test]
    fn a_held_port_names_its_holder() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let finding = check(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port).expect("a finding");
        assert_eq!(finding.code, "port-in-use");
        let me = std::process::id();
        assert!(finding.evidence[0].contains(&format!("pid {me}")), "{finding:?}");
        assert_eq!(finding.holders[0].pid, me);
        let steps = finding.remedy.join("\n");
        assert!(
            steps.contains(&me.to_string()),
            "the command with its pid: {steps}"
        );
        drop(listener);
        assert_eq!(check(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port), None);
    }
}
