//! A free port, and the smallest HTTP client.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// A TCP port that nobody listens on at the moment. Somebody else may take it before it is used:
/// where that matters, let rogue choose (`--port 0`).
///
/// # Panics
/// When the system gives none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("cannot listen on any port");
    listener.local_addr().expect("a listener has an address").port()
}

/// `GET path` from 127.0.0.1: status and body (bytes that are not UTF-8 replaced). Ten seconds for each
/// step; no redirects, no chunked bodies.
///
/// # Errors
/// No connection, no answer in time, or an answer that is not HTTP.
pub fn http_get(port: u16, path: &str) -> io::Result<(u16, String)> {
    let bound = Some(Duration::from_secs(10));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(bound)?;
    stream.set_write_timeout(bound)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let malformed = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("not an HTTP answer: {answer:.200}"),
        )
    };
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(malformed)?;
    Ok((status, body.to_owned()))
}

/// Sets what rogue's `--health-file` answers from the next request on, in one step, so that no request
/// sees half of it. `first_line`: `STATUS [WORD...]`, see `rogue --help`.
///
/// # Panics
/// When the file cannot be replaced.
pub fn write_health(path: &Path, first_line: &str, body: &str) {
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, format!("{first_line}\n{body}")).expect("cannot write the health file");
    // Windows refuses the replacement while a request reads the old file.
    let start = Instant::now();
    while let Err(error) = fs::rename(&fresh, path) {
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "cannot replace {}: {error}",
            path.display()
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}
