//! `[service.NAME.health]` and `[[service.NAME.probe]]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Samples, ServiceSpec};
use crate::time::Millis;

/// How a probe asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeKind {
    /// Ask this URL, as [`HttpSpec`] says.
    Http(String),
    /// Connect to `host:port`.
    Tcp(String),
    /// Run this command; exit code 0 is healthy.
    Exec(Vec<String>),
    /// Read this SQLite file.
    Sqlite {
        /// The file.
        file: PathBuf,
        /// A table to read; none: the version of the schema.
        table: Option<String>,
    },
}

/// Answers from one HTTP status to another are expected, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusRange {
    /// The lowest.
    pub from: u16,
    /// The highest.
    pub to: u16,
}

impl StatusRange {
    /// Whether `status` is one of them.
    #[must_use]
    pub const fn contains(self, status: u16) -> bool {
        self.from <= status && status <= self.to
    }
}

impl std::fmt::Display for StatusRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{}-{}", self.from, self.to)
        }
    }
}

/// What an `http` probe sends, and what it expects beside the JSON field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpSpec {
    /// The method.
    pub method: String,
    /// Further headers. Their values may be secrets: no output shows them.
    pub headers: BTreeMap<String, String>,
    /// The expected statuses. Never empty.
    pub status: Vec<StatusRange>,
    /// The JSON field that says how the service is; dots lead into inner objects.
    pub field: String,
    /// A text that the body must contain.
    pub contains: Option<String>,
}

impl std::fmt::Debug for HttpSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpSpec")
            .field("method", &self.method)
            .field("headers", &self.headers.keys())
            .field("status", &self.status)
            .field("field", &self.field)
            .field("contains", &self.contains)
            .finish()
    }
}

impl Default for HttpSpec {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            headers: BTreeMap::new(),
            status: vec![StatusRange { from: 200, to: 200 }],
            field: "status".to_owned(),
            contains: None,
        }
    }
}

/// What a probe asks, how often, and when its failures count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthSpec {
    /// How to ask.
    pub probe: ProbeKind,
    /// From one probe to the next while all is well.
    pub interval_ms: Millis,
    /// Each of these waits is shorter by up to so many percent, by lot.
    #[serde(default)]
    pub jitter_percent: u32,
    /// From a failure to the next try; never longer than the interval.
    pub retry_interval_ms: Millis,
    /// From one probe to the next until first healthy.
    pub start_interval_ms: Millis,
    /// Failures this soon after the start do not count.
    pub start_grace_ms: Millis,
    /// The whole time one probe may take.
    pub timeout_ms: Millis,
    /// So many consecutive failures are enough. Unused beside `failures`.
    pub max_failures: u32,
    /// So many failures among the last so many are enough, in a row or not.
    #[serde(default)]
    pub failures: Option<Samples>,
    /// Values of the answer's field that are well.
    pub accept: Vec<String>,
    /// Whether the answer must be JSON with such a field.
    pub json: bool,
    /// The request and its answer.
    #[serde(default)]
    pub request: HttpSpec,
    /// Whether the answer from a loopback address must come from the service's own processes.
    #[serde(default)]
    pub owner_check: bool,
}

impl HealthSpec {
    /// The defaults around a probe.
    #[must_use]
    pub fn new(probe: ProbeKind) -> Self {
        Self {
            probe,
            interval_ms: 900_000,
            jitter_percent: 0,
            retry_interval_ms: 10_000,
            start_interval_ms: 1_000,
            start_grace_ms: 60_000,
            timeout_ms: 10_000,
            max_failures: 3,
            failures: None,
            accept: vec!["healthy".to_owned(), "degraded".to_owned()],
            json: true,
            request: HttpSpec::default(),
            owner_check: true,
        }
    }

    /// How many failures are enough, and of the last how many.
    #[must_use]
    pub fn enough(&self) -> Samples {
        self.failures.unwrap_or(Samples {
            above: self.max_failures,
            of: self.max_failures,
        })
    }
}

/// What a probe decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeRole {
    /// Whether the start has succeeded: no other probe is asked before, and enough failures past its grace end the run.
    Startup,
    /// Whether the run lives: enough failures restart it.
    #[default]
    Liveness,
    /// Whether others may rely on it: shown and told, and it restarts nothing.
    Readiness,
}

impl std::fmt::Display for ProbeRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Startup => "startup",
            Self::Liveness => "liveness",
            Self::Readiness => "readiness",
        })
    }
}

/// One `[[service.NAME.probe]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSpec {
    /// Its name, unlike that of any other probe of the service.
    pub name: String,
    /// What it decides.
    pub role: ProbeRole,
    /// What it asks.
    pub health: HealthSpec,
}

/// A probe of a service, be it its `health` or a further one.
#[derive(Clone, Copy, Debug)]
pub struct AnyProbe<'a> {
    /// Its name; `health` for that one.
    pub name: &'a str,
    /// What it decides.
    pub role: ProbeRole,
    /// What it asks.
    pub spec: &'a HealthSpec,
}

impl ServiceSpec {
    /// The name of the probe in `[service.NAME.health]`.
    pub const HEALTH: &'static str = "health";

    /// Every probe: `health` first, then the further ones in the order of the file.
    pub fn all_probes(&self) -> impl Iterator<Item = AnyProbe<'_>> {
        let health = self.health.iter().map(|spec| AnyProbe {
            name: Self::HEALTH,
            role: ProbeRole::Liveness,
            spec,
        });
        let further = self.probes.iter().map(|one| AnyProbe {
            name: &one.name,
            role: one.role,
            spec: &one.health,
        });
        health.chain(further)
    }

    /// Whether a probe says that it is healthy.
    #[must_use]
    pub fn is_probed(&self) -> bool {
        self.all_probes().next().is_some()
    }
}
