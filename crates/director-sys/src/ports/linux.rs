//! A bound socket that never listens.

use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::linux::check;

pub(super) fn bind(address: SocketAddr) -> io::Result<()> {
    let family = match address {
        SocketAddr::V4(_) => libc::AF_INET,
        SocketAddr::V6(_) => libc::AF_INET6,
    };
    // SAFETY: socket takes no pointers.
    let socket = check(unsafe { libc::socket(family, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // As servers do: what is left of ended connections is not in the way.
    let yes: libc::c_int = 1;
    // SAFETY: the option is an int, which lives through the call.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_REUSEADDR,
            (&raw const yes).cast(),
            size_of_val(&yes) as libc::socklen_t,
        )
    })?;
    match address {
        SocketAddr::V4(four) => {
            // SAFETY: plain data for which all zeroes is a valid value.
            let mut name: libc::sockaddr_in = unsafe { std::mem::zeroed() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = four.port().to_be();
            name.sin_addr.s_addr = u32::from_ne_bytes(four.ip().octets());
            bind_to(&socket, &name)
        }
        SocketAddr::V6(six) => {
            // SAFETY: plain data for which all zeroes is a valid value.
            let mut name: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = six.port().to_be();
            name.sin6_addr.s6_addr = six.ip().octets();
            name.sin6_scope_id = six.scope_id();
            bind_to(&socket, &name)
        }
    }
}

/// `Name` is the address structure of the socket's family.
fn bind_to<Name>(socket: &OwnedFd, name: &Name) -> io::Result<()> {
    let length = size_of::<Name>() as libc::socklen_t;
    // SAFETY: the descriptor is open, and the structure has the length that is passed and lives through the call.
    check(unsafe { libc::bind(socket.as_raw_fd(), std::ptr::from_ref(name).cast(), length) })?;
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the other system's answer can fail")]
pub(super) fn excluded_ranges() -> io::Result<Vec<RangeInclusive<u16>>> {
    Ok(Vec::new())
}
