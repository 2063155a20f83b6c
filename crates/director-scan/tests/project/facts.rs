//! FastAPI and Flask: port, health route, database, migrations.

use crate::{Files, first, health};

const FASTAPI: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";

const FLASK: &str = "from flask import Flask\n\napp = Flask(__name__)\n";

const RUN: &str = "from fastapi import FastAPI\nimport os, uvicorn\napp = FastAPI()\nif __name__ == '__main__':\n    uvicorn.run(app, host='0.0.0.0', port=int(os.getenv('PORT', '8007')))\n";

const PORTS: &[(Files, u16, Option<&str>)] = &[
    (&[("main.py", FASTAPI)], 8000, None),
    (&[("main.py", RUN)], 8007, Some("main.py")),
    (
        &[
            ("main.py", RUN),
            ("start.bat", "python -m uvicorn main:app --port 8008\r\n"),
        ],
        8008,
        Some("start.bat"),
    ),
    (
        &[
            ("main.py", RUN),
            ("start.bat", "REM uvicorn main:app --port 8008\r\n"),
        ],
        8007,
        Some("main.py"),
    ),
    (
        &[
            ("main.py", FASTAPI),
            ("Procfile", "web: uvicorn main:app --host=0.0.0.0 --port=8009"),
        ],
        8009,
        Some("Procfile"),
    ),
    (
        &[
            ("main.py", FASTAPI),
            ("Procfile", "web: uvicorn main:app --port $PORT"),
            (".env", "PORT=8010\n"),
        ],
        8010,
        Some(".env"),
    ),
    (
        &[("main.py", FASTAPI), ("Dockerfile", "FROM x\nEXPOSE 8011/tcp\n")],
        8011,
        Some("Dockerfile"),
    ),
    (
        &[
            ("main.py", FASTAPI),
            (
                "Dockerfile",
                "CMD [\"gunicorn\", \"main:app\", \"-b\", \"0.0.0.0:8012\"]\nEXPOSE 80",
            ),
        ],
        8012,
        Some("Dockerfile"),
    ),
    (
        &[
            ("main.py", FASTAPI),
            ("compose.yaml", "    ports:\n      - \"80:8013\"\n"),
        ],
        8013,
        Some("compose.yaml"),
    ),
    // Of another application.
    (
        &[
            ("main.py", FASTAPI),
            ("run.sh", "uvicorn other:app --port 8014\n"),
        ],
        8000,
        None,
    ),
    (&[("main.py", FASTAPI), (".env", "PORT=99999\n")], 8000, None),
];

#[test]
fn the_port_is_the_one_that_is_written_nearest_to_a_start() {
    for (files, expected, file) in PORTS {
        let port = first(files, false).port.expect("a port");
        let named = port.named.as_ref().map(|seen| seen.file.as_str());
        assert_eq!((port.number, named), (*expected, *file), "{files:?}");
    }
}

#[test]
fn a_health_route_is_found_with_its_prefix_and_what_it_answers() {
    let main = "from fastapi import FastAPI\nfrom routes import router\napp = FastAPI()\napp.include_router(router, prefix='/api')\n";
    for (main, routes, expected) in [
        (FASTAPI, "", "none"),
        (
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/health')\ndef h():\n    return {'status': 'ok'}\n",
            "",
            "/health ok",
        ),
        (
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/healthz')\ndef h():\n    return 'fine'\n",
            "",
            "/healthz nothing",
        ),
        (
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/health')\nasync def h():\n    s = 'healthy' if x else 'degraded'\n    return {'status': s}\n",
            "",
            "/health status",
        ),
        (
            "from fastapi import FastAPI\napp = FastAPI()\n# @app.get('/health')\n",
            "",
            "none",
        ),
        (
            main,
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/v1')\n@router.get('/health')\ndef h():\n    return {\"status\": \"healthy\"}\n",
            "/api/v1/health status",
        ),
        // A file that nothing imports is not there yet.
        (
            FASTAPI,
            "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/health')\ndef h(): ...\n",
            "none",
        ),
        (
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/users/{id}/health')\ndef h(): ...\n",
            "",
            "none",
        ),
        // The answer of the next route is not this one's.
        (
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/health')\ndef h():\n    return 1\n\ndef other():\n    return 'healthy'\n",
            "",
            "/health nothing",
        ),
    ] {
        let candidate = first(&[("main.py", main), ("routes.py", routes)], false);
        assert_eq!(health(&candidate), expected, "{main}\n{routes}");
    }
}

