//! The thread of the edge.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;

use director_core::command::Request;
use director_sys::ipc::{Endpoint, Listener};
use tokio::sync::oneshot;

use crate::server::serve;

/// The thread runs one shallow state machine per connection; this is several times what it was seen to need.
const STACK_BYTES: usize = 256 * 1024;

/// The running edge. Dropping it stops it.
#[derive(Debug)]
pub struct Edge {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Edge {
    /// Takes `endpoint` and serves it in a thread of its own; every request arrives at `ask`, which must not block.
    ///
    /// # Errors
    /// When the endpoint cannot be taken (see [`Listener::bind`]) or the thread cannot start.
    pub fn start(endpoint: &Endpoint, ask: impl Fn(Request) + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_for(std::process::id(), endpoint, ask)
    }

    /// The same for a director that is another process: `pid` is what clients are told.
    ///
    /// # Errors
    /// As [`Edge::start`].
    pub fn start_for(
        pid: u32,
        endpoint: &Endpoint,
        ask: impl Fn(Request) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (ready, bound) = mpsc::sync_channel(1);
        let endpoint = endpoint.clone();
        let thread = std::thread::Builder::new()
            .name("edge".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || run(&endpoint, pid, ask, stopped, &ready))?;
        match bound.recv() {
            Ok(Ok(())) => Ok(Self {
                stop: Some(stop),
                thread: Some(thread),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other("the edge's thread ended at once")),
        }
    }

    /// Takes no more clients, lets answers under way finish (a quarter of a second at most), and ends the thread.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It contains its own panics; there is nothing to learn from it.
            let _ = thread.join();
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.end();
    }
}

/// The thread's whole life. `ready` hears once whether the endpoint is ours.
fn run(
    endpoint: &Endpoint,
    pid: u32,
    ask: impl Fn(Request) + Send + Sync + 'static,
    stopped: oneshot::Receiver<()>,
    ready: &mpsc::SyncSender<io::Result<()>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    // The panic hook has reported it by the time it arrives here; supervision goes on without the edge.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            match Listener::bind(endpoint) {
                Err(error) => drop(ready.send(Err(error))),
                Ok(listener) => {
                    let _ = ready.send(Ok(()));
                    serve(listener, pid, ask, stopped).await;
                }
            }
        });
    }));
}
