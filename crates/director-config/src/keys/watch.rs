//! `[service.NAME.watch]`.

use std::path::PathBuf;

use serde_json::json;

use director_core::spec::WatchSpec;

use super::Key;
use super::shape::Default::{self, Is, Nothing};
use super::shape::{Section, Shape};
use crate::defaults::EXEC_TIMEOUT_MS;
use crate::units::duration_text;

const fn watch(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Watch, name, shape, default)
}

fn defaults() -> WatchSpec {
    WatchSpec::new(vec![PathBuf::from(".")])
}

pub(super) const KEYS: &[Key] = &[
    watch("enabled", Shape::Flag, Is(|| json!(false)))
        .doc("Whether a change of files restarts the service.", "true"),
    watch("paths", Shape::Paths { most: 64 }, Nothing("the service's `cwd`"))
        .doc("Folders, with all below them, and files. They need not exist yet.", "[\"app\", \"templates\"]")
        .also(&["dirs", "folders", "directories"]),
    watch("patterns", Shape::Patterns { most: 256 }, Is(|| json!(defaults().patterns)))
        .doc(
            "Files that count: globs against the path below its folder. `*` crosses folders; case does not matter on Windows. A file named in `paths` always counts.",
            "[\"*.py\", \"templates/*\"]",
        )
        .also(&["watch_patterns", "include", "includes"]),
    watch("ignore", Shape::Patterns { most: 256 }, Is(|| json!(defaults().ignore)))
        .doc(
            "Files and folders that do not count. Never counted: the director's logs and data, `-wal`, `-shm` and `-journal` files, editors' swap files, `.git`, `.hg`, `.svn`, `node_modules`, `__pycache__`, `site-packages`, virtual environments, and the folder of the program itself.",
            "[\"*.pyc\", \"generated/*\"]",
        )
        .also(&["ignore_patterns", "ignore_watch", "exclude", "excludes"]),
    watch("debounce", Shape::Duration { min: 1 }, Is(|| json!(duration_text(defaults().debounce_ms))))
        .doc("A change counts when nothing else has changed for so long.", "\"500ms\"")
        .also(&["watch_debounce", "delay", "watch_delay"]),
    watch("longest", Shape::Duration { min: 1 }, Is(|| json!(duration_text(defaults().longest_ms))))
        .doc("While changes go on without a pause, what changed counts after this time.", "\"1m\"")
        .also(&["max_wait"]),
    watch("poll", Shape::Duration { min: 100 }, Nothing("the system tells of changes"))
        .doc("Looks at all files this often instead. Network drives and shared folders, whose changes the system does not tell, are recognised and looked at every 2 s.", "\"5s\"")
        .also(&["poll_interval", "use_polling"]),
    watch("action", Shape::Choice(&["restart", "exec"]), Is(|| json!("restart")))
        .doc("What a change leads to: a new run by the ladder, or the command of `exec` beside the run, which goes on.", "\"exec\""),
    watch("exec", Shape::Command, Nothing("none"))
        .doc(
            "With `action = \"exec\"`: the command, run in the service's folder, account and environment. One at a time; what changes meanwhile leads to one more.",
            "[\"python3\", \"manage.py\", \"collectstatic\", \"--noinput\"]",
        )
        .also(&["on_change", "run"]),
    watch("exec_timeout", Shape::Duration { min: 1 }, Is(|| json!(duration_text(EXEC_TIMEOUT_MS))))
        .doc("How long `exec` may take.", "\"5m\""),
    watch("validate", Shape::Command, Nothing("no check"))
        .doc(
            "A command that must end with code 0 before anything is done for a change, such as a syntax check; otherwise the present run goes on and the journal says why.",
            "[\"python3\", \"-m\", \"compileall\", \"-q\", \"app\"]",
        ),
    watch("validate_timeout", Shape::Duration { min: 1 }, Is(|| json!(duration_text(defaults().validate_timeout_ms))))
        .doc("How long `validate` may take.", "\"1m\""),
];
