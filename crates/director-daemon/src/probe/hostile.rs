//! Endpoints that answer badly, by accident or on purpose: each ends in time, takes little memory, and comes to one clear failure.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use director_core::event::ProbeOutcome;
use director_core::spec::{HealthSpec, ProbeKind, StatusRange};

const LIMIT: Duration = Duration::from_millis(600);
/// On a machine with much to do everything takes longer; for ever is longer still.
const IN_TIME: Duration = Duration::from_secs(15);
/// What the system's own buffers may take beside the probe.
const LITTLE: usize = 24 << 20;

fn spec() -> HealthSpec {
    HealthSpec::new(ProbeKind::Http(String::new()))
}

/// Answers one connection as `answer` likes; answers where, and counts what could be written.
fn serve(answer: impl FnOnce(&mut TcpStream, &AtomicUsize) + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0_u8; 4096];
            let _ = stream.read(&mut request);
            answer(&mut stream, &count);
        }
    });
    (url, written)
}

/// Writes it again and again until nobody listens any more.
fn pour(stream: &mut TcpStream, written: &AtomicUsize, what: &[u8], pause: Duration) {
    while stream.write_all(what).is_ok() {
        written.fetch_add(what.len(), Ordering::SeqCst);
        thread::sleep(pause);
    }
}

fn failure(spec: &HealthSpec, answer: impl FnOnce(&mut TcpStream, &AtomicUsize) + Send + 'static) -> String {
    let (url, written) = serve(answer);
    let began = Instant::now();
    let outcome = super::http::ask(&url, spec, LIMIT).outcome;
    let took = began.elapsed();
    assert!(took < IN_TIME, "it took {took:?}");
    let written = written.load(Ordering::SeqCst);
    assert!(written < LITTLE, "{written} bytes were taken");
    match outcome {
        ProbeOutcome::Failed { detail, .. } => {
            assert!(!detail.contains('\n') && detail.len() < 400, "{detail}");
            detail
        }
        ProbeOutcome::Healthy(_) | ProbeOutcome::Degraded(_) => panic!("well"),
    }
}

fn replies(reply: &'static [u8]) -> impl FnOnce(&mut TcpStream, &AtomicUsize) + Send + 'static {
    move |stream, _| drop(stream.write_all(reply))
}

#[test]
fn an_answer_in_drops_ends_at_the_timeout() {
    let said = failure(&spec(), |stream, written| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nX-Slow: "));
        pour(stream, written, b"x", Duration::from_millis(20));
    });
    assert_eq!(said, "no answer within 600 ms");
    let said = failure(&spec(), |stream, written| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
        pour(stream, written, b" ", Duration::from_millis(20));
    });
    assert_eq!(said, "HTTP 200, but its body: no answer within 600 ms");
}

#[test]
fn an_endless_body_is_cut() {
    for head in [
        &b"HTTP/1.1 200 OK\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    ] {
        let said = failure(&spec(), move |stream, written| {
            drop(stream.write_all(head));
            pour(stream, written, &[b' '; 65_536], Duration::ZERO);
        });
        assert!(said.contains("the answer is larger than 65536 bytes"), "{said}");
    }
    let said = failure(&spec(), |stream, written| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
        pour(stream, written, b"1\r\n \r\n", Duration::ZERO);
    });
    assert!(said.starts_with("HTTP 200, but its body: "), "{said}");
}

#[test]
fn an_endless_header_is_cut() {
    let said = failure(&spec(), |stream, written| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nX-Filler: "));
        pour(stream, written, &[b'x'; 65_536], Duration::ZERO);
    });
    assert!(
        said.starts_with("the header of the answer is too large"),
        "{said}"
    );
    let said = failure(&spec(), |stream, written| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n"));
        pour(stream, written, b"A: b\r\n", Duration::ZERO);
    });
    assert!(
        said.contains("header") || said.starts_with("no valid answer"),
        "{said}"
    );
    // Answers that announce an answer, and never come to one.
    let said = failure(&spec(), |stream, written| {
        pour(stream, written, b"HTTP/1.1 100 Continue\r\n\r\n", Duration::ZERO);
    });
    assert!(said.contains("header") || said.starts_with("no "), "{said}");
}

#[test]
fn a_redirect_is_not_followed() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let target = trap.local_addr().unwrap();
    let said = failure(&spec(), move |stream, _| {
        let reply = format!("HTTP/1.1 302 Found\r\nLocation: http://{target}/\r\nContent-Length: 0\r\n\r\n");
        drop(stream.write_all(reply.as_bytes()));
    });
    assert_eq!(said, "HTTP 302 instead of 200");
    assert!(trap.accept().is_err(), "somebody came");
}

#[test]
fn bytes_that_are_no_text_are_no_json_and_may_be_searched() {
    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n\xFF\xFE ready \xC3\x28\x80....";
    let said = failure(&spec(), replies(reply));
    assert!(said.starts_with("HTTP 200, but the body is no JSON"), "{said}");
    let plain = HealthSpec {
        json: false,
        ..with_text("ready")
    };
    let (url, _) = serve(replies(reply));
    let outcome = super::http::ask(&url, &plain, IN_TIME).outcome;
    assert!(matches!(outcome, ProbeOutcome::Healthy(_)), "{outcome:?}");
    let said = failure(&with_text("absent"), replies(reply));
    assert_eq!(said, "HTTP 200, but the body does not contain \"absent\"");
}

