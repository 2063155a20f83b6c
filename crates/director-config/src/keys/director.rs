//! The top level, `[director]` and `[boot]`.

use serde_json::json;

use super::Key;
use super::shape::Default::{Is, Nothing, Required};
use super::shape::{Section, Shape};
use crate::defaults;
use crate::units::duration_text;

const fn top(name: &'static str, shape: Shape, default: super::Default) -> Key {
    Key::new(Section::Root, name, shape, default)
}

const fn own(name: &'static str, shape: Shape, default: super::Default) -> Key {
    Key::new(Section::Director, name, shape, default)
}

pub(super) const KEYS: &[Key] = &[
    top("director", Shape::Table(Section::Director), Nothing("every default")).doc("The director itself.", "{}"),
    top("boot", Shape::Table(Section::Boot), Nothing("every default")).doc("What happens at boot.", "{}"),
    top("service", Shape::Services, Required)
        .doc("The supervised programs: one table [service.NAME] each, 1 to 1000 of them.", "{}")
        .also(&["services", "program", "programs", "app", "apps"]),
    own("name", Shape::Text, Nothing("the name of the config's folder, or `director` when that is no name"))
        .doc(
            "Names the boot entry, the endpoint and the data folder: 1 to 64 letters, digits, spaces, `-`, `_`, `.`, beginning with a letter or digit.",
            "\"OperationsHub\"",
        )
        .also(&["app_name", "title"]),
    own("data_dir", Shape::Path, Is(|| json!(defaults::DATA_DIR)))
        .doc("Where the director keeps its records.", "\"state\"")
        .also(&["data", "state_dir"]),
    own("log_dir", Shape::Path, Is(|| json!(defaults::LOG_DIR)))
        .doc("Where logs go; the director's own log is `director.log` in it.", "\"var/log\"")
        .also(&["logs_dir", "logs", "log_folder"]),
    own("api", Shape::Choice(&["off"]), Is(|| json!("off")))
        .doc("TCP listener of the director. Only `off`: the pipe or socket always serves the command line.", "\"off\"")
        .also(&["listen", "http"]),
    own("fallback", Shape::Flag, Is(|| json!(defaults::FALLBACK)))
        .doc("Whether a boot start with an invalid file runs the last configuration that ran well, saying so loudly.", "false"),
    own("reload", Shape::Choice(&["manual", "auto"]), Is(|| json!("manual")))
        .doc(
            "When a changed configuration is put into force: by `director reload` and SIGHUP alone, or also by itself as soon as the file has changed and settled. An invalid one changes nothing.",
            "\"auto\"",
        )
        .also(&["auto_reload", "watch_config", "hot_reload"]),
    Key::new(
        Section::Boot,
        "delay",
        Shape::Duration { min: 0 },
        Is(|| json!(duration_text(defaults::BOOT_DELAY_MS))),
    )
    .doc("Wait at boot before the first service starts.", "\"30s\"")
    .also(&["boot_delay", "start_delay"]),
];
