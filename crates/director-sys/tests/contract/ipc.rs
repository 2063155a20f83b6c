//! The endpoint: both sides know who the other one is.

use std::time::Duration;

use director_sys::ipc::{ConnectError, Endpoint, Listener, connect};
use director_testkit::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn endpoint(sandbox: &Sandbox) -> Endpoint {
    Endpoint::for_data_dir(sandbox.path()).unwrap()
}

#[test]
fn bytes_go_both_ways_and_an_end_is_seen() {
    let sandbox = Sandbox::new("ipc");
    let endpoint = endpoint(&sandbox);
    assert_eq!(
        endpoint,
        Endpoint::for_data_dir(&sandbox.path().join("."))
            .map(|_| endpoint.clone())
            .unwrap()
    );
    assert_eq!(
        endpoint.to_string(),
        Endpoint::for_data_dir(&sandbox.path().join("."))
            .unwrap()
            .to_string()
    );
    runtime().block_on(async {
        let mut listener = Listener::bind(&endpoint).unwrap();
        let server = async {
            let mut stream = listener.accept().await.unwrap();
            let mut text = [0; 5];
            stream.read_exact(&mut text).await.unwrap();
            stream.write_all(&text).await.unwrap();
            stream.shutdown().await.unwrap();
        };
        let client = async {
            let mut stream = connect(&endpoint).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            let mut text = Vec::new();
            stream.read_to_end(&mut text).await.unwrap();
            text
        };
        let ((), text) = tokio::join!(server, client);
        assert_eq!(text, b"hello");
    });
}

#[test]
fn nobody_there_is_told_and_a_dead_name_is_replaced() {
    let sandbox = Sandbox::new("nobody");
    let endpoint = endpoint(&sandbox);
    runtime().block_on(async {
        assert!(matches!(connect(&endpoint).await, Err(ConnectError::NotRunning)));
        drop(Listener::bind(&endpoint).unwrap());
        assert!(matches!(connect(&endpoint).await, Err(ConnectError::NotRunning)));
        let mut listener = Listener::bind(&endpoint).unwrap();
        let (server, client) = tokio::join!(listener.accept(), connect(&endpoint));
        assert!(server.is_ok() && client.is_ok());
    });
}

#[test]
fn many_clients_at_once_are_served() {
    let sandbox = Sandbox::new("crowd");
    let endpoint = endpoint(&sandbox);
    runtime().block_on(async {
        let mut listener = Listener::bind(&endpoint).unwrap();
        let clients: Vec<_> = (0..16)
            .map(|_| {
                let endpoint = endpoint.clone();
                tokio::spawn(async move { connect(&endpoint).await.unwrap().read_u8().await.unwrap() })
            })
            .collect();
        for _ in 0..16 {
            let accepted = tokio::time::timeout(Duration::from_secs(10), listener.accept()).await;
            accepted.unwrap().unwrap().write_u8(7).await.unwrap();
        }
        for client in clients {
            assert_eq!(client.await.unwrap(), 7);
        }
    });
}

#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "becoming another user within one thread has no safe interface"
)]
mod linux {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::PathBuf;

    const NOBODY: u32 = 65_534;

    /// Runs `work` in a thread that is another user: credentials belong to threads in the kernel, and the raw call changes
    /// the calling one only.
    fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
        if !director_sys::accounts::is_elevated() {
            println!("skipped: only root may become another user");
            return None;
        }
        std::thread::scope(|scope| {
            let become_and_work = || {
                // SAFETY: setresuid takes three integers; the raw call affects this thread only, which ends after the work.
                let result = unsafe { libc::syscall(libc::SYS_setresuid, NOBODY, NOBODY, NOBODY) };
                assert_eq!(result, 0);
                work()
            };
            Some(scope.spawn(become_and_work).join().unwrap())
        })
    }

    #[test]
    fn another_user_is_refused() {
        let sandbox = Sandbox::new("refused");
        let endpoint = endpoint(&sandbox);
        let runtime = runtime();
        let _guard = runtime.enter();
        let _listener = Listener::bind(&endpoint).unwrap();
        let socket = PathBuf::from(endpoint.to_string());
        assert_eq!(std::fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
        let folder = std::fs::metadata(socket.parent().unwrap()).unwrap().mode();
        assert_eq!(folder & 0o066, 0, "others may neither list nor change the folder");
        let answer = as_nobody(|| super::runtime().block_on(connect(&endpoint)).map(drop));
        assert!(answer.is_none_or(|answer| matches!(answer, Err(ConnectError::PermissionDenied))));
    }

    /// A server of another user at our path: nothing may be said to it.
    #[test]
    fn a_foreign_server_is_not_trusted() {
        let sandbox = Sandbox::new("foreign");
        let endpoint = endpoint(&sandbox);
        let socket = PathBuf::from(endpoint.to_string());
        director_sys::fs_guard::create_private_dir(socket.parent().unwrap()).unwrap();
        // Listening is what the kernel remembers the credentials of.
        let place = Sandbox::new("place");
        place.open_to_all();
        let theirs = place.file("socket");
        let Some(_listener) = as_nobody(|| std::os::unix::net::UnixListener::bind(&theirs).unwrap()) else {
            return;
        };
        std::fs::rename(&theirs, &socket)
            .or_else(|_| std::os::unix::fs::symlink(&theirs, &socket))
            .unwrap();
        let answer = runtime().block_on(connect(&endpoint)).map(drop);
        std::fs::remove_file(&socket).unwrap();
        match answer {
            Err(ConnectError::ForeignOwner { owner }) => {
                assert_eq!(owner, director_sys::accounts::resolve("65534").unwrap().name)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_foreign_client_is_closed_by_the_server() {
        let sandbox = Sandbox::new("client");
        let place = Sandbox::new("client-place");
        place.open_to_all();
        let endpoint = endpoint(&sandbox);
        runtime().block_on(async {
            let mut listener = Listener::bind(&endpoint).unwrap();
            // Give the socket away on purpose: only the server's own check is left.
            let open = place.file("socket");
            std::fs::rename(endpoint.to_string(), &open)
                .or_else(|_| std::fs::hard_link(endpoint.to_string(), &open))
                .unwrap();
            std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o666)).unwrap();
            let Some(mut stranger) = as_nobody(|| std::os::unix::net::UnixStream::connect(&open).unwrap())
            else {
                return;
            };
            let none = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
            assert!(none.is_err(), "a stranger was accepted");
            stranger.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            assert_eq!(
                std::io::Read::read(&mut stranger, &mut [0; 1]).unwrap(),
                0,
                "the stranger must be hung up on"
            );
        });
    }
}
