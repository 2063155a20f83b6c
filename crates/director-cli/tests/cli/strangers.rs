//! What answers at the endpoint is not what was expected.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::fake::{director, project};
use director_sys::ipc::{Endpoint, Listener};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Serves `answer` to whoever connects while `work` runs.
fn with_server<T>(folder: &Path, answer: &'static str, work: impl FnOnce() -> T) -> T {
    let endpoint = Endpoint::for_data_dir(&folder.join(".director")).expect("an endpoint");
    let (ready, bound) = channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut listener = Listener::bind(&endpoint).expect("the endpoint");
            ready.send(()).expect("the test waits");
            let serve = async {
                loop {
                    let mut stream = listener.accept().await.expect("a client");
                    let mut request = [0; 4096];
                    // A client that goes away early is its own affair.
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            };
            tokio::select! { () = serve => {}, _ = stopped => {} }
        });
    });
    bound
        .recv_timeout(Duration::from_secs(20))
        .expect("served in time");
    let outcome = work();
    drop(stop);
    server.join().expect("no panic");
    outcome
}

#[test]
fn another_version_is_named() {
    let folder = project();
    let answer = "HTTP/1.1 200 OK\r\nx-director-protocol: 2\r\nx-director-version: 0.2.0\r\ncontent-length: 2\r\n\r\n{}";
    let outcome = with_server(folder.path(), answer, || director(folder.path(), &["status"]));
    assert_eq!(outcome.code, 1);
    let expected = concat!(
        "error: the running director is version 0.2.0 (protocol 2); this command is ",
        env!("CARGO_PKG_VERSION"),
        " (protocol 1)\nhint: run the same director program, or restart the director\n"
    );
    assert_eq!(outcome.err, expected);
}

#[test]
fn an_answer_that_is_no_report_is_an_error() {
    let folder = project();
    let answer = "HTTP/1.1 200 OK\r\nx-director-protocol: 1\r\ncontent-length: 2\r\n\r\n{}";
    let outcome = with_server(folder.path(), answer, || director(folder.path(), &["status"]));
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .err
            .starts_with("error: the director's answer cannot be understood: "),
        "{outcome:?}"
    );
}

#[test]
fn an_error_without_a_body_is_an_error() {
    let folder = project();
    let answer = "HTTP/1.1 500 Oops\r\nx-director-protocol: 1\r\ncontent-length: 0\r\n\r\n";
    let outcome = with_server(folder.path(), answer, || director(folder.path(), &["events"]));
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("500"), "{outcome:?}");
}

#[test]
fn a_connection_that_breaks_off_means_that_the_director_ended() {
    let folder = project();
    let outcome = with_server(folder.path(), "", || director(folder.path(), &["stop", "web"]));
    assert_eq!(outcome.code, 4, "{outcome:?}");
    assert!(
        outcome
            .err
            .starts_with("error: the director ended before it answered"),
        "{outcome:?}"
    );
}
