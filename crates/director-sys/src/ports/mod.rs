//! Ports that nobody holds and that still cannot be had: what the system keeps for itself, and what it says when one is asked for.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// Why an address cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A socket has it already (`EADDRINUSE`, `WSAEADDRINUSE`).
    InUse,
    /// The system forbids it (`EACCES`, `WSAEACCES`): a low port without the right to it (Linux); an excluded range, or a socket
    /// that wants the port for itself alone, such as that of http.sys (Windows).
    Forbidden,
    /// No network card of this machine has the address (`EADDRNOTAVAIL`, `WSAEADDRNOTAVAIL`).
    NoSuchAddress,
}

/// Binds a TCP socket and gives it back at once, without ever listening: nobody can connect to it meanwhile. `None`: it worked.
///
/// # Errors
/// Whatever else kept it from being bound, such as an address family that the machine does not have.
pub fn try_bind(address: SocketAddr) -> io::Result<Option<Refusal>> {
    match imp::bind(address) {
        Ok(()) => Ok(None),
        Err(error) => match error.kind() {
            io::ErrorKind::AddrInUse => Ok(Some(Refusal::InUse)),
            io::ErrorKind::PermissionDenied => Ok(Some(Refusal::Forbidden)),
            io::ErrorKind::AddrNotAvailable => Ok(Some(Refusal::NoSuchAddress)),
            _ => Err(error),
        },
    }
}

/// The TCP ports that the system lets nobody bind, in order. Linux has none: what it reserves it only does not give away by itself.
///
/// Windows tells them by `netsh` alone (`show excludedportrange`), which is run for it, for five seconds at most: ask when a bind
/// was refused, and not before each start.
///
/// # Errors
/// `netsh` could not be run, failed, or took too long.
pub fn excluded_ranges() -> io::Result<Vec<RangeInclusive<u16>>> {
    imp::excluded_ranges()
}
