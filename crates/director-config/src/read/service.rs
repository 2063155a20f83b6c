//! `[service.NAME]`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use director_core::spec::{
    DatabaseSpec, Follow, HooksSpec, Instance, Kind, LimitsSpec, LogSpec, RestartSpec, RungKind,
    ScheduleSpec, ServiceName, ServiceSpec,
};

use super::health::{read_health, read_probes};
use super::hooks::read_hooks;
use super::limits::read_limits;
use super::schedule::read_schedule;
use super::watch::read_watch;
use super::{Fault, Reader};
use crate::codes::Code;
use crate::defaults;

/// Replaces a default by what was written.
pub(super) fn set<T>(slot: &mut T, written: Option<T>) {
    if let Some(value) = written {
        *slot = value;
    }
}

pub(super) fn read_service(
    own: &Reader<'_>,
    name: ServiceName,
    instance: Option<Instance>,
) -> Option<ServiceSpec> {
    require(own, "command", "command = [\"program\", \"argument\"]");
    let command = own.command("command");
    let stop = crate::ladder::read_stop(own, command.as_deref().unwrap_or_default());
    let kind = own.choice::<Kind>("kind").unwrap_or_default();
    let health = own.table("health").and_then(|health| read_health(&health));
    if kind == Kind::Oneshot {
        refuse_health(own, "health");
        refuse_health(own, "probe");
    }
    let port = own.port("port");
    alone(own, "host", "port", own.has("port"));
    let cwd = own.path_value("cwd").unwrap_or_else(|| own.ctx.base.clone());
    let mut rungs = stop.ladder.iter();
    let stdin_pipe = rungs.any(|rung| matches!(rung.kind, RungKind::Stdin(_)));
    let schedule = read_schedule(own, kind);
    let restart_with = super::dependencies::read_dependencies(own, &name);
    Some(ServiceSpec {
        name,
        kind,
        // Filled in when all services are known.
        requires: Vec::new(),
        after: Vec::new(),
        restart_with,
        env: read_env(own, instance.as_ref()),
        instance,
        user: read_user(own),
        host: read_host(own).unwrap_or_else(|| defaults::HOST.to_owned()),
        port,
        autostart: own
            .flag("autostart")
            .unwrap_or_else(|| starts_by_itself(kind, schedule.as_ref())),
        follow: own
            .table("run")
            .and_then(|run| run.choice::<Follow>("follow"))
            .unwrap_or_default(),
        stdin_pipe,
        restart: own
            .table("restart")
            .map_or_else(RestartSpec::default, |restart| read_restart(&restart)),
        stop,
        health,
        probes: read_probes(own),
        database: own
            .table("database")
            .and_then(|database| read_database(&database)),
        log: own
            .table("log")
            .map_or_else(LogSpec::default, |log| read_log(&log)),
        limits: own
            .table("limits")
            .map_or_else(LimitsSpec::default, |limits| read_limits(&limits, kind)),
        hooks: own
            .table("hooks")
            .map_or_else(HooksSpec::default, |hooks| read_hooks(&hooks)),
        python_requires: own
            .table("python")
            .and_then(|python| python.texts("requires"))
            .unwrap_or_default(),
        watch: own.table("watch").and_then(|watch| read_watch(&watch, &cwd)),
        schedule,
        cwd,
        command: command?,
    })
}

/// A oneshot is judged by its exit code alone.
fn refuse_health(own: &Reader<'_>, name: &str) {
    if !own.has(name) {
        return;
    }
    own.ctx.error(
        Fault::new(
            Code::ConflictingKeys,
            own.key(name),
            own.span_of(name),
            "a oneshot has no health probe".to_owned(),
        )
        .found(format!("`{name}` beside kind = \"oneshot\""))
        .allowed(format!("`{name}` with kind = \"daemon\""))
        .help("a oneshot is judged by its exit code"),
    );
}

/// What holds when `autostart` is not written: a oneshot with planned runs waits for them.
fn starts_by_itself(kind: Kind, schedule: Option<&ScheduleSpec>) -> bool {
    let planned = kind == Kind::Oneshot && schedule.is_some_and(|schedule| schedule.times.is_some());
    defaults::AUTOSTART && !planned
}

/// Warns of a key that means nothing without another.
pub(super) fn alone(own: &Reader<'_>, name: &str, other: &str, is_there: bool) {
    if own.has(name) && !is_there {
        own.ctx.warn(
            Fault::new(
                Code::WithoutEffect,
                own.key(name),
                own.span_of(name),
                format!("`{}` has no effect without `{other}`", own.key(name)),
            )
            .found(format!("`{name}` alone"))
            .allowed(format!("`{name}` beside `{other}`")),
        );
    }
}

/// Records a key that must be written and is not.
pub(crate) fn require(own: &Reader<'_>, name: &str, example: &str) {
    if !own.has(name) {
        own.ctx.error(
            Fault::new(
                Code::MissingKey,
                own.key(name),
                own.span.clone(),
                format!("`{}` is missing", own.key(name)),
            )
            .found("nothing")
            .allowed(
                crate::keys::find(own.section, name)
                    .map(|key| key.shape.allowed())
                    .unwrap_or_default(),
            )
            .help(format!("write {example}")),
        );
    }
}

