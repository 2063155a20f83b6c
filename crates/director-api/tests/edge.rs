//! The edge over a real pipe or socket, with a director that the test plays.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use director_api::{Changed, Edge, ErrorBody, Hello, MAX_BODY_BYTES, MAX_CONNECTIONS, code};
use director_core::command::{Accepted, Command, Refusal, Reloaded, Request};
use director_core::reload::ReloadPlan;
use director_core::report::{DirectorReport, PROTOCOL};
use director_core::spec::ServiceName;
use director_core::time::WallTime;
use director_sys::ipc::{self, Endpoint, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// No test waits longer.
const BOUND: Duration = Duration::from_secs(20);

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn error(&self) -> ErrorBody {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn folder() -> (tempfile::TempDir, Endpoint) {
    let folder = tempfile::tempdir().expect("a folder");
    let endpoint = Endpoint::for_data_dir(folder.path()).expect("an endpoint");
    (folder, endpoint)
}

fn report(revision: u64) -> DirectorReport {
    DirectorReport {
        version: "0.1.0".to_owned(),
        protocol: PROTOCOL,
        pid: 1,
        name: "Test".to_owned(),
        config: String::new(),
        config_fnv64: None,
        started: WallTime(0),
        fallback: None,
        shutting_down: false,
        revision,
        services: Vec::new(),
    }
}

/// Answers everything there is an answer to.
fn friendly(request: Request) {
    match request {
        Request::Report { reply, .. } => reply(report(3)),
        Request::Changed { from, reply } => reply(from + 1),
        Request::Command {
            command: Command::Stop { services },
            reply,
        } => reply(Err(Refusal::UnknownService {
            name: services.first().map(ToString::to_string).unwrap_or_default(),
            known: vec![ServiceName::new("web").expect("a name")],
        })),
        Request::Command { reply, .. } => reply(Ok(Accepted {
            services: Vec::new(),
            revision: 3,
        })),
        Request::Reload { dry_run: true, reply } => reply(Ok(Reloaded {
            plan: ReloadPlan::default(),
            revision: 3,
        })),
        Request::Reload {
            dry_run: false,
            reply,
        } => reply(Err(Refusal::ConfigInvalid {
            error: "line 1".to_owned(),
        })),
        Request::Events { reply, .. } => reply(Vec::new()),
        Request::Tail { service, reply } => {
            reply((service.as_str() == "web").then(|| b"\xff output".to_vec()))
        }
    }
}

/// Runs the client's side, bounded in time.
fn client<T>(conversation: impl Future<Output = io::Result<T>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime
        .block_on(async { tokio::time::timeout(BOUND, conversation).await.expect("in time") })
        .expect("the conversation")
}

async fn connect(endpoint: &Endpoint) -> io::Result<Stream> {
    ipc::connect(endpoint).await.map_err(io::Error::other)
}

/// Sends bytes and reads one answer.
async fn exchange(stream: &mut Stream, request: &[u8]) -> io::Result<Answer> {
    stream.write_all(request).await?;
    read_answer(stream).await
}

async fn read_answer(stream: &mut Stream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().expect("a length"));
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let status = head
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    Ok(Answer {
        status,
        head,
        body: bytes[end..end + length].to_vec(),
    })
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: director\r\n\r\n").into_bytes()
}

fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: director\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

fn ask(endpoint: &Endpoint, request: &[u8]) -> Answer {
    client(async { exchange(&mut connect(endpoint).await?, request).await })
}

#[test]
fn hello_says_version_protocol_and_process() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    let answer = ask(&endpoint, &get("/v1/hello"));
    let hello: Hello = serde_json::from_slice(&answer.body).expect("hello");
    assert_eq!((hello.protocol, hello.pid), (PROTOCOL, std::process::id()));
    assert!(
        answer
            .head
            .contains(&format!("x-director-protocol: {PROTOCOL}\r\n")),
        "{}",
        answer.head
    );
    assert!(
        answer
            .head
            .contains(&format!("x-director-version: {}\r\n", hello.version)),
        "{}",
        answer.head
    );
}

