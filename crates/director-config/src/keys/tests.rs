//! The table of keys is the truth: nothing in it is accepted and ignored, and the schema and the defaults follow it.

use std::path::Path;

use super::{Default, Key, Section, Shape};
use crate::{Environment, Source, load, schema};
use director_core::spec::DirectorSpec;

fn spec_of(text: &str) -> DirectorSpec {
    let source = Source {
        path: Path::new("/hub/director.toml").to_owned(),
        text: text.to_owned(),
    };
    let read_file = |_: &Path| Ok("FROM_FILE=1\n".to_owned());
    let env = Environment {
        vars: &|_| None,
        windows: false,
        read_file: &read_file,
    };
    match load(&source, &env) {
        Ok(loaded) => loaded.spec,
        Err(found) => panic!("{text}\n{found}"),
    }
}

/// The least text around one key of a table: with another value of it, or without it.
fn around(section: Section, line: &str) -> String {
    let http = "http = 'http://127.0.0.1:1/'";
    let (header, needed) = match section {
        Section::Root => ("", ""),
        Section::Director => ("[director]", ""),
        Section::Boot => ("[boot]", ""),
        Section::Service => ("", "host = '10.0.0.1'\nport = 1"),
        Section::Health => ("[service.web.health]", http),
        Section::Probe => (
            "[[service.web.probe]]",
            "name = 'one'\nhttp = 'http://127.0.0.1:1/'",
        ),
        Section::Restart => ("[service.web.restart]", ""),
        Section::Run => ("[service.web.run]", ""),
        Section::Stop => ("[service.web.stop]", ""),
        Section::Rung => return format!("[service.web]\ncommand = ['x']\nstop.ladder = [{{ {line} }}]\n"),
        Section::Database => ("[service.web.database]", "sqlite = 'x.db'"),
        Section::Log => ("[service.web.log]", ""),
        Section::Watch => ("[service.web.watch]", "enabled = true"),
        Section::Schedule => ("[service.web.schedule]", "restart = '0 5 * * *'"),
        Section::Limits => ("[service.web.limits]", "restart_above = '100MiB'\nmax_age = '1h'"),
        Section::Hooks => ("[service.web.hooks]", ""),
        Section::Python => ("[service.web.python]", ""),
    };
    let name = line.split(' ').next().unwrap_or_default();
    let is_way = matches!(name, "http" | "tcp" | "exec" | "sqlite");
    let is_probe = matches!(section, Section::Health | Section::Probe) && (is_way || name == "table");
    let is_command = section == Section::Service && name == "command";
    let needed: String = needed
        .lines()
        // The instances of a service cannot share its port.
        .filter(|other| !(name == "instances" && other.starts_with("port ")))
        .filter(|other| !(is_probe && other.starts_with("http ") || other.starts_with(&format!("{name} "))))
        .map(|other| format!("{other}\n"))
        .collect();
    let command = if is_command { "" } else { "command = ['x']\n" };
    let others = match name {
        "requires" | "after" => {
            "[service.db]\ncommand = ['x']\n[service.cache]\ncommand = ['x']\n[service.migrate]\ncommand = ['x']\nkind = 'oneshot'\n"
        }
        _ => "",
    };
    format!("[service.web]\n{command}{header}\n{needed}{line}\n{others}")
}

fn with(key: &Key, value: &str) -> String {
    let own = format!("{} = {value}", key.name);
    match (key.section, key.name) {
        (Section::Rung, "grace") => around(key.section, &format!("{own}, stdin = ''")),
        (Section::Rung, _) => around(key.section, &format!("{own}, grace = '5s'")),
        (Section::Watch, "action") => around(key.section, &format!("{own}\nexec = ['other']")),
        (Section::Watch, "exec") => around(key.section, &format!("{own}\naction = 'exec'")),
        (Section::Watch, "exec_timeout") => {
            around(key.section, &format!("{own}\naction = 'exec'\nexec = ['x']"))
        }
        (Section::Schedule, "run") => {
            format!("[service.web]\ncommand = ['x']\nkind = 'oneshot'\n[service.web.schedule]\n{own}\n")
        }
        (Section::Health | Section::Probe, "table") => {
            around(key.section, &format!("{own}\nsqlite = 'x.db'"))
        }
        (Section::Health | Section::Probe, "method") if value.contains("HEAD") => {
            around(key.section, &format!("{own}\njson = false"))
        }
        (Section::Hooks, name) => around(key.section, &format!("{own}\n{}", hook_of(name))),
        _ => around(key.section, &own),
    }
}

