//! A unix socket in a folder that only its owner may enter; both sides ask the kernel who the other one is.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use super::{ConnectError, Endpoint};
use crate::accounts::imp::{effective_uid, name_of};
use crate::fs_guard::create_private_dir;

pub(crate) type Stream = UnixStream;

/// Where root's directors listen. Everybody may look a name up there, so that a user is told "refused" rather than "not
/// running"; the sockets are still root's alone.
const ROOT_FOLDER: &str = "/run/director";

/// The kernel's room for a socket's path, its final NUL included.
const PATH_BYTES_MAX: usize = 108;

/// A full queue of a busy server makes connecting wait; longer than this is no answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Where the server of the current user listens.
pub(crate) fn endpoint_path(hash: &str, _data_dir: &Path) -> io::Result<PathBuf> {
    let name = format!("{hash}.sock");
    let fits = |folder: &PathBuf| folder.join(&name).as_os_str().len() < PATH_BYTES_MAX;
    let uid = effective_uid();
    let folder = folders(uid, true)
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| shared_folder(Path::new("/tmp"), uid));
    Ok(folder.join(name))
}

/// Where the director of `uid` may listen, best first. Our environment speaks for ourselves only, and not for root, whose
/// director may be started by the system or from a login.
fn folders(uid: u32, ourselves: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let belongs = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == uid)
    };
    if uid == 0 {
        found.push(PathBuf::from(ROOT_FOLDER));
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| ourselves && path.is_absolute());
    let login = PathBuf::from(format!("/run/user/{uid}"));
    let private = runtime.into_iter().chain([login]).filter(|path| belongs(path));
    found.extend(private.map(|path| path.join("director")));
    found.push(shared_folder(&std::env::temp_dir(), uid));
    found.push(shared_folder(Path::new("/tmp"), uid));
    found.dedup();
    found
}

fn shared_folder(temp: &Path, uid: u32) -> PathBuf {
    temp.join(format!("director-{uid}"))
}

#[derive(Debug)]
pub(crate) struct Listener {
    socket: UnixListener,
    path: PathBuf,
    /// Which file is ours: the path may belong to a successor by the time we are dropped.
    inode: u64,
}

impl Listener {
    pub(crate) fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        let path = endpoint.path.clone();
        if let Some(folder) = path.parent() {
            create_private_dir(folder)?;
            if folder == Path::new(ROOT_FOLDER) {
                std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?;
            }
        }
        let socket = match UnixListener::bind(&path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                remove_stale(&path)?;
                UnixListener::bind(&path)?
            }
            other => other?,
        };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let inode = std::fs::symlink_metadata(&path)?.ino();
        Ok(Self { socket, path, inode })
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let owner = effective_uid();
            if stream
                .peer_cred()
                .is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0)
            {
                return Ok(stream);
            }
        }
    }
}

/// Removes a socket whose server is dead; one that answers is in use.
fn remove_stale(path: &Path) -> io::Result<()> {
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode) {
            // Left behind it does no harm: the next server replaces it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    let owner = std::fs::metadata(&endpoint.data_dir)
        .ok()
        .map(|metadata| metadata.uid());
    let mut denied = false;
    for path in candidates(endpoint, owner) {
        let attempt = tokio::time::timeout(CONNECT_LIMIT, UnixStream::connect(&path)).await;
        match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => return verified(stream, owner),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory => {
                }
                io::ErrorKind::PermissionDenied => denied = true,
                _ => return Err(error.into()),
            },
        }
    }
    Err(if denied {
        ConnectError::PermissionDenied
    } else {
        ConnectError::NotRunning
    })
}

/// The endpoint itself, then where the owner of the data folder and root would serve it: root may ask a user's director, and
/// a user gets a clear refusal from root's.
fn candidates(endpoint: &Endpoint, owner: Option<u32>) -> Vec<PathBuf> {
    let mut paths = vec![endpoint.path.clone()];
    let me = effective_uid();
    let others = [Some(me), owner, Some(0)].into_iter().flatten();
    let folders = others.flat_map(|uid| folders(uid, uid == me));
    if let Some(name) = endpoint.path.file_name() {
        for path in folders.map(|folder| folder.join(name)) {
            if !paths.contains(&path) && path.as_os_str().len() < PATH_BYTES_MAX {
                paths.push(path);
            }
        }
    }
    paths
}

/// Trusted are the owner of the data folder, root and ourselves.
fn verified(stream: UnixStream, owner: Option<u32>) -> Result<Stream, ConnectError> {
    let server = stream.peer_cred()?.uid();
    if server == 0 || server == effective_uid() || Some(server) == owner {
        Ok(stream)
    } else {
        Err(ConnectError::ForeignOwner {
            owner: name_of(server),
        })
    }
}
