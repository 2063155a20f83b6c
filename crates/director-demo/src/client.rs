//! Presses a button of the sample application from outside.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::action::Action;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take; [`Action::Slow`] takes 5 s by design.
const ANSWER: Duration = Duration::from_secs(10);

/// Asks the application on `port` of this machine to do `action`, and waits for its answer.
///
/// Blocks for at most 12 s: a caller that draws a screen calls it from another thread.
///
/// # Errors
/// When nothing listens, no answer comes in time (a hung application), or the answer is no success.
pub fn post(port: u16, action: Action) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, CONNECT)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(CONNECT))?;
    let name = action.name();
    let request = format!(
        "POST /do/{name} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let status = read_status(&mut stream)?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "the application answered {status} to `{name}`"
    )))
}

/// The status code of the answer: the three digits after `HTTP/1.1 `.
fn read_status(stream: &mut impl Read) -> io::Result<u16> {
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head)?;
    head.strip_prefix(b"HTTP/1.1 ")
        .and_then(|code| std::str::from_utf8(code).ok())
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP/1.1"))
}
