//! `[service.NAME.health]`.

use serde_json::{Value, json};

use director_core::spec::{HealthSpec, ProbeKind};
use director_core::time::Millis;

use super::Key;
use super::shape::Default::{self, Is, Nothing};
use super::shape::{Section, Shape};
use crate::units::duration_text;

const fn own(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Health, name, shape, default)
}

fn from_core(pick: fn(HealthSpec) -> Value) -> Value {
    pick(HealthSpec::new(ProbeKind::Tcp(String::new())))
}

fn time_from_core(pick: fn(HealthSpec) -> Millis) -> Value {
    json!(duration_text(pick(HealthSpec::new(
        ProbeKind::Tcp(String::new())
    ))))
}

pub(super) const KEYS: &[Key] = &[
    own(
        "http",
        Shape::Url,
        Nothing("exactly one of `http`, `tcp`, `exec`"),
    )
    .doc(
        "GET this URL: healthy when it answers 200 and, with `json`, its `status` is accepted.",
        "\"http://127.0.0.1:8004/health\"",
    )
    .also(&["url", "health_url", "health_check_url", "endpoint"]),
    own(
        "tcp",
        Shape::Address,
        Nothing("exactly one of `http`, `tcp`, `exec`"),
    )
    .doc("Connect to this address.", "\"127.0.0.1:8004\"")
    .also(&["connect"]),
    own(
        "exec",
        Shape::Command,
        Nothing("exactly one of `http`, `tcp`, `exec`"),
    )
    .doc(
        "Run this command in the service's folder and environment; exit code 0 is healthy.",
        "[\"check\", \"--fast\"]",
    )
    .also(&["command", "cmd", "test"]),
    own(
        "interval",
        Shape::Duration { min: 100 },
        Is(|| time_from_core(|core| core.interval_ms)),
    )
    .doc("From one probe to the next while all is well.", "\"1m\"")
    .also(&["health_check_interval", "period"]),
    own(
        "retry_interval",
        Shape::Duration { min: 100 },
        Is(|| time_from_core(|core| core.retry_interval_ms)),
    )
    .doc(
        "From a failure to the next try; never longer than `interval`.",
        "\"5s\"",
    ),
    own(
        "start_interval",
        Shape::Duration { min: 100 },
        Is(|| time_from_core(|core| core.start_interval_ms)),
    )
    .doc("From one probe to the next until first healthy.", "\"500ms\""),
    own(
        "start_grace",
        Shape::Duration { min: 0 },
        Is(|| time_from_core(|core| core.start_grace_ms)),
    )
    .doc("Failures this soon after the start do not count.", "\"2m\"")
    .also(&["start_period", "initial_delay"]),
    own(
        "timeout",
        Shape::Duration { min: 1 },
        Is(|| time_from_core(|core| core.timeout_ms)),
    )
    .doc(
        "The whole time one probe may take, connecting included.",
        "\"3s\"",
    )
    .also(&["health_check_timeout"]),
    own(
        "max_failures",
        Shape::Integer { min: 1, max: 1000 },
        Is(|| from_core(|core| json!(core.max_failures))),
    )
    .doc("So many consecutive failures restart the service.", "5")
    .also(&["health_check_max_failures", "retries", "failure_threshold"]),
    own(
        "accept",
        Shape::Texts { most: 32 },
        Is(|| from_core(|core| json!(core.accept))),
    )
    .doc(
        "Values of the answer's `status` that are well; `degraded` is shown, and never restarts.",
        "[\"healthy\", \"ok\"]",
    ),
    own("json", Shape::Flag, Is(|| from_core(|core| json!(core.json)))).doc(
        "Whether the answer must be JSON with such a `status`; `false` accepts any 200.",
        "false",
    ),
];
