//! The configuration in force, for `check --json`.

use director_core::spec::DirectorSpec;
use serde_json::{Value, json};

/// The whole specification with every default filled in. Of each environment and of the headers of probes only the names are
/// shown, never a value.
#[must_use]
pub fn effective_json(spec: &DirectorSpec) -> Value {
    let mut value = json!({ "director": spec });
    let mut value = value["director"].take();
    if let Some(services) = value.get_mut("services").and_then(Value::as_object_mut) {
        for service in services.values_mut() {
            let names: Vec<String> = match &service["env"] {
                Value::Object(env) => env.keys().cloned().collect(),
                _ => Vec::new(),
            };
            service["env"] = json!(names);
            hide_headers(&mut service["health"]);
            let probes = service.get_mut("probes").and_then(Value::as_array_mut);
            for probe in probes.into_iter().flatten() {
                hide_headers(&mut probe["health"]);
            }
        }
    }
    value
}

fn hide_headers(health: &mut Value) {
    if let Some(Value::Object(headers)) = health.pointer_mut("/request/headers") {
        let names: Vec<&String> = headers.keys().collect();
        health["request"]["headers"] = json!(names);
    }
}
