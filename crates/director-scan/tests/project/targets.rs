//! FastAPI, Flask and scripts: what is started, from where, and by what.

use director_scan::project::Framework;

use crate::{Files, command, first, found};

const FASTAPI: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";

const FLASK: &str = "from flask import Flask\n\napp = Flask(__name__)\n";

const MODULES: &[(Files, &str, &str)] = &[
    // A package.
    (
        &[("app/main.py", FASTAPI), ("app/__init__.py", "")],
        "app.main:app",
        "",
    ),
    // A single file.
    (&[("main.py", FASTAPI)], "main:app", ""),
    // No package, and nothing imported: the folder itself stays the working folder.
    (&[("app/main.py", FASTAPI)], "app.main:app", ""),
    // What it imports from beside it is found only from its own folder.
    (
        &[
            (
                "app/main.py",
                "from fastapi import FastAPI\nimport db\napp = FastAPI()\n",
            ),
            ("app/db.py", ""),
        ],
        "main:app",
        "app",
    ),
    // What it imports by its own folder's name is found from the folder above.
    (
        &[
            (
                "backend/app/main.py",
                "from fastapi import FastAPI\nfrom app.db import x\napp = FastAPI()\n",
            ),
            ("backend/app/db.py", ""),
        ],
        "app.main:app",
        "backend",
    ),
    // Relative imports need a package.
    (
        &[
            (
                "backend/app/main.py",
                "from fastapi import FastAPI\nfrom .db import x\napp = FastAPI()\n",
            ),
            ("backend/requirements.txt", "uvicorn"),
        ],
        "app.main:app",
        "backend",
    ),
    (
        &[("backend/main.py", FASTAPI), ("backend/requirements.txt", "")],
        "main:app",
        "backend",
    ),
    // A script says it.
    (
        &[
            ("backend/main.py", FASTAPI),
            ("run.sh", "exec uvicorn backend.main:app --port 8001\n"),
            ("backend/requirements.txt", ""),
        ],
        "backend.main:app",
        "",
    ),
    (
        &[("src/hub/__init__.py", ""), ("src/hub/api.py", FASTAPI)],
        "hub.api:app",
        "",
    ),
    (&[("hub/__init__.py", FASTAPI)], "hub:app", ""),
];

#[test]
fn the_module_of_a_fastapi_application_is_named_from_the_folder_that_python_needs() {
    for (files, expected, cwd) in MODULES {
        let candidate = first(files, false);
        assert_eq!(candidate.framework, Framework::FastApi, "{files:?}");
        assert_eq!(
            (candidate.target.as_deref(), candidate.cwd.as_str()),
            (Some(*expected), *cwd),
            "{files:?}"
        );
    }
}

#[test]
fn only_what_is_code_at_module_level_is_an_application() {
    for source in [
        "from fastapi import FastAPI\n# app = FastAPI()\n",
        "from fastapi import FastAPI\n\"\"\"\napp = FastAPI()\n\"\"\"\n",
        "from fastapi import FastAPI\nclass A:\n    app = FastAPI()\n",
        "app = FastAPI()\n",
        "from fastapi import FastAPI\ndef create_app(settings):\n    return FastAPI()\n",
        "from fastapi import FastAPI\nx[0] = FastAPI()\n",
        "from fastapi import FastAPI\napp = wrap(FastAPI())\n",
    ] {
        let all = found(&[("lib.py", source)], false);
        assert!(all.is_empty(), "{source}: {all:?}");
    }
    for (source, expected) in [
        (
            "import fastapi\napi: fastapi.FastAPI = fastapi.FastAPI(title='x')\n",
            "lib:api",
        ),
        (
            "from fastapi import FastAPI\nadmin = FastAPI()\napp = FastAPI()\n",
            "lib:app",
        ),
        (
            "from fastapi import FastAPI\ndef create_app(x=1):\n    app = FastAPI()\n    return app\n\napp = create_app()\n",
            "lib:app",
        ),
    ] {
        assert_eq!(
            first(&[("lib.py", source)], false).target.as_deref(),
            Some(expected),
            "{source}"
        );
    }
}

