//! `director init`: what it writes for every kind of application, and what it never touches.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fake::{Outcome, director};

const FASTAPI: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";
const WITH_HEALTH: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n\n@app.get(\"/health\")\ndef h():\n    return {\"status\": \"ok\"}\n";
const FLASK: &str = "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SQLALCHEMY_DATABASE_URI\"] = \"sqlite:///hub.db\"\n";
const MANAGE: &str = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'hub.settings')\n";
const SETTINGS: &str = "BASE_DIR = Path(__file__).resolve().parent.parent\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n";
const WSGI: &str = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'hub.settings')\napplication = get()\n";
const NODE: &str = "require('http').createServer(() => {}).listen(process.env.PORT || 3000)\n";
const ASPNET: &str = "{\"framework\": \"Microsoft.AspNetCore.App\"}";

type Files = &'static [(&'static str, &'static str)];

/// One of each kind, and what its configuration must say.
const KINDS: &[(&str, Files, &[&str])] = &[
    (
        "fastapi",
        &[
            ("app/main.py", FASTAPI),
            ("app/__init__.py", ""),
            ("run.bat", "uvicorn app.main:app --port 8004"),
        ],
        &[
            "\"app.main:app\"",
            "port = 8004",
            "tcp = \"127.0.0.1:8004\"",
            "director init --health",
            "PYTHONUNBUFFERED = \"1\"",
            "PYTHONUTF8 = \"1\"",
            "# enabled = true",
        ],
    ),
    (
        "fastapi-health",
        &[("main.py", WITH_HEALTH)],
        &[
            "http = \"http://127.0.0.1:8000/health\"",
            "accept = [\"healthy\", \"degraded\", \"ok\"]",
        ],
    ),
    (
        "flask",
        &[("hub.py", FLASK), ("migrations/env.py", "")],
        &[
            "sqlite = \"instance/hub.db\"",
            "wal = true",
            "requires = [\"migrate:completed\"]",
            "\"db\", \"upgrade\"",
            "kind = \"oneshot\"",
        ],
    ),
    (
        "django",
        &[
            ("manage.py", MANAGE),
            ("hub/settings.py", SETTINGS),
            ("hub/wsgi.py", WSGI),
            ("requirements.txt", "gunicorn\nwaitress"),
        ],
        &[
            "\"hub.wsgi:application\"",
            "DJANGO_SETTINGS_MODULE = \"hub.settings\"",
            "[service.migrate.database]",
            "sqlite = \"db.sqlite3\"",
            "kind = \"daemon\"",
        ],
    ),
    (
        "django-below",
        &[("site/manage.py", MANAGE), ("site/hub/settings.py", SETTINGS)],
        &["cwd = \"site\"", "sqlite = \"site/db.sqlite3\"", "\"runserver\""],
    ),
    (
        "node",
        &[
            ("package.json", "{\"scripts\": {\"start\": \"node server.js\"}}"),
            ("server.js", NODE),
        ],
        &[
            "port = 3000",
            "PORT = \"3000\"",
            "NODE_ENV = \"production\"",
            "\"server.js\"",
        ],
    ),
    (
        "npm",
        &[("package.json", "{\"scripts\": {\"start\": \"nest start\"}}")],
        &["[service.app]", "# Note: npm stands between"],
    ),
    (
        "dotnet",
        &[
            ("publish/Hub.runtimeconfig.json", ASPNET),
            ("publish/Hub.dll", ""),
        ],
        &[
            "cwd = \"publish\"",
            "\"Hub.dll\"",
            "ASPNETCORE_URLS = \"http://0.0.0.0:5000\"",
        ],
    ),
    (
        "csproj",
        &[("Hub.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\">")],
        &["# Note: there is no published output yet"],
    ),
    (
        "script",
        &[("bot.py", "if __name__ == '__main__':\n    pass\n")],
        &["[service.app]", "\"bot.py\""],
    ),
    (
        "several",
        &[
            ("a.py", FASTAPI),
            ("b.py", FLASK),
            ("web/server.js", NODE),
            ("web/package.json", "{}"),
        ],
        &[
            "# Also found: a Flask application",
            "# [service.web2]",
            "# [service.web3]",
        ],
    ),
    (
        "odd names",
        &[
            (
                "it's ${HOME} {index}/main.py",
                "from fastapi import FastAPI\nimport db\napp = FastAPI()\n",
            ),
            (
                "it's ${HOME} {index}/db.py",
                "c = sqlite3.connect('größe $$.db')\n",
            ),
        ],
        &["cwd = \"it's $${HOME} {index}\""],
    ),
];

fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn init(folder: &Path, arguments: &[&str]) -> Outcome {
    director(folder, &[&["init"], arguments].concat())
}

fn config(folder: &Path) -> String {
    fs::read_to_string(folder.join("director.toml")).expect("the configuration")
}

