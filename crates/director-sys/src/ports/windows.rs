//! A bound socket that never listens, and the list of `netsh`.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::os::windows::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, INVALID_SOCKET, SOCK_STREAM, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, SOCKET,
    WSA_FLAG_NO_HANDLE_INHERIT, WSACleanup, WSADATA, WSAGetLastError, WSASocketW, WSAStartup,
    bind as bind_socket, closesocket,
};
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

use crate::windows::system_folder;

/// `netsh` answers in a tenth of this.
const LIMIT: Duration = Duration::from_secs(5);
/// More than all ports in lines of their own.
const MOST_BYTES: usize = 4 << 20;
/// Version 2.2 of the socket library.
const WINSOCK: u16 = 0x0202;

/// The socket library, as long as it is needed.
struct Library;

impl Library {
    fn load() -> io::Result<Self> {
        // SAFETY: an all-zero structure is a valid one to be filled.
        let mut data: WSADATA = unsafe { std::mem::zeroed() };
        // SAFETY: the out parameter lives through the call.
        match unsafe { WSAStartup(WINSOCK, &mut data) } {
            0 => Ok(Self),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: paired with the start above.
        unsafe { WSACleanup() };
    }
}

struct Socket(SOCKET);

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the socket is ours and closed once.
        unsafe { closesocket(self.0) };
    }
}

fn last_error() -> io::Error {
    // SAFETY: reads a number of this thread.
    io::Error::from_raw_os_error(unsafe { WSAGetLastError() })
}

pub(super) fn bind(address: SocketAddr) -> io::Result<()> {
    let _library = Library::load()?;
    let family = match address {
        SocketAddr::V4(_) => AF_INET,
        SocketAddr::V6(_) => AF_INET6,
    };
    // SAFETY: plain values; no protocol entry is given.
    let socket = unsafe {
        WSASocketW(
            family.into(),
            SOCK_STREAM,
            0,
            std::ptr::null(),
            0,
            WSA_FLAG_NO_HANDLE_INHERIT,
        )
    };
    if socket == INVALID_SOCKET {
        return Err(last_error());
    }
    let socket = Socket(socket);
    match address {
        SocketAddr::V4(four) => {
            let mut name = SOCKADDR_IN {
                sin_family: AF_INET,
                sin_port: four.port().to_be(),
                ..SOCKADDR_IN::default()
            };
            name.sin_addr.S_un.S_addr = u32::from_ne_bytes(four.ip().octets());
            bind_to(&socket, &name)
        }
        SocketAddr::V6(six) => {
            let mut name = SOCKADDR_IN6 {
                sin6_family: AF_INET6,
                sin6_port: six.port().to_be(),
                ..SOCKADDR_IN6::default()
            };
            name.sin6_addr.u.Byte = six.ip().octets();
            name.Anonymous.sin6_scope_id = six.scope_id();
            bind_to(&socket, &name)
        }
    }
}

/// `Name` is the address structure of the socket's family.
fn bind_to<Name>(socket: &Socket, name: &Name) -> io::Result<()> {
    // SAFETY: the socket is open, and the structure has the length that is passed and lives through the call.
    let result = unsafe {
        bind_socket(
            socket.0,
            std::ptr::from_ref(name).cast::<SOCKADDR>(),
            size_of::<Name>() as i32,
        )
    };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

pub(super) fn excluded_ranges() -> io::Result<Vec<RangeInclusive<u16>>> {
    let mut ranges = of_family("ipv4")?;
    // A machine may be without IPv6.
    ranges.extend(of_family("ipv6").unwrap_or_default());
    ranges.sort_unstable_by_key(|range| (*range.start(), *range.end()));
    ranges.dedup();
    Ok(ranges)
}

fn of_family(family: &str) -> io::Result<Vec<RangeInclusive<u16>>> {
    let mut child = Command::new(system_folder()?.join("netsh.exe"))
        .args(["int", family, "show", "excludedportrange", "protocol=tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .creation_flags(CREATE_NO_WINDOW)
        .spawn()?;
    let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (words, inbox) = mpsc::channel();
    // Ends with the pipe, which the end of the child closes.
    let reader = thread::Builder::new().spawn(move || {
        let _ = words.send(read_all(out));
    });
    let text = match reader {
        Ok(_) => inbox.recv_timeout(LIMIT),
        Err(_) => Err(mpsc::RecvTimeoutError::Disconnected),
    };
    if text.is_err() {
        let _ = child.kill();
    }
    let status = child.wait()?;
    let text = text.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "netsh gives no answer"))??;
    if !status.success() {
        return Err(io::Error::other(format!("netsh failed: {status}")));
    }
    // In the code page of the console, but digits are digits in all of them.
    Ok(parse(&String::from_utf8_lossy(&text)))
}

/// By plain reads: the library's reading to the end takes the pipe for a synchronous one, which ends the program where it is not
/// (under Wine).
fn read_all(mut out: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut some = [0_u8; 4096];
    loop {
        match out.read(&mut some)? {
            0 => return Ok(text),
            length if text.len() < MOST_BYTES => text.extend_from_slice(&some[..length]),
            // What comes beyond that is read, so that the child is not held up, and forgotten.
            _ => {}
        }
    }
}

/// A line with two port numbers, and perhaps a star for a range that an administrator made, whatever the language of the rest.
fn parse(text: &str) -> Vec<RangeInclusive<u16>> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (first, last) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            let is_row = first <= last && words.all(|word| word == "*");
            is_row.then_some(first..=last)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_any_language() {
        let text = "\r\nProtokoll tcp Portausschlussbereiche\r\n\r\nStartport    Endport\r\n----------    --------\r\n\
                    \x20     5357        5357\r\n     50000       50059     *\r\n\r\n* - Verwaltete Portausschl\u{fffd}sse.\r\n";
        assert_eq!(parse(text), [5357..=5357, 50_000..=50_059]);
        for line in ["", "5357", "70000 70001", "20 10", "1 2 three", "a b"] {
            assert_eq!(parse(line), [], "{line}");
        }
    }
}
