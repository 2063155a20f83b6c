//! Listening sockets from the system's table of TCP owners.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, NO_ERROR};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, TCP_TABLE_OWNER_PID_LISTENER,
};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};

use super::PortOwner;
use crate::identity;
use crate::windows::os_error;

pub(crate) fn listeners(port: u16) -> io::Result<Vec<PortOwner>> {
    let mut owners = Vec::new();
    // SAFETY: the family's table has rows of this type (documentation of GetExtendedTcpTable).
    for row in unsafe { rows::<MIB_TCPROW_OWNER_PID>(u32::from(AF_INET))? } {
        // Addresses and ports stand in network order in the memory of the numbers.
        let address = IpAddr::from(Ipv4Addr::from(row.dwLocalAddr.to_ne_bytes()));
        owners.push(owner(
            SocketAddr::new(address, network_port(row.dwLocalPort)),
            row.dwOwningPid,
        ));
    }
    // SAFETY: as above. A system without IPv6 answers that it does not know the family.
    for row in unsafe { rows::<MIB_TCP6ROW_OWNER_PID>(u32::from(AF_INET6)) }.unwrap_or_default() {
        let address = Ipv6Addr::from(row.ucLocalAddr);
        let address = SocketAddrV6::new(address, network_port(row.dwLocalPort), 0, row.dwLocalScopeId);
        owners.push(owner(address.into(), row.dwOwningPid));
    }
    owners.retain(|owner| owner.address.port() == port);
    Ok(owners)
}

/// Looks up the processes. One that does not exist leaves a pid without a process: a child inherited the socket and lives on.
pub(crate) fn attribute(owners: &mut Vec<PortOwner>) -> io::Result<()> {
    for owner in owners {
        if let Some(pid) = owner.pid {
            owner.process = identity::describe(pid)?;
        }
    }
    Ok(())
}

fn owner(address: SocketAddr, pid: u32) -> PortOwner {
    PortOwner {
        address,
        process: None,
        pid: Some(pid),
    }
}

fn network_port(field: u32) -> u16 {
    let [high, low, ..] = field.to_ne_bytes();
    u16::from_be_bytes([high, low])
}

/// # Safety
/// The listener table of `family` must have rows of type `Row`.
unsafe fn rows<Row: Copy>(family: u32) -> io::Result<Vec<Row>> {
    let mut bytes = 16 * 1024;
    // The table may grow between two calls, but not for ever.
    for _ in 0..16 {
        let mut buffer = vec![0_u64; (bytes as usize).div_ceil(8)];
        let mut size = (buffer.len() * 8) as u32;
        // SAFETY: the buffer has the size that is passed; the size lives through the call.
        let result = unsafe {
            GetExtendedTcpTable(
                buffer.as_mut_ptr().cast(),
                &mut size,
                0,
                family,
                TCP_TABLE_OWNER_PID_LISTENER,
                0,
            )
        };
        match result {
            NO_ERROR => {
                let begin = buffer.as_ptr().cast::<u8>();
                // SAFETY: the table begins with the number of rows.
                let count = unsafe { begin.cast::<u32>().read() } as usize;
                let fitting = (buffer.len() * 8 - 4) / size_of::<Row>();
                // SAFETY: the rows follow the number, and `fitting` of them lie within the buffer. They are plain numbers, read
                // without regard to alignment.
                return Ok((0..count.min(fitting))
                    .map(|index| unsafe {
                        begin
                            .add(4 + index * size_of::<Row>())
                            .cast::<Row>()
                            .read_unaligned()
                    })
                    .collect());
            }
            ERROR_INSUFFICIENT_BUFFER => bytes = size.max(bytes).saturating_add(4 * 1024),
            error => return Err(os_error(error)),
        }
    }
    Err(os_error(ERROR_INSUFFICIENT_BUFFER))
}
