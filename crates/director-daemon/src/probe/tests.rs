use std::time::Duration;

use director_core::event::ProbeOutcome;
use director_core::spec::{HealthSpec, ProbeKind};

use super::http::judge;

fn spec() -> HealthSpec {
    HealthSpec::new(ProbeKind::Http("http://127.0.0.1:1/health".to_owned()))
}

/// The verdict in a word, with the detail of a failure.
fn verdict(outcome: ProbeOutcome) -> String {
    match outcome {
        ProbeOutcome::Healthy(_) => "healthy".to_owned(),
        ProbeOutcome::Degraded(_) => "degraded".to_owned(),
        ProbeOutcome::Failed { detail, .. } => detail,
    }
}

#[test]
fn the_original_semantics() {
    let table: [(u16, &str, &str); 12] = [
        (200, r#"{"status":"healthy"}"#, "healthy"),
        (
            200,
            r#"{"status":"degraded","database":"error: locked"}"#,
            "degraded",
        ),
        (
            200,
            r#"{"status":"broken"}"#,
            "HTTP 200 with status \"broken\", which is not in health.accept",
        ),
        (
            200,
            r#"{"status":"HEALTHY"}"#,
            "HTTP 200 with status \"HEALTHY\", which is not in health.accept",
        ),
        (
            200,
            r#"{"state":"healthy"}"#,
            "HTTP 200, but the JSON has no text field `status`",
        ),
        (
            200,
            r#"{"status":1}"#,
            "HTTP 200 with status \"1\", which is not in health.accept",
        ),
        (200, "[]", "HTTP 200, but the JSON has no text field `status`"),
        (503, r#"{"status":"healthy"}"#, "HTTP 503 instead of 200"),
        (204, "", "HTTP 204 instead of 200"),
        (301, r#"{"status":"healthy"}"#, "HTTP 301 instead of 200"),
        (500, "<html>", "HTTP 500 instead of 200"),
        (404, "", "HTTP 404 instead of 200"),
    ];
    for (status, body, expected) in table {
        assert_eq!(
            verdict(judge(status, body.as_bytes(), &spec())),
            expected,
            "{status} {body}"
        );
    }
    let torn = verdict(judge(200, b"{\"status\": \"heal", &spec()));
    assert!(torn.starts_with("HTTP 200, but the body is no JSON"), "{torn}");
}

#[test]
fn without_json_any_200_is_well() {
    let spec = HealthSpec {
        json: false,
        ..spec()
    };
    assert_eq!(verdict(judge(200, b"ok", &spec)), "healthy");
    assert_eq!(verdict(judge(201, b"ok", &spec)), "HTTP 201 instead of 200");
}

#[test]
fn kept_fields_are_bounded_and_harmless() {
    let body = format!(
        r#"{{"status":"healthy","app":"{}","version":"1\u001b[2J","database":"connected"}}"#,
        "a".repeat(5_000)
    );
    let ProbeOutcome::Healthy(answer) = judge(200, body.as_bytes(), &spec()) else {
        panic!("not healthy")
    };
    assert_eq!(answer.app.unwrap().len(), 200);
    assert_eq!(answer.version.unwrap(), "1 [2J");
    assert_eq!(answer.database.unwrap(), "connected");
}

/// Serves one connection with raw bytes, then closes.
fn serve_once(reply: Vec<u8>) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0_u8; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&reply);
        }
    });
    format!("http://{address}/health")
}

fn ask(url: &str, limit_ms: u64) -> String {
    verdict(super::http::ask(url, &spec(), Duration::from_millis(limit_ms)).outcome)
}

#[test]
fn real_answers_good_and_bad() {
    let good = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"healthy\"}".to_vec();
    assert_eq!(ask(&serve_once(good), 5_000), "healthy");
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec();
    assert_eq!(ask(&serve_once(redirect), 5_000), "HTTP 302 instead of 200");
    let mut huge = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_vec();
    huge.resize(1_000_000, b' ');
    assert!(
        ask(&serve_once(huge), 5_000).contains("larger than"),
        "a huge body"
    );
    let mut headers = b"HTTP/1.1 200 OK\r\nX-Filler: ".to_vec();
    headers.resize(200_000, b'x');
    assert!(
        ask(&serve_once(headers), 5_000).starts_with("the header of the answer is too large"),
        "huge headers"
    );
    assert!(
        ask(&serve_once(b"SSH-2.0-OpenSSH\r\n".to_vec()), 5_000).starts_with("no valid answer"),
        "no HTTP"
    );
}

#[test]
fn silence_ends_at_the_total_timeout() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    assert_eq!(ask(&url, 200), "no answer within 200 ms");
}

#[test]
fn a_closed_port_is_named() {
    let url = format!("http://127.0.0.1:{}/health", director_testkit::free_port());
    assert_eq!(ask(&url, 5_000), "connection refused: nothing listens there");
}

#[test]
fn tcp_connects_or_says_why_not() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert_eq!(
        verdict(super::tcp::connect(&address, Duration::from_secs(5)).outcome),
        "healthy"
    );
    drop(listener);
    let refused = super::tcp::connect(&address, Duration::from_secs(5));
    assert!(refused.answered_at.is_empty());
    assert!(verdict(refused.outcome).starts_with("cannot connect"));
}
