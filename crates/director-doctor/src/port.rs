//! Whether a port can be bound, and who is in the way.

use std::net::IpAddr;

use director_core::report::Finding;
use director_sys::port_owner::{self, PortOwner, PortState};

/// The finding when `host:port` is taken; none when it is free or nobody can tell.
#[must_use]
pub fn check(host: IpAddr, port: u16) -> Option<Finding> {
    match port_owner::check(host, port) {
        Ok(PortState::Held(owners)) => Some(finding(port, &owners)),
        // A table that cannot be read must not keep a service down: the program itself finds out.
        Ok(PortState::Free) | Err(_) => None,
    }
}

fn finding(port: u16, owners: &[PortOwner]) -> Finding {
    let first = owners.iter().find_map(|owner| owner.process.as_ref());
    let holder = first.map_or_else(|| "another process".to_owned(), crate::describe);
    Finding {
        code: "port-in-use".to_owned(),
        summary: format!("port {port} is held by {holder}"),
        evidence: owners.iter().map(evidence).collect(),
        remedy: vec![
            "end that program with its own means, or with the Task Manager (Windows) or `kill` (Linux)"
                .to_owned(),
            format!("or give the service another port, in its command and in its `port = {port}`"),
            "the service starts by itself as soon as the port is free".to_owned(),
        ],
        avoid: vec![
            "ending a process that you do not know: it may serve something else".to_owned(),
            "starting the service by hand on the same port".to_owned(),
        ],
        holders: Vec::new(),
    }
}

fn evidence(owner: &PortOwner) -> String {
    let who = match (&owner.process, owner.pid) {
        (Some(info), _) => crate::describe(info),
        (None, Some(pid)) => {
            format!("pid {pid}, which has ended: a child that inherited its socket keeps the port")
        }
        (None, None) => "a process that this account may not see".to_owned(),
    };
    format!("{} is held by {who}", owner.address)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_held_port_names_its_holder() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let finding = check(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port).expect("a finding");
        assert_eq!(finding.code, "port-in-use");
        assert!(
            finding.evidence[0].contains(&format!("pid {}", std::process::id())),
            "{finding:?}"
        );
        drop(listener);
        assert_eq!(check(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port), None);
    }
}
