//! The written reference and the schema agree with what the reader accepts.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod support;

use std::path::Path;

use director_config::{Code, reference, schema};
use serde_json::{Value, json};

/// Checks a value against the part of draft-07 that the schema uses; says where it does not fit.
fn misfit(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = match schema["$ref"].as_str() {
        Some(target) => root.pointer(target.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Some(found) = misfit(root, part, value, at) {
            return Some(found);
        }
    }
    for (word, fits) in [("anyOf", 1..=usize::MAX), ("oneOf", 1..=1)] {
        let Some(parts) = schema[word].as_array() else {
            continue;
        };
        let count = parts
            .iter()
            .filter(|part| misfit(root, part, value, at).is_none())
            .count();
        if !fits.contains(&count) {
            return Some(format!("{at}: {count} of {word} fit"));
        }
    }
    if let Some(found) = misfit_alone(schema, value, at) {
        return Some(found);
    }
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if value.get(name).is_none() {
            return Some(format!("{at}: {name} is missing"));
        }
    }
    let entries = value.as_array().into_iter().flatten();
    if let Some(found) = entries
        .enumerate()
        .find_map(|(index, entry)| misfit(root, &schema["items"], entry, &format!("{at}[{index}]")))
    {
        return Some(found);
    }
    // Only where the schema speaks of members at all.
    if schema.get("properties").is_none() && schema.get("additionalProperties").is_none() {
        return None;
    }
    value
        .as_object()
        .into_iter()
        .flatten()
        .find_map(|(name, member)| {
            let here = format!("{at}.{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(own), _) => misfit(root, own, member, &here),
                (None, Value::Bool(false)) => Some(format!("{here}: not allowed")),
                (None, other) => misfit(root, other, member, &here),
            }
        })
}

/// What is wrong with a value by itself, its members left aside.
fn misfit_alone(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let kind = match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Null => "null",
    };
    if schema["type"].as_str().is_some_and(|wanted| wanted != kind) {
        return Some(format!("{at}: {kind} instead of {}", schema["type"]));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|choices| !choices.contains(value))
    {
        return Some(format!("{at}: none of {}", schema["enum"]));
    }
    // The one pattern that stands beside an enumeration; the test needs no engine for the others.
    if schema["pattern"] == r"\$\{" && !value.as_str().is_some_and(|text| text.contains("${")) {
        return Some(format!("{at}: no variable"));
    }
    if schema["minimum"]
        .as_i64()
        .is_some_and(|min| value.as_i64().is_some_and(|value| value < min))
    {
        return Some(format!("{at}: below {}", schema["minimum"]));
    }
    None
}

fn toml_to_json(text: &str) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => json!(text),
            toml::Value::Integer(number) => json!(number),
            toml::Value::Float(number) => json!(number),
            toml::Value::Boolean(flag) => json!(flag),
            toml::Value::Datetime(time) => json!(time.to_string()),
            toml::Value::Array(entries) => entries.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table
                .into_iter()
                .map(|(name, member)| (name, convert(member)))
                .collect(),
        }
    }
    convert(toml::Value::Table(text.parse().unwrap()))
}

fn misfit_of(text: &str) -> Option<String> {
    let schema = schema();
    misfit(&schema, &schema, &toml_to_json(text), "file")
}

/// The TOML blocks of a document.
fn examples(document: &str) -> Vec<&str> {
    document
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

const EVERYTHING: &str = include_str!("everything.toml");

#[test]
fn reference_is_the_written_document() {
    // Relative: under Wine an absolute unix path has no drive.
    let file = Path::new("../../docs/config.md");
    if std::env::var_os("DIRECTOR_WRITE_DOCS").is_some() {
        std::fs::write(file, reference()).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap().replace("\r\n", "\n");
    assert_eq!(
        written,
        reference(),
        "write it anew: DIRECTOR_WRITE_DOCS=1 cargo test -p director-config reference"
    );
}

#[test]
fn reference_names_every_code() {
    let text = reference();
    for code in Code::ALL {
        assert!(text.contains(&format!("| `{code}` |")), "{code}");
    }
}

#[test]
fn schema_accepts_what_the_reader_accepts() {
    let reference = reference();
    let documented = examples(&reference);
    assert!(!documented.is_empty());
    for text in documented
        .into_iter()
        .chain([EVERYTHING, "[service.web]\ncommand = ['x']\n"])
    {
        let loaded = support::load_text(text, false);
        assert!(loaded.is_ok(), "{text}\n{}", loaded.unwrap_err());
        assert_eq!(misfit_of(text), None, "{text}");
    }
}

#[test]
fn schema_refuses_what_the_reader_refuses_by_shape() {
    for text in [
        "",
        "[service.web]\n",
        "[service.web]\ncommand = 'x'\n",
        "[service.web]\ncommand = ['x']\nautostrat = true\n",
        "[service.web]\ncommand = ['x']\nport = 0\n",
        "[service.web]\ncommand = ['x']\nhealth = {}\n",
        "[service.web]\ncommand = ['x']\nhealth = { tcp = 'a:1', http = 'http://a/' }\n",
        "[service.web]\ncommand = ['x']\nrestart.when = 'sometimes'\n",
        "[service.web]\ncommand = ['x']\nhealth = { tcp = 'a:1', interval = 30 }\n",
        "[service.web]\ncommand = ['x']\nstop.ladder = [{ exec = ['y'] }]\n",
    ] {
        assert!(support::load_text(text, false).is_err(), "{text}");
        assert!(misfit_of(text).is_some(), "{text}");
    }
}

#[test]
fn schema_is_draft_07_and_all_its_references_lead_somewhere() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let text = schema.to_string();
    for target in text
        .split("\"$ref\":\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(schema.pointer(target).is_some(), "{target}");
    }
}
