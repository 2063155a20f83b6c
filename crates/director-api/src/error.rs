//! The one shape of every error answer.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use director_core::command::Refusal;
use serde::{Deserialize, Serialize};

/// The stable codes of error answers.
pub mod code {
    /// There is no such path.
    pub const NOT_FOUND: &str = "not-found";
    /// The path knows no such method.
    pub const METHOD_NOT_ALLOWED: &str = "method-not-allowed";
    /// The request could not be understood.
    pub const BAD_REQUEST: &str = "bad-request";
    /// The body is longer than allowed.
    pub const TOO_LARGE: &str = "too-large";
    /// The request did not arrive in time.
    pub const TOO_SLOW: &str = "too-slow";
    /// The two sides speak different protocols.
    pub const PROTOCOL_MISMATCH: &str = "protocol-mismatch";
    /// There is no such service.
    pub const UNKNOWN_SERVICE: &str = "unknown-service";
    /// The director is stopping.
    pub const STOPPING: &str = "stopping";
    /// An operator's wish could not be written to disk.
    pub const NOT_RECORDED: &str = "not-recorded";
    /// The configuration's file is invalid.
    pub const CONFIG_INVALID: &str = "config-invalid";
    /// Too many connections.
    pub const BUSY: &str = "busy";
    /// A fault of the director.
    pub const INTERNAL: &str = "internal";
}

/// The body of every answer outside 2xx.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What is wrong, in a sentence.
    pub error: String,
    /// One of [`code`].
    pub code: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The director's own refusal, when it was it that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    body: Box<ErrorBody>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, error: impl Into<String>) -> Self {
        Self {
            status,
            body: Box::new(ErrorBody {
                error: error.into(),
                code: code.to_owned(),
                hint: None,
                refusal: None,
            }),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.body.hint = Some(hint.into());
        self
    }

    /// The reply was dropped: whoever would have answered is on its way out.
    pub(crate) fn stopping() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::STOPPING,
            "the director is stopping",
        )
    }

    pub(crate) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, error).hint("see docs/api.md")
    }

    pub(crate) fn refused(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::UnknownService { .. } => (StatusCode::NOT_FOUND, code::UNKNOWN_SERVICE),
            Refusal::ConfigInvalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, code::CONFIG_INVALID),
            Refusal::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, code::STOPPING),
            Refusal::NotRecorded { .. } => (StatusCode::INTERNAL_SERVER_ERROR, code::NOT_RECORDED),
        };
        let mut failure = Self::new(status, code, refusal.to_string());
        failure.body.refusal = Some(refusal);
        failure
    }

    /// The body as JSON text, for the answer that is written without a router.
    pub(crate) fn body_text(&self) -> String {
        serde_json::to_string(&self.body).unwrap_or_default()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (
            self.status,
            [(CONTENT_TYPE, "application/json")],
            self.body_text(),
        )
            .into_response()
    }
}
