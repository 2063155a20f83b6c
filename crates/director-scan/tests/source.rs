//! Facts from source that lies on disk.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to write a test's own file ends the test"
)]

use std::fs;
use std::path::Path;

use director_scan::source::{DatabaseCheck, Facts, Framework, SettingManner, SqliteOption, facts};

fn of(files: &[(&str, &str)]) -> Facts {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    facts(folder.path())
}

fn routes(facts: &Facts) -> Vec<(String, Framework, DatabaseCheck)> {
    let routes = facts.health_routes.iter();
    routes
        .map(|route| (route.path.clone(), route.framework, route.database))
        .collect()
}

fn settings(facts: &Facts) -> Vec<(SqliteOption, SettingManner, Option<&str>, usize)> {
    let settings = facts.sqlite_settings.iter();
    settings
        .map(|one| (one.option, one.manner, one.value.as_deref(), one.place.line))
        .collect()
}

#[test]
fn a_fastapi_application_tells_its_name_its_endpoint_and_its_packages() {
    let facts = of(&[
        (
            "main.py",
            "import os\nimport yaml\nfrom fastapi import Depends, FastAPI\nfrom sqlalchemy import text\nfrom .db import session\n\n\
             app = FastAPI()\n\n@app.get('/health')\ndef health(db=Depends(session)):\n    db.execute(text('SELECT 1'))\n    return {}\n",
        ),
        (
            "db.py",
            "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n\ndef session():\n    yield None\n",
        ),
    ]);
    let framework = &facts.frameworks[0];
    assert_eq!(framework.framework, Framework::FastApi);
    assert_eq!(framework.application.as_deref(), Some("app"));
    assert_eq!(framework.place.to_string(), "main.py:7:1");
    assert_eq!(
        routes(&facts),
        [(
            "/health".to_owned(),
            Framework::FastApi,
            DatabaseCheck::WithoutTable
        )]
    );
    let imports: Vec<_> = facts
        .imports
        .iter()
        .map(|one| (one.package.as_str(), one.optional))
        .collect();
    assert_eq!(
        imports,
        [
            ("fastapi", false),
            ("orjson", true),
            ("sqlalchemy", false),
            ("yaml", false)
        ]
    );
    assert!(facts.complete);
}

#[test]
fn a_query_in_a_helper_of_another_file_counts_for_the_endpoint() {
    let facts = of(&[
        (
            "web.py",
            "from flask import Flask\nfrom checks import tables as look\napp = Flask(__name__)\n\n@app.route('/api/healthz')\ndef h():\n    return look()\n",
        ),
        (
            "checks.py",
            "def tables():\n    return inner()\n\ndef inner():\n    db.execute('SELECT id FROM jobs')\n",
        ),
    ]);
    assert_eq!(
        routes(&facts),
        [("/api/healthz".to_owned(), Framework::Flask, DatabaseCheck::Query)]
    );
}

#[test]
fn django_routes_are_followed_into_views_and_known_packages() {
    let facts = of(&[
        (
            "site/urls.py",
            "from django.urls import include, path\nfrom . import views\nfrom .views import Live\nurlpatterns = [\n    \
             path('health/', views.health, {'a': 1}),\n    path('live/', Live.as_view()),\n    path('ht/', include('health_check.urls')),\n    path('blog/', views.blog),\n]\n",
        ),
        (
            "site/views.py",
            "def health(request):\n    return User.objects.exists()\n\nclass Live(View):\n    def get(self, request):\n        return ok()\n",
        ),
    ]);
    assert_eq!(
        routes(&facts),
        [
            ("/health/".to_owned(), Framework::Django, DatabaseCheck::Query),
            ("/live/".to_owned(), Framework::Django, DatabaseCheck::None),
            ("/ht/".to_owned(), Framework::Django, DatabaseCheck::Query),
        ]
    );
}

#[test]
fn settings_of_connections_are_told_apart() {
    let facts = of(&[
        (
            "db.py",
            "import sqlite3\nfrom sqlalchemy import create_engine, event\nengine = create_engine(URL, connect_args={'timeout': 30})\n\n\
             @event.listens_for(engine, 'connect')\ndef pragmas(connection, record):\n    cursor = connection.cursor()\n    \
             cursor.execute('PRAGMA busy_timeout=30000')\n    cursor.execute(\"PRAGMA synchronous = NORMAL\")\n\n\
             def later(db):\n    db.execute('PRAGMA journal_mode(wal)')\n    db.execute('PRAGMA journal_mode')\n\nraw = sqlite3.connect('x.db', timeout=5)\n",
        ),
        (
            "settings.py",
            "DATABASES = {'default': {'ENGINE': 'x', 'OPTIONS': {'timeout': 20, 'init_command': 'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;'}}}\n\
             CACHES = {'default': {'timeout': 3}}\n",
        ),
    ]);
    use SettingManner::{Connect, ConnectArgs, DjangoOptions, OnConnect, Pragma};
    use SqliteOption::{BusyTimeout, JournalMode, Synchronous};
    assert_eq!(
        settings(&facts),
        [
            (BusyTimeout, ConnectArgs, Some("30"), 3),
            (BusyTimeout, OnConnect, Some("30000"), 8),
            (Synchronous, OnConnect, Some("normal"), 9),
            (JournalMode, Pragma, Some("wal"), 12),
            (BusyTimeout, Connect, Some("5"), 15),
            (BusyTimeout, DjangoOptions, Some("20"), 1),
            (JournalMode, DjangoOptions, Some("wal"), 1),
            (Synchronous, DjangoOptions, Some("normal"), 1),
        ]
    );
}

#[test]
fn a_listener_that_is_registered_by_a_call_counts_for_each_connection() {
    let facts = of(&[(
        "apps.py",
        "class Config(AppConfig):\n    def ready(self):\n        connection_created.connect(set_up)\n\ndef set_up(connection, **kwargs):\n    connection.cursor().execute('PRAGMA busy_timeout=5000')\n",
    )]);
    assert_eq!(
        settings(&facts),
        [(
            SqliteOption::BusyTimeout,
            SettingManner::OnConnect,
            Some("5000"),
            6
        )]
    );
}

#[test]
fn what_is_no_source_is_named_and_skipped() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("latin.py"), b"# caf\xe9\n").unwrap();
    fs::write(folder.path().join("big.py"), vec![b' '; 2 * 1024 * 1024 + 1]).unwrap();
    fs::write(folder.path().join("binary.py"), b"a = 1\0").unwrap();
    fs::write(
        folder.path().join("prose.py"),
        "%% !! this is ((( no program }}} at all ??? $$$\n%% nor this\n",
    )
    .unwrap();
    fs::create_dir(folder.path().join("env")).unwrap();
    fs::write(folder.path().join("env/pyvenv.cfg"), "").unwrap();
    fs::write(folder.path().join("env/inside.py"), "import requests\n").unwrap();
    let facts = facts(folder.path());
    let skipped: Vec<String> = facts.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        skipped,
        [
            "big.py is larger than 2 MiB",
            "binary.py holds zero bytes and is no source",
            "latin.py is not UTF-8",
            "prose.py is no Python",
        ]
    );
    assert!(facts.imports.is_empty());
}

#[test]
fn a_folder_that_is_missing_is_said() {
    let facts = facts(Path::new("/nowhere/at/all"));
    assert_eq!(facts.skipped.len(), 1);
}
