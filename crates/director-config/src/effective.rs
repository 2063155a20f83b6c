//! The configuration in force, for `check --json`.

use director_core::spec::DirectorSpec;
use serde_json::{Value, json};

/// The whole specification with every default filled in. Of each environment only the names are shown, never a value.
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
        }
    }
    value
}
