//! `[service.NAME]`, its `database`, `log` and `run`.

use serde_json::json;

use director_core::spec::LogSpec;

use super::Key;
use super::shape::Default::{self, Is, Nothing, Required};
use super::shape::{Section, Shape};
use crate::defaults;
use crate::units::{duration_text, size_text};

/// No service has more instances.
const MOST_INSTANCES: i64 = 100;

const fn own(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Service, name, shape, default)
}

const fn database(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Database, name, shape, default)
}

const fn log(name: &'static str, shape: Shape, default: Default) -> Key {
    Key::new(Section::Log, name, shape, default)
}

pub(super) const KEYS: &[Key] = &[
    own("command", Shape::Command, Required)
        .doc(
            "Program and arguments; no shell. A program with a path separator is relative to the config's folder, a bare name is searched for.",
            "[\"python/python.exe\", \"-m\", \"uvicorn\", \"app.main:app\"]",
        )
        .also(&["cmd", "exec", "program", "executable", "args", "arguments", "script", "exec_start"]),
    own("cwd", Shape::Path, Nothing("the config's folder"))
        .doc("Working folder.", "\"app\"")
        .also(&["project_dir", "directory", "working_directory", "workdir", "dir", "chdir"]),
    own("env", Shape::Variables, Nothing("the director's own environment"))
        .doc("Variables added to the director's own environment, over those of `env_file`. Values are never shown.", "{ MODE = \"production\" }")
        .also(&["environment", "vars", "variables"]),
    own("env_file", Shape::Path, Nothing("none"))
        .doc("A file of KEY=VALUE lines, read with the configuration; taken literally, nothing in it is expanded.", "\"app.env\"")
        .also(&["environment_file", "dotenv"]),
    own("user", Shape::Text, Nothing("the director's own account"))
        .doc("Account to run as; Linux only.", "\"www-data\"")
        .also(&["username", "run_as", "account"]),
    own("host", Shape::Text, Is(|| json!(defaults::HOST)))
        .doc("Address the service binds, for the check of `port`.", "\"127.0.0.1\"")
        .also(&["server_host", "bind", "address"]),
    own("port", Shape::Port, Nothing("no check"))
        .doc("TCP port that must be free before each start. With `instances` a text such as `\"{index+8000}\"`.", "8004")
        .also(&["server_port", "listen"]),
    own("kind", Shape::Choice(&["daemon", "oneshot"]), Is(|| json!("daemon")))
        .doc("`daemon` runs until it is stopped; `oneshot` is set-up work that ends.", "\"oneshot\"")
        .also(&["type"]),
    own("autostart", Shape::Flag, Is(|| json!(defaults::AUTOSTART)))
        .doc("Whether the service starts with the director. A oneshot with `schedule.run` does not unless this is written.", "false")
        .also(&["auto_start", "enabled", "enable"]),
    own("instances", Shape::Integer { min: 1, max: MOST_INSTANCES }, Nothing("one service, without an index"))
        .doc(
            "Declares that many services `NAME-0`, `NAME-1`, … from this table. In every text of it `{index}` is the instance's number from 0, `{index+8000}` that number plus 8000; each instance finds its own in the variable `DIRECTOR_INSTANCE`. `NAME` in a command or in `requires` means all of them. Restarts that no crash asks for go one by one: each instance must be healthy before the next.",
            "4",
        )
        .also(&["numprocs", "replicas", "count", "scale", "workers"]),
    own("requires", Shape::Dependencies { most: 64 }, Nothing("none"))
        .doc(
            "Services that must be there before a run of this one begins, each with an optional condition: `\"db:started\"` (its program lives), `\"db:healthy\"` (its probe succeeds), `\"migrate:completed\"` (it ended with success). Without one: `completed` for a oneshot, `healthy` for a service with a probe, else `started`. They are started along, and stopped later than this one.",
            "[\"db\", \"migrate:completed\"]",
        )
        .also(&["depends", "depends_on", "needs", "dependencies", "wants"]),
    own("after", Shape::Dependencies { most: 64 }, Nothing("none"))
        .doc(
            "Services that go first if they are on their way at all, written as in `requires`. One that is down, blocked, failed or between two runs holds nobody up.",
            "[\"cache\"]",
        )
        .also(&["start_after", "order"]),
    own("restart_with", Shape::Flag, Is(|| json!(false)))
        .doc("Whether a new run of a service in `requires` restarts this one, as soon as that run meets its condition.", "true")
        .also(&["part_of", "binds_to"]),
    own("health", Shape::Table(Section::Health), Nothing("no probe"))
        .doc("The liveness probe.", "{ tcp = \"127.0.0.1:8004\" }")
        .also(&["healthcheck", "health_check"]),
    own("probe", Shape::Tables { of: Section::Probe, most: 16 }, Nothing("no further probe"))
        .doc("Further probes, each with a role of its own.", "[{ name = \"ready\", role = \"readiness\", tcp = \"127.0.0.1:8004\" }]")
        .also(&["probes", "checks", "readiness", "startup", "liveness"]),
    own("restart", Shape::Table(Section::Restart), Nothing("every default"))
        .doc("The throttle and the restart policy.", "{ max = 5 }")
        .also(&["throttle", "restarts"]),
    own("run", Shape::Table(Section::Run), Nothing("every default")).doc("What a run is.", "{ follow = \"tree\" }"),
    own("stop", Shape::Table(Section::Stop), Nothing("every default"))
        .doc("How a run is ended.", "{ grace = \"10s\" }")
        .also(&["shutdown"]),
    own("database", Shape::Table(Section::Database), Nothing("no check"))
        .doc("The SQLite database that is checked before a start.", "{ sqlite = \"app.db\" }")
        .also(&["db"]),
    own("log", Shape::Table(Section::Log), Nothing("every default"))
        .doc("What becomes of the output.", "{ gzip = true }")
        .also(&["logging"]),
    own("watch", Shape::Table(Section::Watch), Nothing("no watch"))
        .doc("The files whose change restarts the service.", "{ enabled = true }")
        .also(&["watcher", "autoreload", "reload_on_change"]),
    own("schedule", Shape::Table(Section::Schedule), Nothing("nothing is planned"))
        .doc("Planned restarts and runs, and maintenance windows.", "{ restart = \"0 4 * * *\" }")
        .also(&["cron", "cron_restart", "timer"]),
    own("limits", Shape::Table(Section::Limits), Nothing("no limits"))
        .doc("What a run may take, and how old it may become.", "{ memory = \"1GiB\" }")
        .also(&["limit", "resources", "quota"]),
    own("hooks", Shape::Table(Section::Hooks), Nothing("no hooks"))
        .doc("Commands that run before, beside and after the runs of the service.", "{ post_exit = [\"cleanup\"] }")
        .also(&["hook", "scripts"]),
    own("python", Shape::Table(Section::Python), Nothing("no check"))
        .doc("What `director doctor` checks of the service's Python.", "{ requires = [\"httpx\"] }"),
    Key::new(Section::Python, "requires", Shape::Texts { most: 256 }, Nothing("none"))
        .doc(
            "Modules that the interpreter of `command` must be able to import, by the names that `import` knows. Only `director doctor` looks.",
            "[\"fastapi\", \"httpx\"]",
        )
        .also(&["packages", "modules", "requirements"]),
    Key::new(Section::Run, "follow", Shape::Choice(&["main", "tree"]), Is(|| json!("main")))
        .doc("What ends a run: the end of the first process, or of the whole tree for programs that daemonise.", "\"tree\""),
    database("sqlite", Shape::Path, Required)
        .doc("The SQLite file.", "\"instance/app.db\"")
        .also(&["database_path", "file", "path"]),
    database("wal", Shape::Flag, Is(|| json!(defaults::WAL)))
        .doc("Whether to put the file into WAL mode before a start.", "true")
        .also(&["journal_mode", "wal_mode"]),
    database("synchronous", Shape::Choice(&["off", "normal", "full", "extra"]), Is(|| json!(defaults::SYNCHRONOUS)))
        .doc("What the application should set on each connection; it cannot be set from outside.", "\"full\""),
    database("busy_timeout", Shape::Duration { min: 0 }, Is(|| json!(duration_text(defaults::BUSY_TIMEOUT_MS))))
        .doc("What the application should set on each connection; it cannot be set from outside.", "\"10s\""),
    log("max_file", Shape::Size { min: 1024 }, Is(|| json!(size_text(LogSpec::default().max_file_bytes))))
        .doc("A file that reaches this size is rotated at the next line end.", "\"1MiB\"")
        .also(&["max_size", "rotate_size", "max_bytes"]),
    log("max_total", Shape::Size { min: 1024 }, Is(|| json!(size_text(LogSpec::default().max_total_bytes))))
        .doc("All files of the service together; the oldest go first. At least `max_file`.", "\"50MiB\"")
        .also(&["keep", "total_size"]),
    log("gzip", Shape::Flag, Is(|| json!(LogSpec::default().gzip)))
        .doc("Whether rotated files are compressed.", "true")
        .also(&["compress"]),
    log("timestamps", Shape::Flag, Is(|| json!(LogSpec::default().timestamps)))
        .doc("Whether each line in the file begins with a UTC timestamp.", "true"),
];
