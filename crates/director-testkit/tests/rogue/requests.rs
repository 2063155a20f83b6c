use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use director_testkit::{Sandbox, free_port, http_get, records, write_health};

use crate::{Running, command};

fn serve(arguments: &[&str]) -> (Running, u16) {
    let port = free_port();
    let mut all = vec!["--port".to_owned(), port.to_string()];
    all.extend(arguments.iter().map(ToString::to_string));
    (Running::start(all), port)
}

/// The raw answer to one request, up to `limit` bytes.
fn raw(port: u16, limit: u64) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.take(limit).read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn default_answer_is_healthy() {
    let (_running, port) = serve(&[]);
    for path in ["/", "/health?x=1"] {
        assert_eq!(
            http_get(port, path).unwrap(),
            (200, r#"{"status":"healthy"}"#.into())
        );
    }
}

#[test]
fn any_port_is_told() {
    let mut child = command(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let running = Running { child };
    let port = line.trim_end().strip_prefix("port ").unwrap().parse().unwrap();
    assert_eq!(http_get(port, "/").unwrap().0, 200);
    drop(running);
}

#[test]
fn port_in_use_has_its_own_code() {
    let (_running, port) = serve(&[]);
    let second = command(["--port", &port.to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(second.code(), Some(98));
}

#[test]
fn status_body_and_delay() {
    let (_running, port) = serve(&["--status", "503", "--body", "sick", "--slow", "200"]);
    let start = Instant::now();
    assert_eq!(http_get(port, "/").unwrap(), (503, "sick".into()));
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn redirect_names_its_target() {
    let (_running, port) = serve(&["--redirect", "http://127.0.0.1:1/"]);
    let answer = String::from_utf8(raw(port, 10_000)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 302 ") && answer.contains("Location: http://127.0.0.1:1/\r\n"));
}

#[test]
fn huge_answers_are_huge() {
    let (_running, port) = serve(&["--huge-body"]);
    assert!(raw(port, u64::MAX).len() > 64 << 20);
    let (_running, port) = serve(&["--huge-headers"]);
    let answer = raw(port, u64::MAX);
    let head = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    assert!(head > 7 << 20);
}

#[test]
fn drip_is_slow_from_the_first_byte() {
    let (_running, port) = serve(&["--drip"]);
    let start = Instant::now();
    assert_eq!(raw(port, 3), b"HTT");
    assert!(start.elapsed() >= Duration::from_millis(1900));
}

#[test]
fn health_file_is_read_for_each_request() {
    let sandbox = Sandbox::new("requests");
    let path = sandbox.file("health");
    let (_running, port) = serve(&["--health-file", path.to_str().unwrap()]);
    assert_eq!(
        http_get(port, "/").unwrap().0,
        500,
        "a missing file is a mistake in the test"
    );
    for (first, body, status) in [
        ("200", "fine\nindeed", 200),
        ("503 slow=10", "", 503),
        ("204", "x", 204),
    ] {
        write_health(&path, first, body);
        assert_eq!(http_get(port, "/").unwrap(), (status, body.into()));
    }
    write_health(&path, "200 sloow=1", "");
    let (status, told) = http_get(port, "/").unwrap();
    assert!(status == 500 && told.contains("sloow"), "{status} {told}");
}

#[test]
fn requests_are_recorded() {
    let sandbox = Sandbox::new("requests");
    let path = sandbox.file("record");
    let (_running, port) = serve(&["--record", path.to_str().unwrap()]);
    http_get(port, "/one").unwrap();
    http_get(port, "/two").unwrap();
    assert_eq!(records::recorded(&path), ["request GET /one", "request GET /two"]);
}
