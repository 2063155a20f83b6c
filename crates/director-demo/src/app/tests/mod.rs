//! The application over real connections: in threads of the test, and as processes where it ends or hangs.

mod http;
mod process;
mod routes;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::options::AppOptions;
use super::server::{Server, Stopper};

/// A server in a thread of this process, on a free port, with a database of its own.
struct Running {
    address: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = AppOptions {
            port: 0,
            database: folder.path().join("demo.db"),
            version: "1.2.3".to_owned(),
        };
        let server = Server::bind(&options).expect("a server");
        Self {
            address: server.address(),
            stopper: server.stopper(),
            thread: Some(std::thread::spawn(move || server.run())),
            _folder: folder,
        }
    }

    fn get(&self, path: &str) -> Answer {
        ask(self.address, &request("GET", path, self.address, "")).expect("an answer")
    }

    fn post(&self, path: &str, headers: &str) -> Answer {
        ask(self.address, &request("POST", path, self.address, headers)).expect("an answer")
    }

    /// Stops it and waits for its end.
    fn stop(mut self) {
        self.stopper.stop();
        self.thread.take().expect("a thread").join().expect("no panic");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop();
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }
}

fn request(method: &str, path: &str, host: SocketAddr, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n")
}

/// Sends `raw` and reads until the server closes.
fn ask(address: SocketAddr, raw: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(raw.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let parsed = text.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        })
    });
    parsed.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, format!("no answer: {text:?}")))
}

/// Waits until `reached`, at most 20 s.
fn wait_for(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !reached() {
        assert!(Instant::now() < deadline, "{what} did not happen in 20 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}
