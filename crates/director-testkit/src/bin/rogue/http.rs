//! A minimal HTTP server: one request per connection, one thread per connection.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::health::{self, Answer};
use crate::options::Server;

const HUGE_BODY_BYTES: usize = 64 << 20;
const HUGE_HEADER_BYTES: usize = 8 << 20;
const REQUEST_LIMIT_BYTES: u64 = 64 << 10;

struct Shared {
    answer: Answer,
    health_file: Option<PathBuf>,
    record: Option<PathBuf>,
}

/// Listens when it returns; answers on threads of its own.
pub(crate) fn start(server: &Server, record: Option<&Path>) {
    let Some(port) = server.port else { return };
    let host = server.bind.as_deref().unwrap_or("127.0.0.1");
    let bound =
        TcpListener::bind((host, port)).and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    let (chosen, listener) = match bound {
        Ok(bound) => bound,
        Err(error) => crate::die(
            crate::EXIT_PORT,
            &format!("cannot listen on {host}:{port}: {error}"),
        ),
    };
    if port == 0 {
        crate::output::line(format!("port {chosen}").as_bytes());
    }
    let shared = Arc::new(Shared {
        answer: server.answer.clone(),
        health_file: server.health_file.clone(),
        record: record.map(Path::to_path_buf),
    });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            // A client that goes away early is the client's affair.
            std::thread::spawn(move || drop(serve(stream, &shared)));
        }
    });
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let request = read_head(&mut stream)?;
    let mut words = request.split_whitespace();
    let (method, path) = (words.next().unwrap_or("?"), words.next().unwrap_or("?"));
    if let Some(record) = &shared.record {
        crate::record::append(record, &format!("request {method} {path}"));
    }
    let read;
    let answer = match &shared.health_file {
        Some(path) => {
            read = health::read(path);
            &read
        }
        None => &shared.answer,
    };
    std::thread::sleep(answer.slow);
    respond(&mut stream, answer)
}

/// Reads up to the empty line; returns the request line.
fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut limited = stream.take(REQUEST_LIMIT_BYTES);
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match limited.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => head.extend_from_slice(&chunk[..count]),
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn respond(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    let status = if answer.redirect.is_some() {
        302
    } else {
        answer.status
    };
    let length = if answer.huge_body {
        HUGE_BODY_BYTES
    } else {
        answer.body.len()
    };
    let mut head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n",
        if status < 400 { "OK" } else { "Trouble" }
    );
    if let Some(url) = &answer.redirect {
        head.push_str(&format!("Location: {url}\r\n"));
    }
    if answer.huge_headers {
        let filler = format!("X-Filler: {}\r\n", "x".repeat(1000));
        head.push_str(&filler.repeat(HUGE_HEADER_BYTES / filler.len()));
    }
    head.push_str("\r\n");
    if answer.drip {
        for byte in head.as_bytes().iter().chain(&answer.body) {
            stream.write_all(&[*byte])?;
            std::thread::sleep(Duration::from_secs(1));
        }
        return Ok(());
    }
    let mut message = head.into_bytes();
    if !answer.huge_body {
        // One write: a client that reads once sees the whole answer.
        message.extend_from_slice(&answer.body);
        return stream.write_all(&message);
    }
    stream.write_all(&message)?;
    let chunk = vec![b'x'; 1 << 20];
    (0..HUGE_BODY_BYTES / chunk.len()).try_for_each(|_| stream.write_all(&chunk))
}
