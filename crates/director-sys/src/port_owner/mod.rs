//! Who holds a TCP port that a service wants to listen on.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::identity::ProcessInfo;

/// A listening socket in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortOwner {
    /// What it listens on.
    pub address: SocketAddr,
    /// The process, when it could be read.
    pub process: Option<ProcessInfo>,
    /// The process number, when the system tells it. A pid without a process is a dead owner (Windows: an inherited socket).
    pub pid: Option<u32>,
}

/// Whether a port can be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortState {
    /// Nobody listens there.
    Free,
    /// These do, one entry per socket and process, ordered by address.
    Held(Vec<PortOwner>),
}

/// The listening TCP sockets that conflict with binding `host:port`: the same address, or either side a wildcard. The IPv6
/// wildcard is taken to cover IPv4 too, as it does unless a program asks otherwise.
///
/// # Errors
/// When the socket table cannot be read.
pub fn check(host: IpAddr, port: u16) -> io::Result<PortState> {
    let mut owners: Vec<PortOwner> = imp::listeners(port)?
        .into_iter()
        .filter(|owner| conflicts(host, owner.address.ip()))
        .collect();
    if owners.is_empty() {
        return Ok(PortState::Free);
    }
    imp::attribute(&mut owners)?;
    owners.sort_by_key(|owner| (owner.address, owner.pid));
    owners.dedup();
    Ok(PortState::Held(owners))
}

fn conflicts(wanted: IpAddr, held: IpAddr) -> bool {
    let (wanted, held) = (wanted.to_canonical(), held.to_canonical());
    if wanted == held {
        return true;
    }
    match (wanted, held) {
        (IpAddr::V4(wanted), IpAddr::V4(held)) => wanted.is_unspecified() || held.is_unspecified(),
        (IpAddr::V6(wanted), IpAddr::V6(held)) => wanted.is_unspecified() || held.is_unspecified(),
        (IpAddr::V4(_), IpAddr::V6(held)) => held.is_unspecified(),
        (IpAddr::V6(wanted), IpAddr::V4(_)) => wanted.is_unspecified(),
    }
}