#[test]
fn every_path_answers_its_shape() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    let report: DirectorReport =
        serde_json::from_slice(&ask(&endpoint, &get("/v1/report")).body).expect("a report");
    assert_eq!(report.revision, 3);
    let changed: Changed =
        serde_json::from_slice(&ask(&endpoint, &get("/v1/changed?from=3")).body).expect("changed");
    assert_eq!(changed.revision, 4);
    assert_eq!(
        ask(&endpoint, &get("/v1/events?after=2&service=web&limit=5")).text(),
        "[]"
    );
    assert_eq!(ask(&endpoint, &get("/v1/tail?service=web")).body, b"\xff output");
    let body = br#"{"command":"start","services":["web"]}"#;
    let accepted: Accepted =
        serde_json::from_slice(&ask(&endpoint, &post("/v1/command", body)).body).expect("accepted");
    assert_eq!(accepted.revision, 3);
    let body = br#"{"dry_run":true}"#;
    let reloaded: Reloaded =
        serde_json::from_slice(&ask(&endpoint, &post("/v1/reload", body)).body).expect("a plan");
    assert!(reloaded.plan.is_empty());
    let refused = ask(&endpoint, &post("/v1/reload", b"{}"));
    assert_eq!(
        (refused.status, refused.error().code.as_str()),
        (422, code::CONFIG_INVALID)
    );
}

#[test]
fn a_refusal_arrives_whole() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    let answer = ask(
        &endpoint,
        &post("/v1/command", br#"{"command":"stop","services":["wbe"]}"#),
    );
    assert_eq!(answer.status, 404);
    let error = answer.error();
    assert_eq!(
        (error.code.as_str(), error.error.as_str()),
        (code::UNKNOWN_SERVICE, "there is no service `wbe`")
    );
    assert!(matches!(error.refusal, Some(Refusal::UnknownService { known, .. }) if known.len() == 1));
}

#[test]
fn bad_requests_are_json_errors() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    for (request, status, expected) in [
        (get("/"), 404, code::NOT_FOUND),
        (get("/v2/report"), 404, code::NOT_FOUND),
        (get("/v1/command"), 405, code::METHOD_NOT_ALLOWED),
        (post("/v1/report", b""), 405, code::METHOD_NOT_ALLOWED),
        (post("/v1/command", b""), 400, code::BAD_REQUEST),
        (post("/v1/command", b"{\"command\":"), 400, code::BAD_REQUEST),
        (
            post("/v1/command", b"{\"command\":\"explode\"}"),
            400,
            code::BAD_REQUEST,
        ),
        (post("/v1/reload", b"{\"dry\":1}"), 400, code::BAD_REQUEST),
        (post("/v1/command", b"\xff\xfe"), 400, code::BAD_REQUEST),
        (get("/v1/changed"), 400, code::BAD_REQUEST),
        (get("/v1/changed?from=-1"), 400, code::BAD_REQUEST),
        (get("/v1/events?limit=many"), 400, code::BAD_REQUEST),
        (get("/v1/tail?service=nobody"), 404, code::UNKNOWN_SERVICE),
        (
            get("/v1/report?usage_of=..%2F..%2Fetc"),
            404,
            code::UNKNOWN_SERVICE,
        ),
    ] {
        let answer = ask(&endpoint, &request);
        let what = String::from_utf8_lossy(&request).into_owned();
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        let error = answer.error();
        assert_eq!(error.code, expected, "{what}");
        assert!(!error.error.is_empty(), "{what}");
    }
}

#[test]
fn a_huge_body_is_refused() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    let answer = ask(&endpoint, &post("/v1/command", &vec![b' '; MAX_BODY_BYTES + 1]));
    assert_eq!(answer.status, 413);
    assert_eq!(answer.error().code, code::TOO_LARGE);
    assert_eq!(ask(&endpoint, &get("/v1/report")).status, 200);
}

