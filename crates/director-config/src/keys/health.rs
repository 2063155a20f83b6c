//! `[service.NAME.health]` and `[[service.NAME.probe]]`.

use serde_json::{Value, json};

use director_core::spec::{HealthSpec, ProbeKind};
use director_core::time::Millis;

use super::Key;
use super::shape::Default::{Is, Nothing, Required};
use super::shape::{Section, Shape};
use crate::units::duration_text;

const ONE_WAY: &str = "exactly one of `http`, `tcp`, `exec`, `sqlite`";

fn from_core(pick: fn(HealthSpec) -> Value) -> Value {
    pick(HealthSpec::new(ProbeKind::Tcp(String::new())))
}

fn time_from_core(pick: fn(HealthSpec) -> Millis) -> Value {
    json!(duration_text(pick(HealthSpec::new(
        ProbeKind::Tcp(String::new())
    ))))
}

pub(super) const KEYS: &[Key] = &shared(Section::Health);
pub(super) const KEYS_OF_PROBES: &[Key] = &shared(Section::Probe);

/// What only a further probe has.
pub(super) const OWN_KEYS: &[Key] = &[
    Key::new(Section::Probe, "name", Shape::Text, Required)
        .doc("Its name, unlike that of any other probe of the service.", "\"ready\"")
        .also(&["id", "label"]),
    Key::new(
        Section::Probe,
        "role",
        Shape::Choice(&["startup", "liveness", "readiness"]),
        Is(|| json!("liveness")),
    )
    .doc(
        "What it decides. `startup`: no other probe is asked before it has succeeded, and enough failures past its grace end the run. `liveness`: enough failures restart the service. `readiness`: shown and told, restarts nothing; the condition `healthy` of a dependency needs it.",
        "\"readiness\"",
    )
    .also(&["kind", "type"]),
];

/// What `health` and each further probe have in common.
const fn shared(section: Section) -> [Key; 21] {
    [
        Key::new(section, "http", Shape::Url, Nothing(ONE_WAY))
            .doc(
                "Ask this URL: healthy when the status is expected and, with `json`, the field is accepted.",
                "\"http://127.0.0.1:8004/health\"",
            )
            .also(&["url", "health_url", "health_check_url", "endpoint"]),
        Key::new(section, "tcp", Shape::Address, Nothing(ONE_WAY))
            .doc("Connect to this address.", "\"127.0.0.1:8004\"")
            .also(&["connect"]),
        Key::new(section, "exec", Shape::Command, Nothing(ONE_WAY))
            .doc(
                "Run this command in the service's folder and environment; exit code 0 is healthy.",
                "[\"check\", \"--fast\"]",
            )
            .also(&["command", "cmd", "test"]),
        Key::new(section, "sqlite", Shape::Path, Nothing(ONE_WAY))
            .doc(
                "Read this SQLite file, in a short-lived process and without ever writing to it. In WAL mode it is opened only while somebody else has it open.",
                "\"instance/app.db\"",
            )
            .also(&["database", "db"]),
        Key::new(section, "table", Shape::Text, Nothing("the version of the schema is read"))
            .doc("The table that a `sqlite` probe reads one row of.", "\"users\""),
        Key::new(section, "method", Shape::Choice(&["GET", "HEAD", "POST"]), Is(|| json!("GET")))
            .doc("The method of an `http` probe. A `POST` has no body.", "\"POST\""),
        Key::new(section, "headers", Shape::Variables, Nothing("none"))
            .doc("Headers of an `http` probe. Values are never shown.", "{ Authorization = \"Bearer abc\" }")
            .also(&["header"]),
        Key::new(section, "status", Shape::Statuses { most: 32 }, Is(|| json!([200])))
            .doc("The statuses that an `http` probe expects.", "[200, \"300-399\"]")
            .also(&["expected_status", "status_code", "codes"]),
        Key::new(section, "field", Shape::Text, Is(|| from_core(|core| json!(core.request.field))))
            .doc("The JSON field that `accept` is about; dots lead into inner objects.", "\"checks.state\"")
            .also(&["json_field", "json_path", "path"]),
        Key::new(section, "accept", Shape::Texts { most: 32 }, Is(|| from_core(|core| json!(core.accept))))
            .doc(
                "Values of that field that are well; `degraded` is shown, and never restarts.",
                "[\"healthy\", \"ok\"]",
            ),
        Key::new(section, "json", Shape::Flag, Is(|| from_core(|core| json!(core.json))))
            .doc("Whether the answer must be JSON with such a field; `false` accepts any answer with an expected status.", "false"),
        Key::new(section, "contains", Shape::Text, Nothing("any body"))
            .doc("A text that the body must contain.", "\"ready\"")
            .also(&["body", "body_contains", "match"]),
        Key::new(section, "interval", Shape::Duration { min: 100 }, Is(|| time_from_core(|core| core.interval_ms)))
            .doc("From one probe to the next while all is well.", "\"1m\"")
            .also(&["health_check_interval", "period"]),
        Key::new(section, "jitter", Shape::Percent { min: 0, max: 50 }, Is(|| from_core(|core| json!(format!("{}%", core.jitter_percent)))))
            .doc("Each probe comes up to so much of `interval` earlier, by lot, so that services that started together are not all asked at once.", "\"10%\""),
        Key::new(section, "retry_interval", Shape::Duration { min: 100 }, Is(|| time_from_core(|core| core.retry_interval_ms)))
            .doc("From a failure to the next try; never longer than `interval`.", "\"5s\""),
        Key::new(section, "start_interval", Shape::Duration { min: 100 }, Is(|| time_from_core(|core| core.start_interval_ms)))
            .doc("From one probe to the next until first healthy.", "\"500ms\""),
        Key::new(section, "start_grace", Shape::Duration { min: 0 }, Is(|| time_from_core(|core| core.start_grace_ms)))
            .doc("Failures this soon after the start, or after the probes of the start have succeeded, do not count.", "\"2m\"")
            .also(&["start_period", "initial_delay"]),
        Key::new(section, "timeout", Shape::Duration { min: 1 }, Is(|| time_from_core(|core| core.timeout_ms)))
            .doc("The whole time one probe may take, looking up the name and connecting included.", "\"3s\"")
            .also(&["health_check_timeout"]),
        Key::new(section, "max_failures", Shape::Integer { min: 1, max: 1000 }, Is(|| from_core(|core| json!(core.max_failures))))
            .doc("So many consecutive failures are enough.", "5")
            .also(&["health_check_max_failures", "retries", "failure_threshold"]),
        Key::new(section, "failures", Shape::Samples { most: 100 }, Nothing("`max_failures` in a row"))
            .doc("So many failures among the last so many probes are enough, in a row or not.", "\"3/5\""),
        Key::new(section, "owner_check", Shape::Flag, Is(|| from_core(|core| json!(core.owner_check))))
            .doc("Whether the answer from a loopback address must come from the service's own processes. A process that is known to be another one's blocks the service (`stale-twin`).", "false"),
    ]
}
