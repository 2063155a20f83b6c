//! The paths and what they ask.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request as HttpRequest, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use director_core::command::{Command, Reply, Request};
use director_core::report::PROTOCOL;
use director_core::spec::ServiceName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::changes::Changes;
use crate::contain::Contained;
use crate::error::{Failure, code};
use crate::{Changed, Hello, LONG_POLL_MS, MAX_BODY_BYTES, PROTOCOL_HEADER, VERSION_HEADER};

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(5);
/// The most journal entries one answer holds.
const MAX_EVENTS: usize = 10_000;
/// How many journal entries an answer holds when nobody says.
const DEFAULT_EVENTS: usize = 100;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every handler has.
#[derive(Clone)]
struct Shared {
    pid: u32,
    ask: Arc<dyn Fn(Request) + Send + Sync>,
    changes: Changes,
}

impl Shared {
    /// Sends the request that `make` builds around a reply, and waits for the answer.
    async fn ask<T: Send + 'static>(&self, make: impl FnOnce(Reply<T>) -> Request) -> Result<T, Failure> {
        let (sender, receiver) = oneshot::channel();
        // An error of `send` means that the client went away; the answer is of no use to anybody then.
        (self.ask)(make(Box::new(move |answer| drop(sender.send(answer)))));
        receiver.await.map_err(|_| Failure::stopping())
    }
}

/// All paths over `ask`.
pub(crate) fn router(pid: u32, ask: impl Fn(Request) + Send + Sync + 'static) -> Router {
    let shared = Shared {
        pid,
        ask: Arc::new(ask),
        changes: Changes::default(),
    };
    Router::new()
        .route("/v1/hello", get(hello))
        .route("/v1/report", get(report))
        .route("/v1/changed", get(changed))
        .route("/v1/command", post(command))
        .route("/v1/reload", post(reload))
        .route("/v1/events", get(events))
        .route("/v1/tail", get(tail))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn(guard))
        .with_state(shared)
}

/// Around every request: the protocol of both sides, and what a panic becomes.
async fn guard(request: HttpRequest, next: Next) -> Response {
    let mut response = match check_protocol(&request) {
        Err(failure) => failure.into_response(),
        Ok(()) => match Contained::new(next.run(request)).await {
            Ok(response) => response,
            Err(panic) => Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                code::INTERNAL,
                format!("the director failed to answer: {panic}"),
            )
            .hint("supervision goes on; please report this")
            .into_response(),
        },
    };
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static(PROTOCOL_HEADER),
        HeaderValue::from(PROTOCOL),
    );
    headers.insert(
        HeaderName::from_static(VERSION_HEADER),
        HeaderValue::from_static(VERSION),
    );
    response
}

/// A client that states another protocol is refused before it can do anything; `hello` answers everybody.
fn check_protocol(request: &HttpRequest) -> Result<(), Failure> {
    let Some(stated) = request.headers().get(PROTOCOL_HEADER) else {
        return Ok(());
    };
    if request.uri().path() == "/v1/hello" || stated.as_bytes() == PROTOCOL.to_string().as_bytes() {
        return Ok(());
    }
    let theirs = String::from_utf8_lossy(stated.as_bytes()).into_owned();
    Err(Failure::new(
        StatusCode::UPGRADE_REQUIRED,
        code::PROTOCOL_MISMATCH,
        format!(
            "the running director is version {VERSION} (protocol {PROTOCOL}); the client speaks protocol {theirs}"
        ),
    )
    .hint("use the command line of the same version, or restart the director"))
}

async fn hello(State(shared): State<Shared>) -> Json<Hello> {
    Json(Hello {
        version: VERSION.to_owned(),
        protocol: PROTOCOL,
        pid: shared.pid,
    })
}

#[derive(Deserialize)]
struct ReportQuery {
    usage_of: Option<String>,
}

async fn report(
    State(shared): State<Shared>,
    query: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let usage_of = parse(query)?.usage_of.as_deref().map(service_name).transpose()?;
    let report = shared.ask(|reply| Request::Report { usage_of, reply }).await?;
    Ok(Json(report).into_response())
}

#[derive(Deserialize)]
struct ChangedQuery {
    from: u64,
}

