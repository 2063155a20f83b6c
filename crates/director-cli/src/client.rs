//! The command line's side of the conversation with a running director (docs/api.md).

use std::future::Future;
use std::path::Path;

use director_core::command::{Accepted, Command, Numbered, Refusal, Reloaded};
use director_core::report::{DirectorReport, PROTOCOL};
use director_sys::ipc::{self, ConnectError, Endpoint};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate::Place;

const PROTOCOL_HEADER: &str = "x-director-protocol";
const VERSION_HEADER: &str = "x-director-version";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest answer that is read: 1,000 services, or 10,000 journal entries, with room.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// The error code of a director on its way out.
const STOPPING: &str = "stopping";

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nobody to talk to, or not allowed to.
    Connect(ConnectError),
    /// The conversation broke off: the director ended.
    Gone(String),
    /// The two speak different protocols.
    OtherProtocol { version: String, protocol: String },
    /// The director refuses.
    Refused(Refusal),
    /// Any other error answer.
    Answered {
        code: String,
        error: String,
        hint: Option<String>,
    },
    /// An answer that cannot be understood.
    Nonsense(String),
}

/// One connection.
pub(crate) struct Link {
    endpoint: Endpoint,
    sender: SendRequest<Full<Bytes>>,
    /// Carries the connection; ends with it.
    carrier: JoinHandle<()>,
}

/// Runs a conversation. One thread, no work before it is needed: a command should cost no more than its question.
pub(crate) fn converse<T>(conversation: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("cannot prepare to talk to the director: {error}"),
            )
        })?;
    Ok(runtime.block_on(conversation))
}

/// Where the director of a configuration is reached.
pub(crate) fn endpoint(place: &Place) -> Result<Endpoint, Failure> {
    endpoint_of(&place.data_dir)
}

/// Where the director with this data folder is reached.
pub(crate) fn endpoint_of(data_dir: &Path) -> Result<Endpoint, Failure> {
    Endpoint::for_data_dir(data_dir).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!(
                "cannot tell where the director with the data folder {} listens: {error}",
                data_dir.display()
            ),
        )
    })
}

impl Link {
    pub(crate) async fn open(endpoint: &Endpoint) -> Result<Self, Trouble> {
        let (sender, carrier) = connect(endpoint).await?;
        Ok(Self {
            endpoint: endpoint.clone(),
            sender,
            carrier,
        })
    }

    /// Waits until the director closes the connection: it does so with those that were silent for long, and with all at
    /// its end.
    pub(crate) async fn closed(&mut self) {
        if !self.carrier.is_finished() {
            // How it ended does not matter here; the next question finds out.
            let _ = (&mut self.carrier).await;
        }
    }

    /// The director's process.
    pub(crate) async fn pid(&mut self) -> Result<u32, Trouble> {
        #[derive(Deserialize)]
        struct Hello {
            pid: u32,
        }
        let hello: Hello = self.get("/v1/hello").await?;
        Ok(hello.pid)
    }

    pub(crate) async fn report(&mut self, usage_of: Option<&str>) -> Result<DirectorReport, Trouble> {
        let path = match usage_of {
            Some(name) => format!("/v1/report?usage_of={name}"),
            None => "/v1/report".to_owned(),
        };
        self.get(&path).await
    }

    /// The revision once it differs from `from`, or `from` itself after a while.
    pub(crate) async fn changed(&mut self, from: u64) -> Result<u64, Trouble> {
        #[derive(Deserialize)]
        struct Changed {
            revision: u64,
        }
        let changed: Changed = self.get(&format!("/v1/changed?from={from}")).await?;
        Ok(changed.revision)
    }

    pub(crate) async fn command(&mut self, command: &Command) -> Result<Accepted, Trouble> {
        let body = serde_json::to_vec(command).map_err(|error| Trouble::Nonsense(error.to_string()))?;
        parse(&self.exchange(Method::POST, "/v1/command", body).await?)
    }

    pub(crate) async fn reload(&mut self, dry_run: bool) -> Result<Reloaded, Trouble> {
        let body = format!("{{\"dry_run\":{dry_run}}}").into_bytes();
        parse(&self.exchange(Method::POST, "/v1/reload", body).await?)
    }

    pub(crate) async fn events(
        &mut self,
        after: u64,
        service: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Numbered>, Trouble> {
        let service = service.map(|name| format!("&service={name}")).unwrap_or_default();
        self.get(&format!("/v1/events?after={after}&limit={limit}{service}"))
            .await
    }

    /// Asks; once more when the connection is gone, since the director closes those that were silent for a while.
    async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Trouble> {
        let answer = match self.exchange(Method::GET, path, Vec::new()).await {
            Err(Trouble::Gone(_)) => {
                (self.sender, self.carrier) = connect(&self.endpoint).await?;
                self.exchange(Method::GET, path, Vec::new()).await?
            }
            other => other?,
        };
        parse(&answer)
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Vec<u8>) -> Result<Bytes, Trouble> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "director")
            .header(PROTOCOL_HEADER, PROTOCOL)
            .header(VERSION_HEADER, VERSION)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Trouble::Nonsense(error.to_string()))?;
        self.sender.ready().await.map_err(gone)?;
        let response = self.sender.send_request(request).await.map_err(gone)?;
        let stated = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or("unknown").to_owned()
        };
        let protocol = stated(PROTOCOL_HEADER);
        if protocol != PROTOCOL.to_string() {
            return Err(Trouble::OtherProtocol {
                version: stated(VERSION_HEADER),
                protocol,
            });
        }
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        let bytes = body
            .collect()
            .await
            .map_err(|error| Trouble::Gone(error.to_string()))?
            .to_bytes();
        if status == StatusCode::OK {
            Ok(bytes)
        } else {
            Err(error_answer(status, &bytes))
        }
    }
}

