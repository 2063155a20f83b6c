//! Django.

use director_scan::project::Framework;

use crate::{command, first, health};

const MANAGE: &str =
    "import os\n\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'hub.settings')\n";

const SETTINGS: &str = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nDATABASES = {\n    'default': {\n        'ENGINE': 'django.db.backends.sqlite3',\n        'NAME': BASE_DIR / 'db.sqlite3',\n    }\n}\n";

const WSGI: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'hub.settings')\napplication = get_wsgi_application()\n";

#[test]
fn a_django_project_is_started_by_its_server_after_its_migrations() {
    let project = [
        ("manage.py", MANAGE),
        ("hub/__init__.py", ""),
        ("hub/settings.py", SETTINGS),
        ("hub/wsgi.py", WSGI),
    ];
    let with = |requirements: &'static str| {
        let mut files = project.to_vec();
        files.push(("requirements.txt", requirements));
        files.push(("hub/asgi.py", WSGI));
        files
    };
    for (requirements, windows, expected) in [
        (
            "Django\ngunicorn\n",
            false,
            "-m gunicorn hub.wsgi:application --bind 0.0.0.0:8000",
        ),
        (
            "Django\ngunicorn\n",
            true,
            "manage.py runserver --noreload 0.0.0.0:8000",
        ),
        (
            "Django\nwaitress\n",
            true,
            "-m waitress --host 0.0.0.0 --port 8000 hub.wsgi:application",
        ),
        (
            "Django\nuvicorn\n",
            true,
            "-m uvicorn hub.asgi:application --host 0.0.0.0 --port 8000",
        ),
        (
            "Django\ndaphne\n",
            false,
            "-m daphne -b 0.0.0.0 -p 8000 hub.asgi:application",
        ),
    ] {
        let candidate = first(&with(requirements), windows);
        assert_eq!(candidate.framework, Framework::Django);
        assert!(
            command(&candidate).ends_with(expected),
            "{requirements}: {}",
            command(&candidate)
        );
        let migration = candidate.migration.expect("migrations");
        assert_eq!(migration.arguments, ["manage.py", "migrate", "--noinput"]);
        assert_eq!(candidate.database.as_deref(), Some("db.sqlite3"));
    }
    // What needs the asynchronous server gets it.
    let channels = format!("{SETTINGS}INSTALLED_APPS = ['channels']\n");
    let files = [
        ("manage.py", MANAGE),
        ("hub/settings.py", channels.as_str()),
        ("hub/wsgi.py", WSGI),
        ("hub/asgi.py", WSGI),
        ("requirements.txt", "gunicorn\nuvicorn\n"),
    ];
    assert!(command(&first(&files, false)).contains("uvicorn hub.asgi:application"));
}

fn with(base: &str, name: &str) -> String {
    format!(
        "{base}\nDATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {name}, 'OPTIONS': {{'timeout': 30}}}}}}\n"
    )
}

#[test]
fn the_database_of_django_is_read_from_its_settings() {
    let parents = "BASE_DIR = Path(__file__).resolve().parent.parent";
    for (file, settings, expected) in [
        (
            "hub/settings.py",
            with(parents, "BASE_DIR / 'data' / 'db.sqlite3'"),
            Some("data/db.sqlite3"),
        ),
        (
            "hub/settings.py",
            with(parents, "str(BASE_DIR / 'db.sqlite3')"),
            Some("db.sqlite3"),
        ),
        ("hub/settings.py", with(parents, "'plain.db'"), Some("plain.db")),
        (
            "hub/settings.py",
            with(parents, "'/var/hub.db'"),
            Some("/var/hub.db"),
        ),
        (
            "hub/settings.py",
            with(
                "BASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))",
                "os.path.join(BASE, 'x', 'y.db')",
            ),
            Some("x/y.db"),
        ),
        (
            "hub/settings.py",
            with("BASE = Path(__file__).resolve().parents[1]", "BASE / 'z.db'"),
            Some("z.db"),
        ),
        (
            "hub/settings.py",
            with(
                "BASE = Path(__file__).resolve().parent.parent.parent.parent",
                "BASE / 'z.db'",
            ),
            None,
        ),
        ("hub/settings.py", with("", "UNKNOWN / 'z.db'"), None),
        (
            "hub/settings.py",
            "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'hub'}}\n"
                .to_owned(),
            None,
        ),
        (
            "hub/settings/base.py",
            with(
                "BASE_DIR = Path(__file__).resolve().parent.parent.parent",
                "BASE_DIR / 'db.sqlite3'",
            ),
            Some("db.sqlite3"),
        ),
    ] {
        let package = if file.contains("/settings/") {
            "from .base import *\n"
        } else {
            ""
        };
        let mut files = vec![("manage.py", MANAGE), (file, settings.as_str())];
        if !package.is_empty() {
            files.push(("hub/settings/__init__.py", package));
        }
        assert_eq!(first(&files, false).database.as_deref(), expected, "{settings}");
    }
}

#[test]
fn the_settings_of_the_server_go_before_those_of_development() {
    let manage = MANAGE.replace("hub.settings", "hub.settings.dev");
    let wsgi = WSGI.replace("hub.settings", "hub.settings.prod");
    let files = [
        ("site/manage.py", manage.as_str()),
        ("site/hub/settings/__init__.py", ""),
        ("site/hub/settings/dev.py", ""),
        ("site/hub/settings/prod.py", SETTINGS),
        ("site/hub/wsgi.py", wsgi.as_str()),
        (
            "site/hub/urls.py",
            "from . import views\nurlpatterns = [path('health/', views.health)]\n",
        ),
        (
            "site/hub/views.py",
            "def health(request):\n    return JsonResponse({'status': 'UP'})\n",
        ),
    ];
    let candidate = first(&files, false);
    assert_eq!(candidate.cwd, "site");
    assert_eq!(candidate.env[0].1.with(0), "hub.settings.prod");
    assert_eq!(health(&candidate), "/health/ UP");
    assert!(
        candidate.notes.iter().any(|note| note.contains("ALLOWED_HOSTS")),
        "{candidate:?}"
    );
}