#[test]
fn a_huge_head_ends_the_connection_only() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    let long = format!(
        "GET /v1/report HTTP/1.1\r\nx-long: {}\r\n\r\n",
        "a".repeat(64 * 1024)
    );
    let outcome = client(async {
        let mut stream = connect(&endpoint).await?;
        Ok(exchange(&mut stream, long.as_bytes())
            .await
            .map(|answer| answer.status))
    });
    assert!(!matches!(outcome, Ok(200)), "{outcome:?}");
    assert_eq!(ask(&endpoint, &get("/v1/report")).status, 200);
}

#[test]
fn another_protocol_is_refused_before_anything_is_done() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, |_| panic!("must not be asked")).expect("an edge");
    let body = br#"{"command":"shutdown","now":true}"#;
    let request = format!(
        "POST /v1/command HTTP/1.1\r\nhost: d\r\nx-director-protocol: 999\r\ncontent-length: {}\r\n\r\n{}",
        body.len(),
        String::from_utf8_lossy(body)
    );
    let answer = ask(&endpoint, request.as_bytes());
    assert_eq!(
        (answer.status, answer.error().code.as_str()),
        (426, code::PROTOCOL_MISMATCH)
    );
    let hello = ask(
        &endpoint,
        b"GET /v1/hello HTTP/1.1\r\nhost: d\r\nx-director-protocol: 999\r\n\r\n",
    );
    assert_eq!(hello.status, 200);
}

#[test]
fn a_dropped_reply_is_503() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, drop).expect("an edge");
    for request in [
        get("/v1/report"),
        get("/v1/changed?from=1"),
        get("/v1/events"),
        get("/v1/tail?service=web"),
        post("/v1/command", br#"{"command":"shutdown","now":false}"#),
    ] {
        let answer = ask(&endpoint, &request);
        assert_eq!(
            (answer.status, answer.error().code.as_str()),
            (503, code::STOPPING)
        );
        assert_eq!(answer.error().error, "the director is stopping");
    }
}

#[test]
fn a_panic_is_one_answer_and_no_more() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, |request| match request {
        Request::Events { .. } => panic!("a fault"),
        other => friendly(other),
    })
    .expect("an edge");
    client(async {
        let mut stream = connect(&endpoint).await?;
        let answer = exchange(&mut stream, &get("/v1/events")).await?;
        assert_eq!(
            (answer.status, answer.error().code.as_str()),
            (500, code::INTERNAL)
        );
        assert!(answer.error().error.contains("a fault"));
        assert_eq!(exchange(&mut stream, &get("/v1/report")).await?.status, 200);
        Ok(())
    });
}

#[test]
fn the_same_connection_serves_many_requests() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    client(async {
        let mut stream = connect(&endpoint).await?;
        for _ in 0..100 {
            assert_eq!(exchange(&mut stream, &get("/v1/report")).await?.status, 200);
        }
        Ok(())
    });
}

type Kept = Arc<Mutex<Vec<Request>>>;

/// Keeps every request unanswered.
fn keeper() -> (Kept, Receiver<()>, impl Fn(Request) + Send + Sync + 'static) {
    let kept: Kept = Arc::default();
    let (told, asked) = channel();
    let (shared, told) = (Arc::clone(&kept), Mutex::new(told));
    let ask = move |request| {
        shared.lock().expect("lock").push(request);
        told.lock().expect("lock").send(()).expect("the test listens");
    };
    (kept, asked, ask)
}

#[test]
fn clients_that_go_away_leave_one_request_behind() {
    let (_folder, endpoint) = folder();
    let (kept, asked, ask_it) = keeper();
    let _edge = Edge::start(&endpoint, ask_it).expect("an edge");
    client(async {
        for _ in 0..2 * MAX_CONNECTIONS {
            let mut stream = connect(&endpoint).await?;
            // One that came too soon after the others may be turned away before it has spoken.
            let _ = stream.write_all(&get("/v1/changed?from=5")).await;
            drop(stream);
        }
        Ok(())
    });
    asked.recv_timeout(BOUND).expect("asked");
    // Whoever comes later is served, whatever the others left.
    assert_eq!(eventually(&endpoint, &get("/v1/hello")).status, 200);
    let waiting = kept.lock().expect("lock").len();
    assert_eq!(waiting, 1);
}

