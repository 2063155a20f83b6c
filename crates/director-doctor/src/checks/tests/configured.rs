//! Checks of what the configuration and the sources say.

use super::lab::Lab;
use crate::checks::{Route, SourceFacts, StartupUse, State, Touch};

#[test]
fn sd010_a_fixed_port() {
    Lab::new("command = ['@', '--port', '8004']\nport = 8004").says("SD010", State::Ok, "8004");
    Lab::new("command = ['@', '--port', '0']").says("SD010", State::Error, "--port 0");
    Lab::new("command = ['@', '--port', '8004']").says("SD010", State::Warning, "port = 8004");
    Lab::new("command = ['@']\nhealth = { tcp = '127.0.0.1:8004' }").says("SD010", State::Warning, "probed");
    Lab::new("command = ['@']").is_silent("SD010");
}

#[test]
fn sd012_one_port_everywhere() {
    let health = "health = { http = 'http://127.0.0.1:8004/health' }";
    Lab::new(&format!(
        "command = ['@', '--port', '8004']\nport = 8004\n{health}"
    ))
    .says("SD012", State::Ok, "8004");
    Lab::new(&format!("command = ['@', '--port=8005']\nport = 8004\n{health}")).says(
        "SD012",
        State::Error,
        "--port=8005",
    );
    Lab::new("command = ['@']\nport = 8004\nhealth = { http = 'http://127.0.0.1:9/health' }").says(
        "SD012",
        State::Error,
        "asks port 9",
    );
    // A check of another machine says nothing about this port.
    Lab::new("command = ['@']\nport = 8004\nhealth = { http = 'http://10.0.0.1:9/health' }").says(
        "SD012",
        State::Ok,
        "8004",
    );
}

#[test]
fn sd040_health_is_declared() {
    Lab::new("command = ['@']\nhealth = { tcp = '127.0.0.1:1' }").says("SD040", State::Ok, "");
    Lab::new("command = ['@']\nport = 8004").says("SD040", State::Warning, "hangs");
    Lab::new("command = ['@']").says("SD040", State::Note, "hangs");
    Lab::new("command = ['@']\nkind = 'oneshot'").is_silent("SD040");
}

fn fastapi(path: &str, touch: Touch) -> SourceFacts {
    SourceFacts {
        framework: Some("FastAPI".to_owned()),
        health: vec![Route {
            path: path.to_owned(),
            place: "app/main.py:12".to_owned(),
            touch,
        }],
        health_words: &["health", "healthz"],
        busy_timeout: Some("app/db.py:3".to_owned()),
        synchronous: Some("app/db.py:4".to_owned()),
        startup: Vec::new(),
        argv_guards: Vec::new(),
        is_complete: true,
    }
}

fn django() -> SourceFacts {
    SourceFacts {
        framework: Some("Django".to_owned()),
        ..fastapi("/health", Touch::Reads)
    }
}

fn startup_use(is_minor: bool) -> StartupUse {
    StartupUse {
        place: "shop/apps.py:9".to_owned(),
        code: "Task.objects.count()".to_owned(),
        reason: "the start waits for it".to_owned(),
        chain: vec!["shop/apps.py:7 ShopConfig.ready()".to_owned()],
        is_minor,
    }
}

#[test]
fn sd026_a_start_that_asks_the_database_is_told() {
    let with = |startup| SourceFacts { startup, ..django() };
    Lab::new(WEB)
        .source(django())
        .says("SD026", State::Ok, "no module");
    Lab::new(WEB).source(with(vec![startup_use(false)])).says(
        "SD026",
        State::Warning,
        "shop/apps.py:9: `Task.objects.count()`: the start waits for it (by way of shop/apps.py:7 ShopConfig.ready())",
    );
    Lab::new(WEB)
        .source(with(vec![startup_use(false), startup_use(true)]))
        .says("SD026", State::Warning, "2 times");
    Lab::new(WEB)
        .source(with(vec![startup_use(true)]))
        .says("SD026", State::Note, "shop/apps.py:9");
    let cut = SourceFacts {
        is_complete: false,
        ..django()
    };
    Lab::new(WEB).source(cut).says("SD026", State::Unknown, "not all");
    Lab::new(WEB)
        .source(fastapi("/health", Touch::Reads))
        .is_silent("SD026");
}

