//! A Flask application under the server that exists on the system, as `director init` configures it.

use crate::common::{assert_says, text};

use super::{configure, include_lines, site};

const SOURCE: &str = "import sqlite3\n\nfrom flask import Flask\n\n\ndef create_app():\n    with sqlite3.connect('hub.db') as database:\n        database.execute('CREATE TABLE IF NOT EXISTS t(x)')\n    return Flask(__name__)\n";

#[test]
fn a_function_that_makes_it_is_served_and_the_endpoint_answers() {
    let site = site("init-flask");
    site.sandbox
        .write("hub.py", format!("{SOURCE}\n\napp = create_app()\n"));
    site.sandbox
        .write("requirements.txt", "flask\ngunicorn\nwaitress\n");
    let (app, told) = configure(site, &["--health", "--name", "Hub"]);
    let server = if cfg!(windows) {
        "\"waitress\""
    } else {
        "\"gunicorn\""
    };
    assert_says(
        &app.site.sandbox.read("director.toml"),
        &[server, "hub:app", "sqlite = \"hub.db\""],
    );
    let [import, include] = include_lines(&told);
    let source = format!("{SOURCE}\n\napp = create_app()\n{import}\n{include}\n");
    app.site.sandbox.write("hub.py", source);
    let director = app.site.start();
    let web = app.until_healthy();
    let said = ["app", "version", "database"].map(|name| text(&web["answer"], name));
    assert_eq!(said, ["Hub", "unknown", "connected"]);
    director.shut_down();
}

#[test]
fn a_function_is_called_by_the_server_where_nothing_else_calls_it() {
    let site = site("init-flask-factory");
    site.sandbox.write("hub.py", SOURCE);
    site.sandbox.write("requirements.txt", "waitress\n");
    let (app, _) = configure(site, &[]);
    assert_says(
        &app.site.sandbox.read("director.toml"),
        &[
            "\"--call\", \"hub:create_app\"",
            &format!("tcp = \"127.0.0.1:{}\"", app.port),
        ],
    );
    let director = app.site.start();
    app.until_healthy();
    assert_eq!(app.get("/").0, 404, "it is Flask that answers");
    director.shut_down();
}