fn with_text(text: &str) -> HealthSpec {
    let mut spec = spec();
    spec.request.contains = Some(text.to_owned());
    spec
}

#[test]
fn deep_json_is_refused_and_not_followed() {
    let said = failure(&spec(), |stream, _| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"));
        drop(stream.write_all(&[b'['; 60_000]));
    });
    assert!(said.contains("no JSON: recursion limit exceeded"), "{said}");
}

#[test]
fn a_connection_that_is_cut_is_told() {
    let said = failure(&spec(), |_, _| {});
    assert!(
        said.starts_with("no valid answer") || said.contains("cut"),
        "{said}"
    );
    let said = failure(
        &spec(),
        replies(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"sta"),
    );
    assert!(said.starts_with("HTTP 200, but its body"), "{said}");
    // Closed with bytes unread: the system resets the connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    thread::spawn(move || drop(listener.accept()));
    let outcome = super::http::ask(&url, &spec(), LIMIT).outcome;
    assert!(matches!(outcome, ProbeOutcome::Failed { .. }), "{outcome:?}");
}

#[test]
fn what_is_not_asked_for_is_not_read() {
    let plain = HealthSpec {
        json: false,
        ..spec()
    };
    let (url, written) = serve(|stream, written| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
        pour(stream, written, &[b' '; 65_536], Duration::ZERO);
    });
    let outcome = super::http::ask(&url, &plain, IN_TIME).outcome;
    assert!(matches!(outcome, ProbeOutcome::Healthy(_)), "{outcome:?}");
    assert!(written.load(Ordering::SeqCst) < LITTLE);
}

/// What a request looks like on the wire.
fn request(spec: &HealthSpec) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health?deep=1", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut bytes = [0_u8; 1024];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut bytes).unwrap();
            assert!(count > 0, "an incomplete request");
            request.extend_from_slice(&bytes[..count]);
        }
        let reply = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(reply).unwrap();
        // What follows the headers is read too: Windows answers a close before that with a reset.
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        String::from_utf8(request).unwrap()
    });
    let outcome = super::http::ask(&url, spec, IN_TIME).outcome;
    assert!(matches!(outcome, ProbeOutcome::Healthy(_)), "{outcome:?}");
    server.join().unwrap()
}

#[test]
fn the_request_is_as_configured() {
    for method in ["GET", "HEAD", "POST"] {
        let mut spec = HealthSpec {
            json: false,
            ..spec()
        };
        spec.request.method = method.to_owned();
        spec.request.status = vec![StatusRange { from: 200, to: 299 }];
        let headers = [("X-Probe", "1"), ("Authorization", "Bearer a b")];
        spec.request.headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let request = request(&spec);
        assert!(
            request.starts_with(&format!("{method} /health?deep=1 HTTP/1.1\r\n")),
            "{request}"
        );
        let lower = request.to_ascii_lowercase();
        assert!(lower.contains("x-probe: 1\r\n"), "{request}");
        assert!(lower.contains("authorization: bearer a b\r\n"), "{request}");
        assert!(lower.contains("host: 127.0.0.1:"), "{request}");
    }
}

#[test]
fn who_answered_is_told_only_when_somebody_did() {
    let (url, _) = serve(replies(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"));
    let asked = super::http::ask(&url, &spec(), IN_TIME);
    let port = asked.answered_at[0].port();
    assert!(url.contains(&format!(":{port}/")), "an answer, if a bad one");
    let closed = director_testkit::free_port();
    let url = format!("http://127.0.0.1:{closed}/");
    assert!(super::http::ask(&url, &spec(), IN_TIME).answered_at.is_empty());
}

#[test]
fn fields_may_lie_deep_and_be_no_texts() {
    let mut spec = spec();
    spec.request.field = "checks.db.ok".to_owned();
    spec.accept = vec!["true".to_owned()];
    let judged = |body: &str| super::http::judge(200, body.as_bytes(), &spec);
    assert!(matches!(
        judged(r#"{"checks":{"db":{"ok":true}}}"#),
        ProbeOutcome::Healthy(_)
    ));
    for (body, wanted) in [
        (
            r#"{"checks":{"db":{"ok":false}}}"#,
            "HTTP 200 with checks.db.ok \"false\", which is not in health.accept",
        ),
        (
            r#"{"checks":{"db":true}}"#,
            "HTTP 200, but the JSON has no text field `checks.db.ok`",
        ),
        (
            r#"{"checks":{"db":{"ok":null}}}"#,
            "HTTP 200, but the JSON has no text field `checks.db.ok`",
        ),
    ] {
        match judged(body) {
            ProbeOutcome::Failed { detail, .. } => assert_eq!(detail, wanted),
            ProbeOutcome::Healthy(_) | ProbeOutcome::Degraded(_) => panic!("{body} is well"),
        }
    }
}