async fn connect(endpoint: &Endpoint) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), Trouble> {
    let stream = ipc::connect(endpoint).await.map_err(Trouble::Connect)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(gone)?;
    // Its error is seen by the next request.
    let carrier = tokio::spawn(async move { drop(connection.await) });
    Ok((sender, carrier))
}

fn gone(error: hyper::Error) -> Trouble {
    Trouble::Gone(error.to_string())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| Trouble::Nonsense(error.to_string()))
}

fn error_answer(status: StatusCode, bytes: &[u8]) -> Trouble {
    #[derive(Deserialize)]
    struct Body {
        error: String,
        code: String,
        hint: Option<String>,
        refusal: Option<Refusal>,
    }
    match serde_json::from_slice::<Body>(bytes) {
        Ok(Body {
            refusal: Some(refusal),
            ..
        }) => Trouble::Refused(refusal),
        Ok(body) => Trouble::Answered {
            code: body.code,
            error: body.error,
            hint: body.hint,
        },
        Err(_) => Trouble::Nonsense(format!("it answered {status} without saying why")),
    }
}

impl Trouble {
    /// Whether there is no director (any more) to answer.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::Connect(ConnectError::NotRunning) | Self::Gone(_) => true,
            Self::Answered { code, .. } => code == STOPPING,
            Self::Connect(_) | Self::OtherProtocol { .. } | Self::Refused(_) | Self::Nonsense(_) => false,
        }
    }

    /// As a person reads it.
    pub(crate) fn failure(self, place: &Place) -> Failure {
        match self {
            Self::Connect(error) => connect_failure(error, place),
            Self::Gone(error) => Failure::new(
                Exit::NotRunning,
                format!("the director ended before it answered ({error})"),
            )
            .hint("`director events` shows what happened"),
            Self::OtherProtocol { version, protocol } => Failure::new(
                Exit::Failed,
                format!(
                    "the running director is version {version} (protocol {protocol}); this command is {VERSION} \
                     (protocol {PROTOCOL})"
                ),
            )
            .hint("run the same director program, or restart the director"),
            Self::Refused(refusal) => refusal_failure(&refusal),
            Self::Answered { code, error, hint } => {
                let exit = if code == STOPPING { Exit::NotRunning } else { Exit::Failed };
                let failure = Failure::new(exit, error);
                hint.into_iter().fold(failure, Failure::hint)
            }
            Self::Nonsense(error) => Failure::new(
                Exit::Failed,
                format!("the director's answer cannot be understood: {error}"),
            ),
        }
    }
}

fn connect_failure(error: ConnectError, place: &Place) -> Failure {
    let config = place.config.display();
    match error {
        ConnectError::NotRunning => not_running(place),
        ConnectError::PermissionDenied => Failure::new(
            Exit::Refused,
            format!("the director of {config} belongs to another user and refuses this one"),
        )
        .hint("run this as the user the director runs as, or as Administrator or root"),
        ConnectError::ForeignOwner { owner } => Failure::new(
            Exit::Refused,
            format!("the endpoint of {config} is served by `{owner}`, who is neither you, nor the owner of its data folder, nor an administrator"),
        )
        .hint("nothing was sent to it; find out what that user runs before you trust it"),
        ConnectError::Io(error) => Failure::new(
            Exit::Failed,
            format!("cannot talk to the director of {config}: {error}"),
        ),
    }
}

/// No director runs.
pub(crate) fn not_running(place: &Place) -> Failure {
    Failure::new(
        Exit::NotRunning,
        format!("no director is running for {}", place.config.display()),
    )
    .hint("`director run` starts one in the foreground")
}

fn refusal_failure(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::UnknownService { name, known } => {
            unknown_service(name, known.iter().map(|name| name.as_str()))
        }
        Refusal::ConfigInvalid { error } => Failure::new(Exit::ConfigInvalid, error.trim_end())
            .hint("nothing was changed; the configuration in force stays"),
        Refusal::ShuttingDown => Failure::new(Exit::Failed, refusal.to_string())
            .hint("nothing was changed; `director run` starts it anew"),
        Refusal::NotRecorded { .. } => Failure::new(Exit::Failed, refusal.to_string())
            .hint("nothing was changed; make the data folder writable and try again"),
    }
}

/// A service that is not in the configuration: what was perhaps meant, and what there is.
pub(crate) fn unknown_service<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.collect();
    let failure = Failure::new(Exit::Usage, format!("there is no service `{name}`"));
    if known.is_empty() {
        return failure.hint("the configuration has no services");
    }
    let is_instance = |known: &&str| {
        let index = known.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        index.is_some_and(|index| index.parse::<u32>().is_ok())
    };
    let instances: Vec<&str> = known.iter().copied().filter(|known| is_instance(known)).collect();
    if !instances.is_empty() {
        let message = format!("`{name}` has several instances, and this command is about one");
        return Failure::new(Exit::Usage, message).hint(format!("instances: {}", instances.join(", ")));
    }
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4);
    let failure = match near {
        Some((_, near)) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    };
    failure.hint(format!("services: {}", known.join(", ")))
}

#[cfg(test)]
mod tests;