#[test]
fn sd027_a_test_of_argv_is_told() {
    let guarded = SourceFacts {
        argv_guards: vec![startup_use(false)],
        ..django()
    };
    Lab::new(WEB)
        .source(guarded)
        .says("SD027", State::Warning, "shop/apps.py:9");
    Lab::new(WEB).source(django()).is_silent("SD027");
}

const WEB: &str = "command = ['@']\nhealth = { http = 'http://127.0.0.1:8004/api/health?x=1' }\ndatabase = { sqlite = 'app.db' }";

#[test]
fn sd041_the_endpoint_is_in_the_source() {
    Lab::new(WEB)
        .source(fastapi("/api/health", Touch::Reads))
        .says("SD041", State::Ok, "app/main.py:12");
    // The prefix of a router is not in the route's own text.
    Lab::new(WEB)
        .source(fastapi("/health", Touch::Reads))
        .says("SD041", State::Ok, "app/main.py:12");
    Lab::new(WEB).source(fastapi("/healthz", Touch::Reads)).says(
        "SD041",
        State::Warning,
        "`/healthz` is defined",
    );
    let cut = SourceFacts {
        is_complete: false,
        ..fastapi("/healthz", Touch::Reads)
    };
    Lab::new(WEB)
        .source(cut)
        .says("SD041", State::Unknown, "not all of the source");
    let other = WEB.replace("health?x=1", "status");
    Lab::new(&other)
        .source(fastapi("/health", Touch::Reads))
        .says("SD041", State::Unknown, "usual names");
    Lab::new(WEB).source(SourceFacts::default()).is_silent("SD041");
    Lab::new(WEB).is_silent("SD041");
}

#[test]
fn sd042_the_endpoint_reads_the_database() {
    Lab::new(WEB)
        .source(fastapi("/health", Touch::Reads))
        .says("SD042", State::Ok, "");
    Lab::new(WEB)
        .source(fastapi("/health", Touch::Constant))
        .says("SD042", State::Warning, "constant only");
    Lab::new(WEB)
        .source(fastapi("/health", Touch::Nothing))
        .says("SD042", State::Warning, "does not ask");
    let without = WEB.replace("database", "cwd = '.' #");
    Lab::new(&without)
        .source(fastapi("/health", Touch::Nothing))
        .is_silent("SD042");
}

#[test]
fn sd043_the_url_is_plain() {
    let of = |url: &str| Lab::new(&format!("command = ['@']\nhealth = {{ http = '{url}' }}"));
    of("http://127.0.0.1:8004/health").says("SD043", State::Ok, "directly");
    of("http://[::1]:8004/health").says("SD043", State::Ok, "directly");
    of("http://localhost:8004/health").says("SD043", State::Warning, "127.0.0.1:8004");
    of("http://hub.example.com/health").says("SD043", State::Warning, "another machine");
    let proxied = |hosts: &str| {
        let hosts = hosts.to_owned();
        of("http://127.0.0.1:8004/health").on(|machine| {
            machine
                .variables
                .insert("HTTP_PROXY", "http://proxy:3128".to_owned());
            machine.variables.insert("NO_PROXY", hosts);
        })
    };
    proxied("example.com").says("SD043", State::Note, "HTTP_PROXY");
    proxied("example.com, 127.0.0.1").says("SD043", State::Ok, "directly");
}

#[test]
fn sd024_the_settings_of_each_connection() {
    let facts = fastapi("/health", Touch::Reads);
    Lab::new(WEB)
        .source(facts.clone())
        .says("SD024", State::Ok, "app/db.py:3");
    let no_synchronous = SourceFacts {
        synchronous: None,
        ..facts.clone()
    };
    Lab::new(WEB)
        .source(no_synchronous)
        .says("SD024", State::Note, "PRAGMA synchronous=NORMAL");
    let nothing = SourceFacts {
        busy_timeout: None,
        synchronous: None,
        ..facts
    };
    Lab::new(WEB)
        .source(nothing)
        .says("SD024", State::Warning, "PRAGMA busy_timeout=30000");
}