async fn changed(
    State(shared): State<Shared>,
    query: Result<Query<ChangedQuery>, QueryRejection>,
) -> Result<Json<Changed>, Failure> {
    let from = parse(query)?.from;
    let mut waiting = shared.changes.wait(from, |answer| {
        (shared.ask)(Request::Changed {
            from,
            reply: Box::new(move |revision| answer.give(revision)),
        });
    });
    let answered = timeout(
        Duration::from_millis(LONG_POLL_MS),
        waiting.wait_for(Option::is_some),
    );
    match answered.await {
        Ok(Ok(revision)) => Ok(Json(Changed {
            revision: revision.unwrap_or(from),
        })),
        Ok(Err(_)) => Err(Failure::stopping()),
        Err(_) => Ok(Json(Changed { revision: from })),
    }
}

/// The body of a POST, as JSON of one shape.
async fn body_of<T: DeserializeOwned>(body: Body, what: &str) -> Result<T, Failure> {
    let bytes = match timeout(BODY_TIME, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            return Err(Failure::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                code::TOO_LARGE,
                format!("the body is longer than {MAX_BODY_BYTES} bytes, or broke off"),
            ));
        }
        Err(_) => {
            return Err(Failure::new(
                StatusCode::REQUEST_TIMEOUT,
                code::TOO_SLOW,
                "the body did not arrive in time",
            ));
        }
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::bad_request(format!("this is no {what}: {error}")))
}

async fn command(State(shared): State<Shared>, body: Body) -> Result<Response, Failure> {
    let command: Command = body_of(body, "command").await?;
    let outcome = shared.ask(|reply| Request::Command { command, reply }).await?;
    Ok(Json(outcome.map_err(Failure::refused)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReloadBody {
    #[serde(default)]
    dry_run: bool,
}

async fn reload(State(shared): State<Shared>, body: Body) -> Result<Response, Failure> {
    let ReloadBody { dry_run } = body_of(body, "reload").await?;
    let outcome = shared.ask(|reply| Request::Reload { dry_run, reply }).await?;
    Ok(Json(outcome.map_err(Failure::refused)?).into_response())
}

#[derive(Deserialize)]
struct EventsQuery {
    #[serde(default)]
    after: u64,
    service: Option<String>,
    limit: Option<usize>,
}

async fn events(
    State(shared): State<Shared>,
    query: Result<Query<EventsQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let query = parse(query)?;
    let service = query.service.as_deref().map(service_name).transpose()?;
    let limit = query.limit.unwrap_or(DEFAULT_EVENTS).min(MAX_EVENTS);
    let events = shared
        .ask(|reply| Request::Events {
            after: query.after,
            service,
            limit,
            reply,
        })
        .await?;
    Ok(Json(events).into_response())
}

#[derive(Deserialize)]
struct TailQuery {
    service: String,
}

async fn tail(
    State(shared): State<Shared>,
    query: Result<Query<TailQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let service = service_name(&parse(query)?.service)?;
    let asked = service.clone();
    let bytes = shared.ask(|reply| Request::Tail { service, reply }).await?;
    let bytes = bytes.ok_or_else(|| unknown_service(asked.as_str()))?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

async fn not_found(request: HttpRequest) -> Failure {
    let path = request.uri().path();
    Failure::new(
        StatusCode::NOT_FOUND,
        code::NOT_FOUND,
        format!("there is no `{path}`"),
    )
    .hint("see docs/api.md")
}

async fn method_not_allowed(request: HttpRequest) -> Failure {
    let (method, path) = (request.method(), request.uri().path());
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        code::METHOD_NOT_ALLOWED,
        format!("`{path}` knows no {method}"),
    )
    .hint("see docs/api.md")
}

fn parse<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Failure> {
    query
        .map(|Query(value)| value)
        .map_err(|rejection| Failure::bad_request(rejection.body_text()))
}

fn service_name(text: &str) -> Result<ServiceName, Failure> {
    ServiceName::new(text).map_err(|_| unknown_service(text))
}

fn unknown_service(text: &str) -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        code::UNKNOWN_SERVICE,
        format!("there is no service `{text}`"),
    )
}
