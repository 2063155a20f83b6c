//! What the reader of requests refuses.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::super::gate::CONNECTIONS_MAX;
use super::super::http::{ReadError, parse_head};
use super::{Running, ask, wait_for};

fn refused(head: &str) -> u16 {
    match parse_head(head.as_bytes()) {
        Err(ReadError::Refused(status, _)) => status,
        other => panic!("{head:?} gave {other:?}"),
    }
}

#[test]
fn a_head_is_read_as_written() {
    let head = "GET /health?x=1 HTTP/1.1\r\nHost: localhost\r\nX-Odd:  a: b \r\nEmpty:";
    let request = parse_head(head.as_bytes()).expect("valid");
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("GET", "/health")
    );
    assert_eq!(request.header("x-odd"), Some("a: b"));
    assert_eq!(request.header("empty"), Some(""));
    assert_eq!(request.header("absent"), None);
}

#[test]
fn malformed_heads_are_refused() {
    let host = "\r\nHost: localhost";
    let long = format!("GET /{} HTTP/1.1{host}", "a".repeat(3000));
    let many = format!("GET / HTTP/1.1{host}{}", "\r\nA: b".repeat(70));
    let cases = [
        ("", 400),
        ("GET /", 400),
        ("GET / HTTP/1.1 more\r\nHost: localhost", 400),
        ("G(T / HTTP/1.1\r\nHost: localhost", 400),
        ("GET http://localhost/ HTTP/1.1\r\nHost: localhost", 400),
        ("GET /\u{e4} HTTP/1.1\r\nHost: localhost", 400),
        ("GET / HTTP/2.0\r\nHost: localhost", 505),
        ("GET / HTTP/1.1", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nspace : b", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b", 400),
        ("GET / HTTP/1.1\r\nHost: a\nb", 400),
        (long.as_str(), 414),
        (many.as_str(), 431),
    ];
    for (head, status) in cases {
        assert_eq!(refused(head), status, "{head:?}");
    }
    assert!(matches!(
        parse_head(b"GET / HTTP/1.1\r\nHost: \xff"),
        Err(ReadError::Refused(400, _))
    ));
}

#[test]
fn oversized_and_odd_requests_get_an_answer_over_the_wire() {
    let app = Running::start();
    let cases = [
        (
            format!("GET / HTTP/1.1\r\nHost: localhost\r\nA: {}", "x".repeat(20_000)),
            431,
        ),
        (
            "POST /do/unlock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n".to_owned(),
            413,
        ),
        (
            "POST /do/unlock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999999999999999\r\n\r\n"
                .to_owned(),
            413,
        ),
        (
            "POST /do/unlock HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\n".to_owned(),
            400,
        ),
        (
            "POST /do/unlock HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            501,
        ),
        (
            "POST /do/unlock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
            200,
        ),
        ("\u{0}\u{1}\r\n\r\n".to_owned(), 400),
    ];
    for (raw, status) in cases {
        assert_eq!(
            ask(app.address, &raw).expect("an answer").status,
            status,
            "{:?}",
            &raw[..raw.len().min(90)]
        );
    }
    assert_eq!(app.get("/health").status, 200, "it still serves");
    app.stop();
}

#[test]
fn a_request_that_never_ends_is_timed_out() {
    let app = Running::start();
    let mut stream = TcpStream::connect(app.address).expect("connected");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("set");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").expect("written");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    app.stop();
}

#[test]
fn connections_past_the_bound_are_told_to_come_back_and_idle_ones_do_not_hold_up_a_stop() {
    let app = Running::start();
    let idle: Vec<_> = (0..CONNECTIONS_MAX)
        .map(|_| TcpStream::connect(app.address).expect("connected"))
        .collect();
    let answer = ask(app.address, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The refusal may reach us as a reset when it crosses our request.
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 503));
    let began = std::time::Instant::now();
    drop(idle);
    wait_for("a free place", || {
        ask(app.address, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .is_ok_and(|answer| answer.status == 200)
    });
    let silent = TcpStream::connect(app.address).expect("connected");
    app.stop();
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "waited for a silent connection"
    );
    drop(silent);
}
