//! `[service.NAME.schedule]`.

use super::Key;
use super::shape::Default::{self, Nothing};
use super::shape::{Section, Shape};

const fn schedule(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Schedule, name, shape, default)
}

pub(super) const KEYS: &[Key] = &[
    schedule("restart", Shape::Cron, Nothing("no planned restart"))
        .doc(
            "When a daemon gets a new run by its ladder, if it shall be up: minute, hour, day of month, month, day of week, and optionally the second before them. It counts as no crash.",
            "\"0 4 * * *\"",
        )
        .also(&["cron", "cron_restart", "at"]),
    schedule("run", Shape::Cron, Nothing("no planned run"))
        .doc(
            "When a oneshot runs. It then does not run at the director's start, unless `autostart = true` is written. A time that comes while the last run still goes on is passed over.",
            "\"*/15 * * * *\"",
        )
        .also(&["every", "when", "time"]),
    schedule("timezone", Shape::Zone, Nothing("the machine's own"))
        .doc("The time zone of all times of this table.", "\"Europe/Berlin\"")
        .also(&["time_zone", "tz", "zone"]),
    schedule(
        "missed",
        Shape::Choice(&["run", "skip"]),
        Nothing("`\"skip\"` for `restart`, `\"run\"` for `run`"),
    )
    .doc(
        "What becomes of times that passed more than a minute ago, because the director did not run or the machine slept: made up for, once for all of them, or passed over.",
        "\"run\"",
    )
    .also(&["catch_up", "persistent", "misfire"]),
    schedule("maintenance", Shape::Windows { most: 32 }, Nothing("none"))
        .doc(
            "Windows in which automatic restarts wait: those of crashes, failed probes, changed files, planned times and limits. An operator's word counts at once. Each is a cron expression and how long the window lasts.",
            "[\"0 22 * * 6 for 4h\"]",
        )
        .also(&["windows", "window", "maintenance_windows", "quiet"]),
];
