//! Accepting connections: a thread for each, at most as many as the gate allows, and a stop that finishes what is open.

use std::io::{self, Read};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::database::Database;
use super::gate::{Gate, Slot};
use super::http::{self, ReadError, Response};
use super::options::AppOptions;
use super::routes::{self, Afterwards};
use super::state::State;

/// How long a whole request may take to arrive, and a client to be silent before it.
const READ_LIMIT: Duration = Duration::from_secs(5);
/// How long a client may refuse to take its answer.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// How long a stop waits for open requests.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);
/// Pause after a failed accept: without it, a lack of file handles would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The listening application.
#[derive(Debug)]
pub(super) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
}

/// Asks the server to stop, from any thread.
#[derive(Clone, Debug)]
pub(super) struct Stopper {
    address: SocketAddr,
    gate: Arc<Gate>,
}

impl Stopper {
    /// Returns at once; the server finishes what is open.
    pub(super) fn stop(&self) {
        self.gate.stop();
        // Wakes the accept. When nobody listens any more, there is nobody to wake.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Server {
    /// Opens the database and the port.
    pub(super) fn bind(options: &AppOptions) -> Result<Self, String> {
        let database = Database::open(&options.database)
            .map_err(|error| format!("cannot open {}: {error}", options.database.display()))?;
        let listen = |port| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        let (listener, address) = listen(options.port)
            .map_err(|error| format!("cannot listen on 127.0.0.1:{}: {error}", options.port))?;
        Ok(Self {
            listener,
            address,
            state: Arc::new(State::new(options.version.clone(), database)),
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn stopper(&self) -> Stopper {
        Stopper {
            address: self.address,
            gate: Arc::clone(&self.state.gate),
        }
    }

    /// Serves until stopped, then finishes open requests.
    pub(super) fn run(self) {
        let mut held = Vec::new();
        let gate = &self.state.gate;
        while !gate.is_stopping() {
            match self.listener.accept() {
                Ok(_) if gate.is_stopping() => break,
                // A hung application accepts, as its kernel does for it, and never answers.
                Ok((stream, _)) if self.state.is_hung() => hold(&mut held, stream),
                Ok((stream, client)) => self.take(stream, client),
                Err(error) => {
                    super::complain(&format!("cannot accept a connection: {error}"));
                    gate.wait_until(ACCEPT_PAUSE, |counts| counts.stopping);
                }
            }
        }
        self.state.stall_if_hung();
        drop(self.listener);
        if !gate.wait_until(DRAIN_LIMIT, |counts| counts.requests == 0) {
            super::complain("some requests did not finish in 30 s; stopping anyway");
        }
    }

    fn take(&self, mut stream: TcpStream, client: SocketAddr) {
        let Some(slot) = Slot::take(&self.state.gate) else {
            let busy = Response::error(503, "too many connections").with("retry-after: 1");
            let _ = stream.set_write_timeout(Some(ACCEPT_PAUSE));
            let _ = busy.write(&mut stream, false);
            return;
        };
        let state = Arc::clone(&self.state);
        let serve = move || serve(stream, client, &state, &slot);
        if let Err(error) = std::thread::Builder::new()
            .name("connection".to_owned())
            .spawn(serve)
        {
            super::complain(&format!("no thread for a connection: {error}"));
        }
    }
}

/// Keeps a connection open unanswered; past the bound, leaves further ones to the system's own queue.
fn hold(held: &mut Vec<TcpStream>, stream: TcpStream) {
    held.push(stream);
    while held.len() >= 256 {
        std::thread::park();
    }
}

/// One connection, one request.
fn serve(mut stream: TcpStream, client: SocketAddr, state: &State, slot: &Slot) {
    let arrived = stream
        .set_read_timeout(Some(READ_LIMIT))
        .and_then(|()| stream.set_write_timeout(Some(WRITE_LIMIT)))
        .and_then(|()| stream.peek(&mut [0]));
    if !matches!(arrived, Ok(1..)) {
        return; // Browsers open connections that they may never use; a stop does not wait for these.
    }
    let _open = slot.begin_request();
    let began = Instant::now();
    let (line, response, afterwards, head_only) = match http::read_request(&mut stream, READ_LIMIT) {
        Ok(request) => {
            let (response, afterwards) = routes::answer(&request, state);
            let line = format!("{} {}", request.method, request.path);
            (line, response, afterwards, request.method == "HEAD")
        }
        Err(ReadError::Refused(status, why)) => (
            "(bad request)".to_owned(),
            Response::error(status, why),
            Afterwards::Nothing,
            false,
        ),
        Err(ReadError::Gone) => return,
    };
    state.stall_if_hung();
    let written = response.write(&mut stream, head_only);
    let outcome = if written.is_ok() { "" } else { " (client left)" };
    let (ip, status, took) = (client.ip(), response.status, began.elapsed().as_millis());
    // The page asks for /info every second; its lines would hide all others.
    if line != "GET /info" {
        super::say(&format!("{ip} {line} {status} {took} ms{outcome}"));
    }
    close(stream);
    carry_out(afterwards, state);
}

/// Ends the connection so that the answer arrives: closing with unread input would reset it.
fn close(mut stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let mut buffer = [0_u8; 4096];
    for _ in 0..16 {
        if !matches!(stream.read(&mut buffer), Ok(1..)) {
            break;
        }
    }
}

fn carry_out(afterwards: Afterwards, state: &State) {
    match afterwards {
        Afterwards::Nothing => {}
        Afterwards::Abort => std::process::abort(),
        Afterwards::Exit => std::process::exit(0),
        Afterwards::Hang => {
            state.hang();
            state.stall_if_hung();
        }
    }
}
