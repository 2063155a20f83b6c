//! The local endpoint between a director and its command line: a named pipe or a unix socket.
//!
//! Only the owner and administrators may connect, and the client verifies who serves before it says anything: a name in a shared
//! namespace proves nothing about who took it.

mod endpoint;

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

pub use endpoint::Endpoint;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The serving side.
#[derive(Debug)]
pub struct Listener {
    inner: imp::Listener,
}

impl Listener {
    /// Takes the endpoint. A name left over by a dead director is replaced; whether a live one exists is for the instance lock to say.
    /// Call it within a tokio runtime.
    ///
    /// # Errors
    /// `AddrInUse` when somebody serves there, `PermissionDenied` when the folder is not safe; otherwise what the system said.
    pub fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        imp::Listener::bind(endpoint).map(|inner| Self { inner })
    }

    /// The next client that may connect. One that may not is closed and never returned.
    ///
    /// # Errors
    /// What the system said; the listener stays usable (out of file descriptors, for one, passes).
    pub async fn accept(&mut self) -> io::Result<Stream> {
        self.inner.accept().await.map(|inner| Stream { inner })
    }
}

/// Why a client did not get through.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody serves there.
    #[error("no director is running for this configuration")]
    NotRunning,
    /// Somebody serves, but not for us.
    #[error("the director refuses this user")]
    PermissionDenied,
    /// Whoever serves is neither the owner of the data folder, nor ourselves, nor an administrator.
    #[error("the endpoint is served by `{owner}`, who is not to be trusted")]
    ForeignOwner {
        /// The account that serves.
        owner: String,
    },
    /// Anything else.
    #[error("cannot connect to the director: {0}")]
    Io(#[from] io::Error),
}

/// Connects, bounded in time, and verifies the server. Call it within a tokio runtime.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    imp::connect(endpoint).await.map(|inner| Stream { inner })
}

/// One connection, either side.
#[derive(Debug)]
pub struct Stream {
    inner: imp::Stream,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