fn read_user(own: &Reader<'_>) -> Option<String> {
    let user = own.text("user");
    if own.has("user") && own.ctx.env.windows {
        own.ctx.error(
            Fault::new(
                Code::WrongSystem,
                own.key("user"),
                own.span_of("user"),
                format!("`{}` works on Linux only", own.key("user")),
            )
            .found("`user` in a configuration for Windows")
            .allowed("no `user`: the service runs under the director's account")
            .help("run the director itself under the account that the service needs"),
        );
        return None;
    }
    user
}

fn read_host(own: &Reader<'_>) -> Option<String> {
    let item = own.item("host")?;
    let host = own.ctx.filled_text(&item)?;
    if host.parse::<IpAddr>().is_ok() || crate::net::is_host_name(&host) {
        return Some(host);
    }
    own.ctx.error(
        Fault::new(
            Code::BadAddress,
            &item.key,
            item.span.clone(),
            format!("`{}` is no host", item.key),
        )
        .found(item.found())
        .allowed("an address or a host name, without port"),
    );
    None
}

/// The variable in which an instance finds its number.
const INSTANCE_VARIABLE: &str = "DIRECTOR_INSTANCE";

fn read_env(own: &Reader<'_>, instance: Option<&Instance>) -> BTreeMap<String, String> {
    let mut env = read_own_env(own);
    if let Some(instance) = instance {
        env.entry(INSTANCE_VARIABLE.to_owned())
            .or_insert_with(|| instance.index.to_string());
    }
    env
}

fn read_own_env(own: &Reader<'_>) -> BTreeMap<String, String> {
    let mut env = match own.path_value("env_file") {
        Some(path) => crate::dotenv::read(own, &path),
        None => BTreeMap::new(),
    };
    let Some(item) = own.item("env") else { return env };
    let Some(table) = item.value.as_table() else {
        own.ctx.wrong_type(&item, crate::keys::Shape::Variables, None);
        return env;
    };
    let mut written: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let entry = super::Item {
            key: format!("{}.{}", item.key, super::shown(name)),
            value: value.get_ref(),
            span: value.span(),
            secret: true,
        };
        if let Some(why) = crate::dotenv::name_fault(name) {
            own.ctx.error(
                Fault::new(
                    Code::BadVariableName,
                    &entry.key,
                    key.span(),
                    format!("`{}` is no name of a variable: {why}", super::shown(name)),
                )
                .found(format!("`{}`", super::shown(name)))
                .allowed("a name without `=`, spaces at its ends and NUL"),
            );
        }
        let folded = if own.ctx.env.windows {
            name.to_ascii_uppercase()
        } else {
            name.to_owned()
        };
        if let Some(other) = written.insert(folded, name.to_owned()) {
            own.ctx.error(
                Fault::new(
                    Code::DuplicateKey,
                    &entry.key,
                    key.span(),
                    format!("the variables `{other}` and `{name}` are one on Windows"),
                )
                .found(format!("`{name}`"))
                .allowed("names that differ in more than case"),
            );
        }
        if let Some(text) = own.ctx.any_text(&entry) {
            crate::dotenv::put(&mut env, name, text, own.ctx.env.windows);
        }
    }
    env
}

fn read_restart(own: &Reader<'_>) -> RestartSpec {
    let mut spec = RestartSpec::default();
    set(&mut spec.backoff_ms, own.durations("backoff"));
    set(&mut spec.stable_after_ms, own.duration("stable_after"));
    set(&mut spec.window, own.choice("window"));
    set(&mut spec.when, own.choice("when"));
    set(&mut spec.success_exit_codes, own.integers("success_exit_codes"));
    spec.max = own.integer("max").and_then(|max| u32::try_from(max).ok());
    spec
}

fn read_database(own: &Reader<'_>) -> Option<DatabaseSpec> {
    require(own, "sqlite", "sqlite = \"app.db\"");
    let spec = DatabaseSpec {
        wal: own.flag("wal").unwrap_or(defaults::WAL),
        synchronous: own
            .choice("synchronous")
            .unwrap_or_else(|| defaults::SYNCHRONOUS.to_owned()),
        busy_timeout_ms: own.duration("busy_timeout").unwrap_or(defaults::BUSY_TIMEOUT_MS),
        sqlite: own.path_value("sqlite")?,
    };
    Some(spec)
}

fn read_log(own: &Reader<'_>) -> LogSpec {
    let mut spec = LogSpec::default();
    let (file, total) = (own.size("max_file"), own.size("max_total"));
    let is_known = file.is_some() == own.has("max_file") && total.is_some() == own.has("max_total");
    set(&mut spec.max_file_bytes, file);
    set(&mut spec.max_total_bytes, total);
    set(&mut spec.gzip, own.flag("gzip"));
    set(&mut spec.timestamps, own.flag("timestamps"));
    if is_known && spec.max_total_bytes < spec.max_file_bytes {
        let name = if own.has("max_total") {
            "max_total"
        } else {
            "max_file"
        };
        own.ctx.error(
            Fault::new(
                Code::ConflictingKeys,
                own.key(name),
                own.span_of(name),
                format!("`{}` is smaller than `max_file`", own.key("max_total")),
            )
            .found(crate::units::size_text(spec.max_total_bytes))
            .allowed(format!(
                "at least max_file, {}",
                crate::units::size_text(spec.max_file_bytes)
            )),
        );
    }
    spec
}
