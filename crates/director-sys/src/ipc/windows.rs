//! A named pipe that only SYSTEM, administrators and its owner may open; the client checks who owns it.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY};
use windows_sys::Win32::Storage::FileSystem::SECURITY_IDENTIFICATION;

use super::{ConnectError, Endpoint};
use crate::windows::is_error;
use crate::windows::security::{self, ADMINISTRATORS, Access, SYSTEM, Sid};

/// A busy server makes connecting wait; longer than this is no answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A server that starts again right now may refuse for a moment.
const DENIED_LIMIT: Duration = Duration::from_millis(300);
const RETRY_PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn endpoint_path(hash: &str, _data_dir: &Path) -> io::Result<PathBuf> {
    Ok(PathBuf::from(format!(r"\\.\pipe\director-{hash}")))
}

#[derive(Debug)]
pub(crate) struct Listener {
    path: PathBuf,
    access: Access,
    /// The instance that waits for the next client. There is always one, so the name is never free for somebody else.
    next: NamedPipeServer,
}

impl Listener {
    pub(crate) fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        let user = security::current_user()?;
        let user = user.text();
        // The owner is named, as clients look at it: an elevated administrator's things belong to the group otherwise.
        let access = Access::from_sddl(&format!("O:{user}D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;{user})"))?;
        let path = endpoint.path.clone();
        let next = instance(&path, &access, true).map_err(|error| {
            // The answer to "be the first" when somebody was: their access list, or the flag itself, refuses.
            if is_error(&error, ERROR_ACCESS_DENIED) || is_error(&error, ERROR_PIPE_BUSY) {
                io::Error::new(io::ErrorKind::AddrInUse, error)
            } else {
                error
            }
        })?;
        Ok(Self { path, access, next })
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Stream> {
        self.next.connect().await?;
        match instance(&self.path, &self.access, false) {
            Ok(next) => Ok(Stream::Server(std::mem::replace(&mut self.next, next))),
            Err(error) => {
                // This client is given up, and the instance waits for another one.
                self.next.disconnect()?;
                Err(error)
            }
        }
    }
}

fn instance(path: &Path, access: &Access, first: bool) -> io::Result<NamedPipeServer> {
    let mut attributes = access.attributes();
    let mut options = ServerOptions::new();
    options.first_pipe_instance(first).reject_remote_clients(true);
    // SAFETY: the attributes are valid and live through the call.
    unsafe { options.create_with_security_attributes_raw(path, std::ptr::from_mut(&mut attributes).cast()) }
}

pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    let begun = Instant::now();
    loop {
        // The server may learn who we are, and not act as us.
        match ClientOptions::new()
            .security_qos_flags(SECURITY_IDENTIFICATION)
            .open(&endpoint.path)
        {
            Ok(client) => return verified(client, &endpoint.data_dir),
            Err(error) if is_error(&error, ERROR_FILE_NOT_FOUND) => return Err(ConnectError::NotRunning),
            Err(error) if is_error(&error, ERROR_PIPE_BUSY) && begun.elapsed() < CONNECT_LIMIT => {}
            Err(error) if is_error(&error, ERROR_ACCESS_DENIED) => {
                if begun.elapsed() >= DENIED_LIMIT {
                    return Err(ConnectError::PermissionDenied);
                }
            }
            Err(error) if is_error(&error, ERROR_PIPE_BUSY) => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, error).into());
            }
            Err(error) => return Err(error.into()),
        }
        // The system's own wait for a free instance would block the thread.
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

fn verified(client: NamedPipeClient, data_dir: &Path) -> Result<Stream, ConnectError> {
    // SAFETY: the handle is open as long as `client`, which outlives the borrow.
    let handle = unsafe { BorrowedHandle::borrow_raw(client.as_raw_handle()) };
    let owner = security::owner_of_handle(handle.as_handle())?;
    if is_trusted(&owner, data_dir)? {
        Ok(Stream::Client(client))
    } else {
        Err(ConnectError::ForeignOwner {
            owner: owner.account().to_owned(),
        })
    }
}

/// SYSTEM and administrators may do everything anyway; else the owner is ourselves or whoever owns the data folder.
fn is_trusted(owner: &Sid, data_dir: &Path) -> io::Result<bool> {
    Ok([SYSTEM, ADMINISTRATORS].contains(&owner.text())
        || *owner == security::current_user()?
        || security::owner_of_path(data_dir).is_ok_and(|folder| folder == *owner))
}

/// One connection.
#[derive(Debug)]
pub(crate) enum Stream {
    Server(NamedPipeServer),
    Client(NamedPipeClient),
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = match &mut *self {
            Self::Server(pipe) => Pin::new(pipe).poll_read(cx, buf),
            Self::Client(pipe) => Pin::new(pipe).poll_read(cx, buf),
        };
        match result {
            // The other end is closed: on every other kind of stream that is the end of the data.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Poll::Ready(Ok(())),
            result => result,
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Server(pipe) => Pin::new(pipe).poll_write(cx, buf),
            Self::Client(pipe) => Pin::new(pipe).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Server(pipe) => Pin::new(pipe).poll_flush(cx),
            Self::Client(pipe) => Pin::new(pipe).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Server(pipe) => Pin::new(pipe).poll_shutdown(cx),
            Self::Client(pipe) => Pin::new(pipe).poll_shutdown(cx),
        }
    }
}
