//! Asking services how they are.

pub(crate) mod http;
mod probing;
mod resolve;
mod tcp;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use director_core::event::ProbeOutcome;

pub(crate) use probing::Probing;

/// What a probe came to.
pub(crate) struct Asked {
    pub(crate) outcome: ProbeOutcome,
    /// The addresses at which somebody answered, in the order in which they were tried; empty when nobody did.
    pub(crate) answered_at: Vec<SocketAddr>,
}

impl Asked {
    fn failed(detail: String) -> Self {
        failed(detail).into()
    }
}

impl From<ProbeOutcome> for Asked {
    /// Of a way to ask that has no address.
    fn from(outcome: ProbeOutcome) -> Self {
        Self {
            outcome,
            answered_at: Vec::new(),
        }
    }
}

fn failed(detail: String) -> ProbeOutcome {
    ProbeOutcome::Failed { detail, answer: None }
}