#[test]
fn the_sqlite_file_is_found_where_the_application_means_it() {
    let url = |url: &str| {
        format!("from fastapi import FastAPI\nengine = create_engine('{url}')\napp = FastAPI()\n")
    };
    for (source, expected) in [
        (url("sqlite:///hub.db"), Some("hub.db")),
        (url("sqlite:///./data/hub.db?timeout=3"), Some("data/hub.db")),
        (url("sqlite+aiosqlite:///data/hub.db"), Some("data/hub.db")),
        (url("sqlite:////var/lib/hub.db"), Some("/var/lib/hub.db")),
        (url("sqlite:///C:/hub/hub.db"), Some("C:/hub/hub.db")),
        (url("sqlite://"), None),
        (url("sqlite:///:memory:"), None),
        (url("postgresql://localhost/hub"), None),
        (
            "from fastapi import FastAPI\nurl = f'sqlite:///{folder}/x.db'\napp = FastAPI()\n".to_owned(),
            None,
        ),
        (
            "from fastapi import FastAPI\nimport sqlite3\nc = sqlite3.connect('hub.db')\napp = FastAPI()\n"
                .to_owned(),
            Some("hub.db"),
        ),
    ] {
        let candidate = first(&[("main.py", &source)], false);
        assert_eq!(candidate.database.as_deref(), expected, "{source}");
    }
    let flask = "from flask import Flask\napp = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///hub.db'\n";
    assert_eq!(
        first(&[("hub.py", flask)], false).database.as_deref(),
        Some("instance/hub.db")
    );
    let by_variable = [
        ("main.py", FASTAPI),
        (".env", "DATABASE_URL=\"sqlite:///./env.db\"\n"),
    ];
    assert_eq!(first(&by_variable, false).database.as_deref(), Some("env.db"));
    let by_file = [
        ("main.py", FASTAPI),
        ("instance/left.db", "SQLite format 3\0 and so on"),
        ("instance/other.db", "not one"),
    ];
    assert_eq!(
        first(&by_file, false).database.as_deref(),
        Some("instance/left.db")
    );
    let two = [
        ("main.py", FASTAPI),
        ("a.db", "SQLite format 3\0"),
        ("b.db", "SQLite format 3\0"),
    ];
    assert_eq!(first(&two, false).database, None);
}

#[test]
fn migrations_of_alembic_and_flask_are_set_up_work() {
    let alembic = first(&[("main.py", FASTAPI), ("alembic.ini", "")], false);
    assert_eq!(
        alembic.migration.expect("migrations").arguments,
        ["-m", "alembic", "upgrade", "head"]
    );
    let flask = first(&[("hub.py", FLASK), ("migrations/env.py", "")], false);
    assert_eq!(
        flask.migration.expect("migrations").arguments,
        ["-m", "flask", "--app", "hub:app", "db", "upgrade"]
    );
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let main = "from fastapi import FastAPI\nfrom routes import router\n\n# one\napp = FastAPI()\napp.include_router(router, prefix='/api')\n";
    let routes = "# ä\nfrom fastapi import APIRouter\n\nrouter = APIRouter(\n    prefix='/v1',\n)\n\n@router.get('/health')\ndef h():\n    return {'status': 'fine'}\n";
    let start = "rem start\nuvicorn main:app --port 8123\n";
    for end in ["\n", "\r\n"] {
        let [main, routes, start] = [main, routes, start].map(|text| text.replace('\n', end));
        let candidate = first(
            &[("main.py", &main), ("routes.py", &routes), ("start.bat", &start)],
            true,
        );
        assert_eq!(health(&candidate), "/api/v1/health fine", "{end:?}");
        assert_eq!(candidate.seen.line, 5, "{end:?}");
        assert_eq!(candidate.port.map(|port| port.number), Some(8123), "{end:?}");
    }
}
