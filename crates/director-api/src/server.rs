//! The accept loop: how many may talk at once, and how long they may take.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use director_core::command::Request;
use director_core::report::PROTOCOL;
use director_sys::ipc::{Listener, Stream};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::{sleep, timeout};

use crate::PROTOCOL_HEADER;
use crate::error::{Failure, code};
use crate::routes::router;
use crate::stall::StallGuard;

/// So many clients may be connected at once; the next one is told so and closed.
pub const MAX_CONNECTIONS: usize = 64;

/// From the connection, or the end of the last answer, to the end of the next request's head.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a client may leave an answer unread.
const STALL_TIME: Duration = Duration::from_secs(10);
/// The most bytes of a request's head.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long the refusal of one client too many may take.
const REFUSE_TIME: Duration = Duration::from_millis(200);
/// How long answers under way are given when the edge stops.
const FAREWELL_TIME: Duration = Duration::from_millis(250);
/// The wait after a failed accept (out of descriptors, for one): at once would be a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` is sent or dropped. Call it within a tokio runtime that has time and IO.
///
/// `pid` is the director's process, for clients that wait for its end.
/// `ask` is called in the runtime's thread and must not block. Dropping a request's reply answers its client
/// `503 the director is stopping`.
pub async fn serve(
    mut listener: Listener,
    pid: u32,
    ask: impl Fn(Request) + Send + Sync + 'static,
    mut stop: oneshot::Receiver<()>,
) {
    let router = router(pid, ask);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (open, closing) = watch::channel(());
    loop {
        let accepted = tokio::select! {
            biased;
            _ = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Err(_) => sleep(ACCEPT_PAUSE).await,
            Ok(stream) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => drop(tokio::spawn(converse(
                    stream,
                    router.clone(),
                    place,
                    closing.clone(),
                ))),
                Err(_) => refuse(stream).await,
            },
        }
    }
    drop(listener);
    drop(open);
    // Whoever was being answered gets the answer; the permits come back as the conversations end.
    let all = places.acquire_many(MAX_CONNECTIONS as u32);
    let _ = timeout(FAREWELL_TIME, all).await;
}

/// One client's requests, one after the other.
async fn converse(
    stream: Stream,
    router: Router,
    place: OwnedSemaphorePermit,
    mut closing: watch::Receiver<()>,
) {
    let stream = TokioIo::new(StallGuard::new(stream, STALL_TIME));
    let mut conversation = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(stream, TowerToHyperService::new(router))
    );
    tokio::select! {
        // Its errors are the client's: gone, too slow, not HTTP. Nobody is left to be told.
        _ = conversation.as_mut() => {}
        // The sender is dropped when the edge stops: an answer under way is finished, a silent client is let go at once.
        _ = closing.changed() => {
            conversation.as_mut().graceful_shutdown();
            let _ = conversation.await;
        }
    }
    drop(place);
}

/// Tells a client that there are too many, without reading what it wants.
async fn refuse(mut stream: Stream) {
    let body = Failure::new(
        StatusCode::SERVICE_UNAVAILABLE,
        code::BUSY,
        format!("{MAX_CONNECTIONS} clients are connected already"),
    )
    .hint("end some `director status --watch` or `logs -f`")
    .body_text();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\n{PROTOCOL_HEADER}: {PROTOCOL}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = timeout(REFUSE_TIME, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
}
