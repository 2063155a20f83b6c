//! `[service.NAME.hooks]`.

use serde_json::{Value, json};

use director_core::spec::HookSpec;

use super::Key;
use super::shape::Default::{Is, Nothing};
use super::shape::{Section, Shape};
use crate::units::duration_text;

const fn hook(name: &'static str) -> Key {
    Key::new(Section::Hooks, name, Shape::Command, Nothing("none"))
}

const fn timeout(name: &'static str) -> Key {
    Key::new(Section::Hooks, name, Shape::Duration { min: 1 }, Is(time))
}

fn time() -> Value {
    json!(duration_text(HookSpec::TIMEOUT_MS))
}

pub(super) const KEYS: &[Key] = &[
    hook("pre_start")
        .doc(
            "Runs before the program is started, after the checks, in the service's folder, account and environment. It must end with code 0: otherwise the service is `blocked`, and it is run again every 30 s until it succeeds.",
            "[\"python3\", \"manage.py\", \"migrate\"]",
        )
        .also(&["exec_start_pre", "before_start", "prestart", "pre_launch"]),
    timeout("pre_start_timeout").doc("How long `pre_start` may take; then it is ended, and has failed.", "\"10m\""),
    hook("post_start")
        .doc(
            "Runs beside the run as soon as it counts as running. Its failure is told, and changes nothing.",
            "[\"warm-up\"]",
        )
        .also(&["exec_start_post", "after_start", "poststart", "post_launch"]),
    timeout("post_start_timeout").doc("How long `post_start` may take.", "\"5m\""),
    hook("pre_stop")
        .doc(
            "Runs before a live run is asked to end; the ladder begins when it has ended. Its failure is told, and the stop goes on. Not after a crash, and not with `director shutdown --now`.",
            "[\"drain\", \"--wait\"]",
        )
        .also(&["exec_stop", "before_stop", "prestop"]),
    timeout("pre_stop_timeout").doc("How long `pre_stop` may take.", "\"1m\""),
    hook("post_exit")
        .doc(
            "Runs after each run, however it ended, and before the next one begins. Its failure is told, and changes nothing. Not with `director shutdown --now`.",
            "[\"cleanup\"]",
        )
        .also(&["exec_stop_post", "after_stop", "post_stop", "poststop"]),
    timeout("post_exit_timeout").doc("How long `post_exit` may take.", "\"5m\""),
];