/// Asks until there is room: connections that were given up are noticed a moment later.
fn eventually(endpoint: &Endpoint, request: &[u8]) -> Answer {
    let end = std::time::Instant::now() + BOUND;
    loop {
        let answer = client(async {
            let attempt = async { exchange(&mut connect(endpoint).await?, request).await };
            Ok::<_, io::Error>(attempt.await)
        });
        match answer {
            Ok(answer) if answer.status != 503 => return answer,
            _ => assert!(std::time::Instant::now() < end, "never served"),
        }
    }
}

#[test]
fn one_client_too_many_is_told_and_the_others_go_on() {
    let (_folder, endpoint) = folder();
    let (_kept, asked, ask_it) = keeper();
    let _edge = Edge::start(&endpoint, ask_it).expect("an edge");
    client(async {
        let mut streams = Vec::new();
        for index in 0..MAX_CONNECTIONS {
            let mut stream = connect(&endpoint).await?;
            let answer = exchange(&mut stream, &get("/v1/hello")).await?;
            assert_eq!(answer.status, 200, "{index}");
            streams.push(stream);
        }
        let mut late = connect(&endpoint).await?;
        let answer = read_answer(&mut late).await?;
        assert_eq!((answer.status, answer.error().code.as_str()), (503, code::BUSY));
        for stream in &mut streams {
            assert_eq!(exchange(stream, &get("/v1/hello")).await?.status, 200);
        }
        Ok(())
    });
    assert!(asked.try_recv().is_err());
    assert_eq!(eventually(&endpoint, &get("/v1/hello")).status, 200);
}

#[test]
fn a_client_that_says_nothing_is_cut_off() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    client(async {
        let mut stream = connect(&endpoint).await?;
        stream.write_all(b"GET /v1/rep").await?;
        // An answer (408) or nothing, but an end in any case.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
        Ok(())
    });
}

#[test]
fn stop_answers_who_waits_and_frees_the_endpoint() {
    let (_folder, endpoint) = folder();
    let edge = Edge::start(&endpoint, friendly).expect("an edge");
    assert_eq!(ask(&endpoint, &get("/v1/hello")).status, 200);
    edge.stop();
    let refused = client(async {
        Ok(matches!(
            ipc::connect(&endpoint).await,
            Err(ipc::ConnectError::NotRunning)
        ))
    });
    assert!(refused, "nobody may serve there any more");
    let again = Edge::start(&endpoint, friendly).expect("the endpoint is free");
    assert_eq!(ask(&endpoint, &get("/v1/hello")).status, 200);
    drop(again);
}

#[test]
fn a_reply_after_the_client_went_away_is_harmless() {
    let (_folder, endpoint) = folder();
    let (kept, asked, ask_it) = keeper();
    let edge = Edge::start(&endpoint, ask_it).expect("an edge");
    client(async {
        let mut stream = connect(&endpoint).await?;
        stream.write_all(&get("/v1/report")).await?;
        // Not earlier: what a pipe holds may be lost with the client's end.
        asked.recv_timeout(BOUND).expect("asked");
        Ok(())
    });
    edge.stop();
    let answered = AtomicUsize::new(0);
    for request in kept.lock().expect("lock").drain(..) {
        friendly(request);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    assert_eq!(answered.into_inner(), 1);
}

#[test]
fn an_endpoint_that_cannot_be_taken_is_an_error() {
    let (_folder, endpoint) = folder();
    let _edge = Edge::start(&endpoint, friendly).expect("an edge");
    let second = Edge::start(&endpoint, friendly).map(drop);
    // Wine does not refuse a second pipe of the same name; the instance lock is what excludes a second director.
    if !cfg!(windows) {
        assert_eq!(
            second.map_err(|error| error.kind()),
            Err(io::ErrorKind::AddrInUse)
        );
    }
}