/// The hook whose time a key is.
fn hook_of(key: &str) -> String {
    let hook = key.strip_suffix("_timeout");
    hook.map_or_else(String::new, |hook| format!("{hook} = ['x']"))
}

/// Tables that need nothing written; what stands in them is tested by their own keys.
fn is_plain_table(key: &Key) -> bool {
    key.example == "{}"
}

#[test]
fn every_example_is_accepted_and_changes_the_specification() {
    for key in super::all().filter(|key| !is_plain_table(key)) {
        let without = match (key.section, key.name) {
            (Section::Rung, _) => around(Section::Rung, "stdin = 'other', grace = '1s'"),
            (Section::Service, "command") => around(Section::Service, "command = ['other']"),
            (section @ (Section::Health | Section::Probe), "http" | "tcp" | "exec" | "sqlite") => {
                around(section, "tcp = '127.0.0.1:2'")
            }
            (section @ (Section::Health | Section::Probe), "table") => around(section, "sqlite = 'x.db'"),
            (Section::Probe, "name") => around(Section::Probe, "name = 'other'"),
            (Section::Database, "sqlite") => around(Section::Database, "sqlite = 'other.db'"),
            (Section::Watch, "enabled") => around(Section::Watch, "enabled = false"),
            (Section::Hooks, name) => around(Section::Hooks, &hook_of(name)),
            (section, _) => around(section, "").replace("= \n", ""),
        };
        let changed = spec_of(&with(key, key.example)) != spec_of(&without);
        // The one key with one value.
        let is_api = key.section == Section::Director && key.name == "api";
        assert!(
            changed || is_api,
            "{} = {} is accepted and ignored",
            key.path(),
            key.example
        );
    }
}

#[test]
fn writing_a_default_changes_nothing() {
    for key in super::all() {
        let Default::Is(value) = key.default else { continue };
        let written = spec_of(&with(key, &value().to_string()));
        let mut other = spec_of(&around(key.section, ""));
        if (key.section, key.name) == (Section::Watch, "enabled") {
            other = spec_of(&around(Section::Root, ""));
        }
        if key.name == "exec_timeout" {
            // It means nothing without the action.
            other = spec_of(&around(Section::Watch, "action = 'exec'\nexec = ['x']"));
        }
        if key.section == Section::Hooks {
            other = spec_of(&around(Section::Hooks, &hook_of(key.name)));
        }
        if key.name == "host" {
            // The surroundings of the other keys write it.
            other = spec_of(&around(Section::Service, "host = '0.0.0.0'"));
        }
        assert_eq!(written, other, "{} = {}", key.path(), value());
    }
}

#[test]
fn every_choice_is_understood() {
    for key in super::all() {
        let Shape::Choice(choices) = key.shape else {
            continue;
        };
        for choice in choices {
            spec_of(&with(key, &format!("'{choice}'")));
        }
    }
}

#[test]
fn every_key_stands_in_the_schema_with_its_words() {
    let schema = schema();
    for key in super::all() {
        let table = format!("{:?}", key.section).to_lowercase();
        let property = &schema["definitions"][&table]["properties"][key.name];
        assert_eq!(property["description"], key.doc, "{}", key.path());
        assert!(!key.doc.is_empty() && !key.example.is_empty(), "{}", key.path());
        match key.default {
            Default::Is(value) => assert_eq!(property["default"], value(), "{}", key.path()),
            Default::Required | Default::Nothing(_) => {
                assert!(property.get("default").is_none(), "{}", key.path())
            }
        }
    }
    for section in Section::ALL {
        let table = &schema["definitions"][&format!("{section:?}").to_lowercase()];
        let names = table["properties"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(names, super::of(section).count(), "{section:?}");
        assert_eq!(table["additionalProperties"], false, "{section:?}");
    }
}

#[test]
fn every_alias_leads_to_its_key() {
    for key in super::all() {
        for alias in key.also {
            let hint = super::suggest::hint(key.section, alias, Some("web"));
            // A slip away from another key of the table, or that key itself: then that is the better guess.
            let is_key = super::find(key.section, alias).is_some();
            assert!(
                is_key || hint.is_some_and(|hint| hint.contains(&format!("`{}`", key.name))),
                "{alias}"
            );
        }
    }
}
