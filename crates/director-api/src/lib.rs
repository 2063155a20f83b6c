//! The edge: what a running director answers over its named pipe or unix socket.
//!
//! **Why it exists.** The command line (and later a dashboard) must learn and ask without ever being able to hurt
//! supervision. This crate sees the core's types and one function, `ask`, that hands a [`Request`] over; it never sees the
//! daemon. A slow client, a broken request or a panic here reaches nobody else.
//!
//! **Theory of operation.** One thread named `edge` with a small stack runs one single-threaded runtime: an accept loop
//! with at most [`MAX_CONNECTIONS`] connections, each an HTTP/1.1 conversation through the same router. Every request
//! is turned into a [`Request`] whose reply wakes the waiting handler; a reply that is dropped means that the director
//! is stopping. When nobody is connected there is no timer and no wake-up. No TCP is listened on.
//!
//! The interface is described in `docs/api.md`. Its JSON only ever grows.
//!
//! [`Request`]: director_core::command::Request

mod changes;
mod contain;
mod edge;
mod error;
mod routes;
mod server;
mod stall;

pub use edge::Edge;
pub use error::{ErrorBody, code};
pub use server::{MAX_CONNECTIONS, serve};

/// The header by which either side states its protocol number ([`director_core::report::PROTOCOL`]).
pub const PROTOCOL_HEADER: &str = "x-director-protocol";

/// The header by which either side states its version.
pub const VERSION_HEADER: &str = "x-director-version";

/// The longest request body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long `GET /v1/changed` waits before it answers the revision it was asked with, in milliseconds.
pub const LONG_POLL_MS: u64 = 25_000;

/// The answer to `GET /v1/hello`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hello {
    /// The director's version.
    pub version: String,
    /// Its protocol number.
    pub protocol: u32,
    /// Its process.
    pub pid: u32,
}

/// The answer to `GET /v1/changed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Changed {
    /// The report's revision now; equal to the one asked with when nothing changed in time.
    pub revision: u64,
}
