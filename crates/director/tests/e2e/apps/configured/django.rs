//! A Django project made by its own tools, under gunicorn, as `director init` configures it (gunicorn exists on Linux alone).

use std::process::Command;

use crate::common::{Director, assert_says, finish, of_kind, text};

use super::holder::Holder;
use super::{App, assert_blocked, configure, include_lines, names, python, site};

const MODELS: &str = include_str!("../../../fixtures/django_app/models.py");
const VIEWS: &str = include_str!("../../../fixtures/django_app/views.py");

/// Made by `startproject`, `startapp` and `makemigrations`, with one model and one view; configured, and not started.
#[track_caller]
pub(super) fn project(name: &str) -> App {
    let site = site(name);
    let python_line = |arguments: &[&str]| {
        let mut command = Command::new(python());
        command.args(arguments).current_dir(site.sandbox.path());
        finish(command).exits(0);
    };
    python_line(&["-m", "django", "startproject", "hub", "."]);
    python_line(&["manage.py", "startapp", "notes"]);
    site.sandbox.write("notes/models.py", MODELS);
    site.sandbox.write("notes/views.py", VIEWS);
    let edit = |file: &str, from: &str, to: &str| {
        let before = site.sandbox.read(file);
        assert!(
            before.contains(from),
            "Django writes {file} in another way: {before}"
        );
        site.sandbox.write(file, before.replacen(from, to, 1));
    };
    edit(
        "hub/settings.py",
        "INSTALLED_APPS = [",
        "INSTALLED_APPS = [\n    'notes',",
    );
    edit(
        "hub/urls.py",
        "urlpatterns = [",
        "from notes import views\n\nurlpatterns = [\n    path(\"notes\", views.count),",
    );
    python_line(&["manage.py", "makemigrations", "notes"]);
    site.sandbox.write("requirements.txt", "Django\ngunicorn\n");
    let (app, told) = configure(site, &["--health", "--name", "Hub"]);
    // As a person would who follows what `init` says.
    let [import, path] = include_lines(&told);
    let urls = app.site.sandbox.read("hub/urls.py");
    let urls = urls.replacen(
        "from notes import views\n\nurlpatterns = [",
        &format!("from notes import views\n{import}\n\nurlpatterns = [\n    {path}"),
        1,
    );
    app.site.sandbox.write("hub/urls.py", urls);
    app
}

#[test]
fn it_is_migrated_before_it_starts_and_becomes_healthy_in_wal_mode() {
    let app = project("init-django");
    assert_says(
        &app.site.sandbox.read("director.toml"),
        &[
            "\"hub.wsgi:application\"",
            "DJANGO_SETTINGS_MODULE = \"hub.settings\"",
            "sqlite = \"db.sqlite3\"",
        ],
    );
    let director = app.site.start();
    let web = app.until_healthy();
    let said = ["app", "database"].map(|name| text(&web["answer"], name));
    assert_eq!(said, ["Hub", "connected"]);
    assert_eq!(
        app.get("/notes"),
        (200, "{\"notes\": 0}".to_owned()),
        "the migrations were not made"
    );
    let migrate = app.site.status("migrate");
    assert_eq!(text(&migrate, "phase"), "completed");
    let before = of_kind(&app.site.events("migrate"), "process-exited").len();
    assert_eq!(before, 1, "migrations are made once");
    // The file format's write and read version: 2 is WAL.
    let database = std::fs::read(app.site.sandbox.file("db.sqlite3")).expect("the database");
    assert_eq!(&database[18..20], &[2, 2]);
    assert_says(&app.site.cli(&["logs", "web"]).exits(0).out, &["Listening at"]);
    director.shut_down();
}

#[test]
fn a_lock_on_its_database_blocks_the_server_and_the_migrations_and_names_the_holder() {
    let app = project("init-django-locked");
    let director = app.site.start();
    app.until_healthy();
    app.site.cli(&["stop", "web"]).exits(0);
    let mut holder = Holder::sqlite(&app.site.sandbox.file("db.sqlite3"));
    assert_blocked(&app, "web", "database-locked", holder.pid());
    holder.assert_alive();
    drop(holder);
    app.until_healthy();
    director.shut_down();

    // With the lock from the beginning it is the set-up work that cannot start, and the server waits for it.
    let holder = Holder::sqlite(&app.site.sandbox.file("db.sqlite3"));
    let director = Director::start(&app.site, app.site.command(&["run", "--force"]));
    let migrate = app.site.until_phase("migrate", "blocked");
    assert_eq!(text(&migrate["blocker"], "code"), "database-locked");
    assert!(names(&migrate["blocker"], holder.pid()), "{migrate}");
    assert_eq!(text(&app.site.status("web"), "phase"), "waiting");
    drop(holder);
    app.until_healthy();
    director.shut_down();
}
