//! The JSON schema, generated from the table of keys.

use serde_json::{Map, Value, json};

use crate::keys::{self, Default, Key, Section, Shape};

/// JSON schema (draft-07) of the file, with descriptions and defaults.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Map::new();
    for section in Section::ALL {
        definitions.insert(definition_name(section), table(section));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "director.toml",
        "description": "Configuration of Service Director.",
        "allOf": [{ "$ref": reference(Section::Root) }],
        "definitions": definitions,
    })
}

fn definition_name(section: Section) -> String {
    format!("{section:?}").to_lowercase()
}

fn reference(section: Section) -> String {
    format!("#/definitions/{}", definition_name(section))
}

fn table(section: Section) -> Value {
    let properties: Map<String, Value> = keys::of(section)
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<&str> = keys::of(section)
        .filter(|key| matches!(key.default, Default::Required))
        .map(|key| key.name)
        .collect();
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    let one_of = match section {
        Section::Health | Section::Probe => ["http", "tcp", "exec", "sqlite"].as_slice(),
        Section::Rung => ["exec", "http", "stdin"].as_slice(),
        _ => &[],
    };
    if !one_of.is_empty() {
        table["oneOf"] = one_of.iter().map(|name| json!({ "required": [name] })).collect();
    }
    table
}

fn property(key: &Key) -> Value {
    let mut property = shape(key.shape);
    property["description"] = json!(key.doc);
    if let Default::Is(value) = key.default {
        property["default"] = value();
    }
    property
}

fn shape(shape: Shape) -> Value {
    let duration = json!({ "type": "string", "pattern": r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$|\$", "minLength": 1 });
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Path => json!({ "type": "string", "minLength": 1 }),
        // A variable may stand for a choice, a duration or a size.
        Shape::Choice(choices) => {
            json!({ "anyOf": [{ "enum": choices }, { "type": "string", "pattern": r"\$\{" }] })
        }
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Integers { min, max, most } => {
            array(json!({ "type": "integer", "minimum": min, "maximum": max }), most)
        }
        Shape::Port => json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": r"\{index" },
        ] }),
        Shape::Duration { .. } => duration,
        Shape::Durations { most } => array(duration, most),
        Shape::Size { .. } => json!({ "type": "string", "pattern": r"^[0-9]+ ?([kKmMgGtT][iI]?)?[bB]$|\$" }),
        Shape::Percent { .. } => json!({ "type": "string", "pattern": r"^[0-9]+%$|\$" }),
        Shape::Samples { .. } => json!({ "type": "string", "pattern": r"^[0-9]+/[0-9]+$|\$" }),
        Shape::Texts { most } | Shape::Paths { most } | Shape::Patterns { most } => {
            array(json!({ "type": "string", "minLength": 1 }), most)
        }
        Shape::Dependencies { most } => array(
            json!({ "type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*(:(started|healthy|completed))?$|\$" }),
            most,
        ),
        Shape::Cron | Shape::Zone => json!({ "type": "string", "minLength": 1 }),
        Shape::Windows { most } => array(json!({ "type": "string", "pattern": r" for |\$" }), most),
        Shape::Command => array(json!({ "type": "string" }), 4096),
        Shape::Url => json!({ "type": "string", "pattern": r"^[hH][tT][tT][pP]://|\$" }),
        Shape::Address => json!({ "type": "string", "pattern": r":|\$" }),
        Shape::Variables => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::Ladder => array(
            json!({ "anyOf": [{ "type": "string" }, { "$ref": reference(Section::Rung) }] }),
            8,
        ),
        Shape::Statuses { most } => array(
            json!({ "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": r"^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$|\$" },
            ] }),
            most,
        ),
        Shape::Tables { of, most } => array(json!({ "$ref": reference(of) }), most),
        Shape::Table(section) => json!({ "allOf": [{ "$ref": reference(section) }] }),
        Shape::Services => json!({
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1000,
            "propertyNames": { "pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$" },
            "additionalProperties": { "$ref": reference(Section::Service) },
        }),
    }
}

fn array(items: Value, most: usize) -> Value {
    json!({ "type": "array", "minItems": 1, "maxItems": most, "items": items })
}
