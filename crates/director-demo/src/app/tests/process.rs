//! The application as a process of its own, where it ends or hangs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{request, wait_for};
use crate::{Action, post};

/// Tells the test below that it is the application.
const DATABASE: &str = "DIRECTOR_DEMO_TEST_DATABASE";

/// Not a test: this binary, started again by the tests of this file, becomes the application here.
#[test]
#[ignore = "is the child process of the other tests"]
fn child() {
    let database = std::env::var_os(DATABASE).expect("started by a test");
    let options = crate::AppOptions {
        port: 0,
        database: database.into(),
        version: "1".to_owned(),
    };
    std::process::exit(crate::run_app(options));
}

struct App {
    child: Child,
    address: SocketAddr,
    lines: Receiver<String>,
    _folder: tempfile::TempDir,
}

impl App {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(std::env::current_exe().expect("our path"))
            .args([
                "app::tests::process::child",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(DATABASE, folder.path().join("demo.db"))
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("started");
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        let address = loop {
            let line = lines.recv_timeout(Duration::from_secs(20)).expect("an address");
            if let Some((_, rest)) = line.split_once("listening on http://") {
                break rest
                    .split('/')
                    .next()
                    .expect("an address")
                    .parse()
                    .expect("an address");
            }
        };
        Self {
            child,
            address,
            lines,
            _folder: folder,
        }
    }

    fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait_for("the end of the application", || {
            status = self.child.try_wait().expect("waited");
            status.is_some()
        });
        status.expect("ended")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn crash_ends_it_badly_and_exit0_ends_it_well() {
    let mut app = App::start();
    post(app.address.port(), Action::Crash).expect("answered");
    assert!(!app.ended().success());
    let mut app = App::start();
    post(app.address.port(), Action::Exit0).expect("answered");
    assert_eq!(app.ended().code(), Some(0));
    assert!(post(app.address.port(), Action::Exit0).is_err(), "nobody listens");
}

#[test]
fn a_hung_application_accepts_and_never_answers() {
    let app = App::start();
    post(app.address.port(), Action::Hang).expect("answered");
    wait_for("the hang", || {
        let mut stream = TcpStream::connect(app.address).expect("it accepts");
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .expect("set");
        stream
            .write_all(request("GET", "/health", app.address, "").as_bytes())
            .expect("written");
        let silent = stream.read(&mut [0]);
        matches!(silent, Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
    });
}

#[test]
fn a_flood_prints_every_line() {
    let app = App::start();
    post(app.address.port(), Action::Flood).expect("answered");
    let mut count = 0;
    while count < 100_000 {
        let line = app.lines.recv_timeout(Duration::from_secs(20)).expect("a line");
        // The answer's own lines go between them.
        if let Some(rest) = line.strip_prefix("flood line ") {
            count += 1;
            assert_eq!(rest, format!("{count} of 100000"));
        }
    }
}

#[test]
fn a_port_in_use_is_named() {
    let app = App::start();
    let folder = tempfile::tempdir().expect("a folder");
    let options = crate::AppOptions {
        port: app.address.port(),
        database: folder.path().join("demo.db"),
        version: String::new(),
    };
    assert_eq!(crate::run_app(options), 1);
}

#[cfg(unix)]
fn signal(app: &App, name: &str) {
    let done = Command::new("kill")
        .args([name, &app.child.id().to_string()])
        .status()
        .expect("kill");
    assert!(done.success());
}

#[cfg(unix)]
#[test]
fn sigterm_finishes_the_open_request_and_ends_with_0() {
    let mut app = App::start();
    let address = app.address;
    let slow = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("connected");
        stream
            .write_all(request("POST", "/do/slow", address, "").as_bytes())
            .expect("written");
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    });
    // The health answer comes after the slow request was accepted before it: connections are taken in order.
    wait_for("an answer", || {
        super::ask(address, &request("GET", "/health", address, "")).is_ok()
    });
    wait_for("the slow request to be open", || slow_is_open(&app));
    signal(&app, "-TERM");
    let text = slow
        .join()
        .expect("no panic")
        .expect("an answer in spite of the stop");
    assert!(text.contains("finished after 5 seconds"), "{text}");
    assert_eq!(app.ended().code(), Some(0));
}

/// Whether `/info` counts a second open request besides its own.
#[cfg(unix)]
fn slow_is_open(app: &App) -> bool {
    let info = super::ask(app.address, &request("GET", "/info", app.address, ""))
        .expect("an answer")
        .json();
    info["open_requests"].as_u64() == Some(2)
}

#[cfg(unix)]
#[test]
fn a_hung_application_ignores_sigterm() {
    let mut app = App::start();
    post(app.address.port(), Action::Hang).expect("answered");
    signal(&app, "-TERM");
    wait_for("the request to stop", || {
        app.lines
            .recv_timeout(Duration::from_secs(20))
            .expect("a line")
            .contains("stopping")
    });
    let waited = app.child.try_wait().expect("waited");
    assert!(waited.is_none(), "it ended: {waited:?}");
}