#[test]
fn a_function_that_makes_the_application_is_called_by_the_server() {
    let source =
        "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    app = FastAPI()\n    return app\n";
    let candidate = first(
        &[("hub.py", source), ("requirements.txt", "uvicorn[standard]==1")],
        false,
    );
    assert_eq!(
        command(&candidate),
        "(python3|python) -m uvicorn hub:create_app --host 0.0.0.0 --port 8000 --factory"
    );
    let source = "import flask\ndef create_app(config=None):\n    return flask.Flask('hub')\n";
    let files = [("hub.py", source), ("requirements.txt", "gunicorn>=20\nwaitress")];
    assert_eq!(
        command(&first(&files, false)),
        "(python3|python) -m gunicorn hub:create_app() --bind 0.0.0.0:8000"
    );
    assert_eq!(
        command(&first(&files, true)),
        "(python|python3) -m waitress --host 0.0.0.0 --port 8000 --call hub:create_app"
    );
}

#[test]
fn the_applications_own_python_is_taken() {
    for (file, windows) in [
        ("python/python.exe", true),
        (".venv/Scripts/python.exe", true),
        ("venv/bin/python", false),
        (".venv/bin/python3", false),
    ] {
        let candidate = first(&[("main.py", FASTAPI), (file, "")], windows);
        assert!(
            command(&candidate).starts_with(&format!("{file} -m uvicorn")),
            "{candidate:?}"
        );
    }
    // One of the other system is none.
    let candidate = first(&[("main.py", FASTAPI), ("python/python.exe", "")], false);
    assert!(
        command(&candidate).starts_with("(python3|python) "),
        "{candidate:?}"
    );
    // Its modules are no part of the application.
    let candidate = first(
        &[
            ("hub.py", FASTAPI),
            ("python/python.exe", ""),
            ("python/Lib/site.py", FASTAPI),
            ("python/python312._pth", ""),
        ],
        true,
    );
    assert_eq!(candidate.target.as_deref(), Some("hub:app"));
    assert!(
        candidate
            .notes
            .iter()
            .any(|note| note.contains("python/python312._pth")),
        "{candidate:?}"
    );
}

#[test]
fn a_server_is_taken_that_the_project_has_and_the_system_can_run() {
    for (package, windows, expected) in [
        (
            "",
            false,
            "-m flask --app main:app run --host 0.0.0.0 --port 8000",
        ),
        ("gunicorn", false, "-m gunicorn main:app --bind 0.0.0.0:8000"),
        (
            "gunicorn",
            true,
            "-m flask --app main:app run --host 0.0.0.0 --port 8000",
        ),
        (
            "waitress",
            true,
            "-m waitress --host 0.0.0.0 --port 8000 main:app",
        ),
        (
            "# gunicorn",
            false,
            "-m flask --app main:app run --host 0.0.0.0 --port 8000",
        ),
        (
            "gunicorn-extras",
            false,
            "-m flask --app main:app run --host 0.0.0.0 --port 8000",
        ),
    ] {
        let candidate = first(&[("main.py", FLASK), ("requirements.txt", package)], windows);
        let line = command(&candidate);
        assert!(line.ends_with(expected), "{package}: {line}");
        assert_eq!(
            line.contains("flask"),
            !candidate.notes.is_empty(),
            "a development server is told: {candidate:?}"
        );
    }
    let installed = [
        ("main.py", FLASK),
        (".venv/bin/python3", ""),
        (".venv/lib/python3.12/site-packages/gunicorn/__init__.py", ""),
    ];
    assert_eq!(
        command(&first(&installed, false)),
        ".venv/bin/python3 -m gunicorn main:app --bind 0.0.0.0:8000"
    );
}

#[test]
fn a_script_is_what_is_left() {
    let candidate = first(
        &[(
            "bot.py",
            "import time\nif __name__ == '__main__':\n    time.sleep(1)\n",
        )],
        false,
    );
    assert_eq!(candidate.framework, Framework::Script);
    assert_eq!(command(&candidate), "(python3|python) bot.py");
    assert_eq!(candidate.port, None);
    assert!(found(&[("setup.py", "if __name__ == '__main__':\n    pass\n")], false).is_empty());
}
