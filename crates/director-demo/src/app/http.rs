//! Just enough HTTP/1.1 for one page: a strict reader with limits, and a writer. One request per connection.

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Request line and headers together.
const HEAD_LIMIT: usize = 16 << 10;
/// Header lines.
const HEADERS_LIMIT: usize = 64;
/// The body of a request; it is read and ignored.
const BODY_LIMIT: u64 = 64 << 10;
/// The path with its query.
const TARGET_LIMIT: usize = 2 << 10;

/// A request, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// The path without its query.
    pub(super) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The first header of this name (lower case).
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no request.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The client went away, or the connection broke; there is nobody to answer.
    Gone,
    /// To be answered with this status and sentence.
    Refused(u16, &'static str),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Self::Refused(408, "the request did not arrive in time")
            }
            _ => Self::Gone,
        }
    }
}

/// Reads one request with its body, which is dropped. `limit` bounds the whole of it.
pub(super) fn read_request(stream: &mut TcpStream, limit: Duration) -> Result<Request, ReadError> {
    let deadline = Instant::now() + limit;
    let mut data = Vec::new();
    let end = loop {
        if let Some(end) = head_end(&data) {
            break end;
        }
        if data.len() >= HEAD_LIMIT {
            return Err(ReadError::Refused(431, "the headers are too large"));
        }
        read_some(stream, &mut data, deadline)?;
    };
    let request = parse_head(&data[..end])?;
    let length = body_length(&request)?;
    let mut body_read = (data.len() - end - 4) as u64;
    while body_read < length {
        data.clear();
        read_some(stream, &mut data, deadline)?;
        body_read += data.len() as u64;
    }
    Ok(request)
}

fn head_end(data: &[u8]) -> Option<usize> {
    data.windows(4).position(|window| window == b"\r\n\r\n")
}

fn read_some(stream: &mut TcpStream, data: &mut Vec<u8>, deadline: Instant) -> Result<(), ReadError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::from(io::ErrorKind::TimedOut).into());
    }
    stream.set_read_timeout(Some(left))?;
    let mut buffer = [0_u8; 4096];
    let count = match stream.read(&mut buffer) {
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if count == 0 {
        return Err(ReadError::Gone);
    }
    data.extend_from_slice(&buffer[..count]);
    Ok(())
}

/// The request line and headers, without the empty line.
pub(super) fn parse_head(head: &[u8]) -> Result<Request, ReadError> {
    let bad = |why| ReadError::Refused(400, why);
    let text = std::str::from_utf8(head).map_err(|_| bad("the headers are not text"))?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(bad("the request line is malformed"));
    };
    if !is_token(method) {
        return Err(bad("the method is malformed"));
    }
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(ReadError::Refused(
            505,
            "only HTTP/1.0 and HTTP/1.1 are spoken here",
        ));
    }
    if target.len() > TARGET_LIMIT {
        return Err(ReadError::Refused(414, "the address is too long"));
    }
    if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad("the address is malformed"));
    }
    let headers = lines
        .map(parse_header)
        .collect::<Option<Vec<_>>>()
        .ok_or(bad("a header is malformed"))?;
    if headers.len() > HEADERS_LIMIT {
        return Err(ReadError::Refused(431, "there are too many headers"));
    }
    let hosts = headers.iter().filter(|(key, _)| key == "host").count();
    if hosts > 1 || (hosts == 0 && version == "HTTP/1.1") {
        return Err(bad("exactly one Host header is needed"));
    }
    Ok(Request {
        method: method.to_owned(),
        path: target.split(['?', '#']).next().unwrap_or_default().to_owned(),
        headers,
    })
}

fn parse_header(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once(':')?;
    let value = value.trim_matches([' ', '\t']);
    let printable = value.chars().all(|found| found == '\t' || !found.is_control());
    (is_token(key) && printable).then(|| (key.to_ascii_lowercase(), value.to_owned()))
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn body_length(request: &Request) -> Result<u64, ReadError> {
    if request.header("transfer-encoding").is_some() {
        return Err(ReadError::Refused(
            501,
            "send a Content-Length instead of a transfer encoding",
        ));
    }
    let mut lengths = request.headers.iter().filter(|(key, _)| key == "content-length");
    let Some((_, text)) = lengths.next() else {
        return Ok(0);
    };
    // Digits only: `parse` alone would accept a sign.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if lengths.next().is_some() || !digits {
        return Err(ReadError::Refused(400, "the Content-Length is malformed"));
    }
    match text.parse() {
        Ok(length) if length <= BODY_LIMIT => Ok(length),
        _ => Err(ReadError::Refused(413, "the body is too large")),
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Cow<'static, [u8]>,
    /// Further header lines, each `name: value`.
    pub(super) headers: Vec<String>,
}

impl Response {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            headers: Vec::new(),
        }
    }

    pub(super) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json", format!("{value}\n").into_bytes())
    }

    /// An error as the sentence `why`.
    pub(super) fn error(status: u16, why: &str) -> Self {
        Self::json(status, &serde_json::json!({ "error": why }))
    }

    #[must_use]
    pub(super) fn with(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    /// Sends it; to a HEAD request without its body.
    pub(super) fn write(&self, stream: &mut impl Write, head_only: bool) -> io::Result<()> {
        let mut out = format!(
            "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\
             cache-control: no-store\r\nx-content-type-options: nosniff\r\n",
            self.status,
            reason(self.status),
            self.content_type,
            self.body.len()
        )
        .into_bytes();
        for header in &self.headers {
            out.extend_from_slice(header.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if !head_only {
            out.extend_from_slice(&self.body);
        }
        stream.write_all(&out)?;
        stream.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        303 => "See Other",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        414 => "URI Too Long",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}
