//! Listening sockets from `/proc/net/tcp` and `tcp6`, their holders by the sockets' inodes in `/proc/PID/fd`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::PortOwner;
use crate::identity;
use crate::linux::procfs;

/// `TCP_LISTEN` in the kernel's table.
const LISTENING: &str = "0A";

struct Socket {
    address: SocketAddr,
    inode: u64,
}

pub(crate) fn listeners(port: u16) -> io::Result<Vec<PortOwner>> {
    let sockets = sockets(port)?;
    Ok(sockets
        .into_iter()
        .map(|socket| PortOwner {
            address: socket.address,
            process: None,
            pid: None,
        })
        .collect())
}

/// Replaces each address by one entry for each process that holds a socket there; whom we may not look at stays unnamed.
pub(crate) fn attribute(owners: &mut Vec<PortOwner>) -> io::Result<()> {
    let wanted: HashSet<SocketAddr> = owners.iter().map(|owner| owner.address).collect();
    let ports: HashSet<u16> = wanted.iter().map(SocketAddr::port).collect();
    let mut by_inode = HashMap::new();
    for port in ports {
        let found = sockets(port)?
            .into_iter()
            .filter(|socket| wanted.contains(&socket.address));
        by_inode.extend(found.map(|socket| (socket.inode, socket.address)));
    }
    let mut named = Vec::new();
    for pid in procfs::pids()? {
        for address in addresses_held(pid, &by_inode) {
            let process = identity::describe(pid).ok().flatten();
            named.push(PortOwner {
                address,
                process,
                pid: Some(pid),
            });
        }
    }
    owners.retain(|owner| !named.iter().any(|known| known.address == owner.address));
    owners.extend(named);
    Ok(())
}

fn addresses_held(pid: u32, by_inode: &HashMap<u64, SocketAddr>) -> HashSet<SocketAddr> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return HashSet::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let link = fs::read_link(entry.path()).ok()?;
            let inode = link
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?
                .parse::<u64>()
                .ok()?;
            by_inode.get(&inode).copied()
        })
        .collect()
}

fn sockets(port: u16) -> io::Result<Vec<Socket>> {
    let mut found = parse(&fs::read_to_string("/proc/net/tcp")?, port);
    match fs::read_to_string("/proc/net/tcp6") {
        Ok(table) => found.extend(parse(&table, port)),
        // A kernel without IPv6.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(found)
}

fn parse(table: &str, port: u16) -> Vec<Socket> {
    let lines = table.lines().skip(1).filter_map(parse_line);
    lines.filter(|socket| socket.address.port() == port).collect()
}

/// Fields: slot, local address, remote address, state, ..., inode as the tenth.
fn parse_line(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    if *fields.get(3)? != LISTENING {
        return None;
    }
    let (ip, port) = fields.get(1)?.split_once(':')?;
    let address = SocketAddr::new(parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?);
    Some(Socket {
        address,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// The kernel prints network-order addresses as 32-bit numbers of the machine.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let word = |index: usize| {
        let digits = text.get(index * 8..index * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}