#[track_caller]
fn assert_checked(folder: &Path) {
    let checked = director(folder, &["check"]);
    assert_eq!(checked.code, 0, "{}\n{}", checked.err, config(folder));
}

#[test]
fn every_kind_gets_a_valid_configuration_that_says_what_it_found() {
    for (kind, files, phrases) in KINDS {
        let folder = place(files);
        let outcome = init(folder.path(), &["--name", "Hub"]);
        assert_eq!(outcome.code, 0, "{kind}: {outcome:?}");
        let text = config(folder.path());
        for phrase in *phrases {
            assert!(text.contains(phrase), "{kind}: `{phrase}` is not in\n{text}");
        }
        assert_checked(folder.path());
    }
}

#[test]
fn every_comment_that_is_a_service_is_valid_when_it_is_one() {
    for (kind, files, _) in KINDS {
        let folder = place(files);
        init(folder.path(), &[]);
        // The first sign off each line that is not prose: of other applications, and of the watch.
        let text = config(folder.path());
        let mut freed = String::new();
        let mut commented = false;
        for line in text.lines() {
            let inner = line.strip_prefix("# ").unwrap_or(line);
            commented |= inner.starts_with("[service.") && inner != line;
            commented &= line.starts_with('#');
            let key = inner.starts_with('[')
                || inner
                    .split_once(" = ")
                    .is_some_and(|(key, _)| !key.contains([' ', '`', '.', ':']));
            freed.push_str(if commented && key { inner } else { line });
            freed.push('\n');
        }
        // Applications of one folder may name the same port; that is for a person to see.
        let mut port = 20_000;
        let freed: String = freed
            .lines()
            .map(|line| {
                port += 1;
                if line.starts_with("port = ") {
                    format!("port = {port}\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        assert!(
            freed.contains("\n[service.")
                && (freed != text || *kind == "npm" || *kind == "dotnet" || *kind == "csproj"),
            "{kind}"
        );
        fs::write(folder.path().join("director.toml"), &freed).expect("the configuration");
        assert_checked(folder.path());
    }
}

#[test]
fn an_existing_configuration_is_never_overwritten() {
    let folder = place(&[("main.py", FASTAPI), ("director.toml", "mine")]);
    let refused = init(folder.path(), &[]);
    assert_eq!((refused.code, refused.out.as_str()), (5, ""));
    assert!(
        refused.err.contains("exists already") && refused.err.contains("--force"),
        "{refused:?}"
    );
    assert_eq!(config(folder.path()), "mine");
    for (times, backup) in [(1, "director.toml.bak"), (2, "director.toml.bak2")] {
        let forced = init(folder.path(), &["--force", "--port", &format!("810{times}")]);
        assert_eq!(forced.code, 0, "{forced:?}");
        assert!(forced.out.contains(backup), "{forced:?}");
        assert!(config(folder.path()).contains(&format!("port = 810{times}")));
    }
    let kept = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a backup");
    assert_eq!(kept("director.toml.bak"), "mine");
    assert!(kept("director.toml.bak2").contains("port = 8101"));
}

#[test]
fn print_writes_no_file() {
    let folder = place(&[("main.py", FASTAPI), ("director.toml", "mine")]);
    let printed = init(folder.path(), &["--print"]);
    assert_eq!(printed.code, 0);
    assert!(printed.out.contains("\"main:app\""), "{printed:?}");
    assert_eq!(printed.err, "");
    assert_eq!(config(folder.path()), "mine");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2);
    for other in ["--force", "--health", "--snippets"] {
        assert_eq!(init(folder.path(), &["--print", other]).code, 2, "{other}");
    }
}

#[test]
fn where_nothing_is_recognised_a_template_is_written_and_the_exit_code_says_so() {
    let folder = place(&[("readme.txt", "hello")]);
    let outcome = init(folder.path(), &["--port", "8123"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.err.contains("no application was recognised") && outcome.err.contains("is a template"),
        "{outcome:?}"
    );
    assert!(config(folder.path()).contains("port = 8123"));
    assert_checked(folder.path());
    let printed = init(folder.path(), &["--print"]);
    assert_eq!(printed.code, 1);
    assert!(printed.out.contains("[service.app]"), "{printed:?}");
}

#[test]
fn the_endpoint_is_a_file_of_its_own_and_existing_source_stays() {
    for (files, written, lines, entry) in [
        (
            &[("app/main.py", FASTAPI), ("app/__init__.py", "")][..],
            "app/director_health.py",
            [
                "from app.director_health import router as health_router",
                "app.include_router(health_router)",
            ],
            "app/main.py",
        ),
        (
            &[("hub.py", FLASK)],
            "director_health.py",
            [
                "from director_health import health_blueprint",
                "app.register_blueprint(health_blueprint)",
            ],
            "hub.py",
        ),
        (
            &[("manage.py", MANAGE), ("hub/settings.py", SETTINGS)],
            "hub/director_health.py",
            [
                "from hub.director_health import health",
                "path(\"health\", health),",
            ],
            "hub/settings.py",
        ),
    ] {
        let folder = place(files);
        let before = fs::read_to_string(folder.path().join(entry)).expect("the source");
        let outcome = init(folder.path(), &["--health", "--name", "Hub \"1\""]);
        assert_eq!(outcome.code, 2, "a name that no boot entry can bear: {outcome:?}");
        assert!(
            !folder.path().join(written).exists(),
            "nothing is written before all is well"
        );
        let outcome = init(folder.path(), &["--health", "--name", "Hub"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        for line in lines {
            assert!(outcome.out.contains(line), "{line}: {}", outcome.out);
        }
        let text = fs::read_to_string(folder.path().join(written)).expect("the endpoint");
        assert!(
            text.contains("APP_NAME = \"Hub\"") && text.contains("PRAGMA schema_version"),
            "{text}"
        );
        assert!(
            !text.contains("DATABASE_FILE") && !text.contains("DATABASE_STATE"),
            "{text}"
        );
        assert_eq!(
            fs::read_to_string(folder.path().join(entry)).expect("the source"),
            before
        );
        assert!(config(folder.path()).contains("http = \"http://127.0.0.1:8000/health\""));
        assert_checked(folder.path());
        // A second one is refused, with the configuration untouched.
        let kept = config(folder.path());
        let again = init(folder.path(), &["--health", "--force"]);
        assert_eq!(again.code, 5, "{again:?}");
        assert!(
            again.err.contains("director_health.py exists already"),
            "{again:?}"
        );
        assert_eq!(config(folder.path()), kept);
    }
}

#[test]
fn the_endpoint_can_be_added_to_a_configuration_that_stays() {
    let folder = place(&[("main.py", FASTAPI), ("director.toml", "mine")]);
    let outcome = init(folder.path(), &["--health", "--snippets"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(config(folder.path()), "mine");
    for phrase in [
        "stays as it is",
        "http = \"http://127.0.0.1:8000/health\"",
        "PRAGMA busy_timeout=30000",
    ] {
        assert!(outcome.out.contains(phrase), "{phrase}: {}", outcome.out);
    }
}

#[test]
fn an_endpoint_is_refused_or_spared_where_it_makes_no_sense() {
    let folder = place(&[("server.js", NODE)]);
    let outcome = init(folder.path(), &["--health"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.err.contains("FastAPI, Flask and Django alone"),
        "{outcome:?}"
    );
    assert!(!folder.path().join("director.toml").exists());
    let folder = place(&[("main.py", WITH_HEALTH)]);
    let outcome = init(folder.path(), &["--health"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.out.contains("has a health route already"), "{outcome:?}");
    assert!(!folder.path().join("director_health.py").exists());
}

#[test]
fn the_snippet_is_the_frameworks_own() {
    for (files, phrase) in [
        (&[("main.py", FASTAPI)][..], "listens_for(Engine, \"connect\")"),
        (
            &[("manage.py", MANAGE), ("hub/settings.py", SETTINGS)],
            "\"init_command\": \"PRAGMA synchronous=NORMAL\"",
        ),
        (&[("server.js", NODE)], "PRAGMA synchronous=NORMAL;"),
    ] {
        let outcome = init(place(files).path(), &["--snippets"]);
        assert!(outcome.out.contains(phrase), "{outcome:?}");
    }
}

#[test]
fn json_has_all_of_it() {
    let folder = place(&[("main.py", FASTAPI), ("alembic.ini", "")]);
    let outcome = init(
        folder.path(),
        &["--json", "--health", "--snippets", "--port", "8200"],
    );
    let told: Value = serde_json::from_str(&outcome.out).expect("JSON");
    assert_eq!((&told["written"], &told["backup"]), (&true.into(), &Value::Null));
    assert_eq!(told["text"].as_str(), Some(config(folder.path()).as_str()));
    let first = &told["candidates"][0];
    assert_eq!(
        (first["framework"].as_str(), first["port"].as_u64()),
        (Some("fastapi"), Some(8200))
    );
    assert_eq!(first["migration"][1], "alembic");
    assert!(
        told["health_file"]
            .as_str()
            .is_some_and(|file| file.ends_with("director_health.py"))
    );
    assert_eq!(told["health_include"][1], "app.include_router(health_router)");
    assert!(
        told["snippet"]
            .as_str()
            .is_some_and(|text| text.contains("busy_timeout"))
    );
    let printed = init(folder.path(), &["--json", "--print"]);
    let told: Value = serde_json::from_str(&printed.out).expect("JSON");
    assert_eq!(told["written"], false);
}

#[test]
fn the_configuration_lies_in_the_applications_folder() {
    let folder = place(&[("main.py", FASTAPI), ("other/hub.py", FLASK)]);
    let other = folder.path().join("other").display().to_string();
    let refused = init(folder.path(), &[&other]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let missing = director(&folder.path().join("missing"), &["init"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("is no folder"), "{missing:?}");
}
