//! A FastAPI application under uvicorn, as `director init` configures it.

use crate::common::{assert_says, text};

use super::holder::Holder;
use super::{configure, fastapi_app, include_lines, site};

#[test]
fn init_finds_all_that_it_needs_and_it_becomes_healthy() {
    let app = fastapi_app("init-fastapi");
    let config = app.site.sandbox.read("director.toml");
    assert_says(
        &config,
        &[
            "\"hub:app\"",
            "sqlite = \"hub.db\"",
            "wal = true",
            &format!("http = \"http://127.0.0.1:{}/health\"", app.port),
            "PYTHONUNBUFFERED = \"1\"",
            "PYTHONUTF8 = \"1\"",
        ],
    );
    let director = app.site.start();
    let web = app.until_healthy();
    assert_eq!(text(&web["answer"], "database"), "connected");
    director.shut_down();
}

#[test]
fn the_endpoint_that_init_writes_reads_the_database() {
    let site = site("init-endpoint");
    let source = "from fastapi import FastAPI\nimport sqlite3\n\nsqlite3.connect('hub.db').execute('CREATE TABLE IF NOT EXISTS t(x)')\napp = FastAPI()\n";
    site.sandbox.write("hub.py", source);
    let (app, told) = configure(site, &["--health", "--name", "Hub"]);
    let [import, include] = include_lines(&told);
    app.site
        .sandbox
        .write("hub.py", format!("{source}\n{import}\n{include}\n"));
    let _director = app.site.start();
    let web = app.until_healthy();
    let said = ["app", "version", "database"].map(|name| text(&web["answer"], name));
    assert_eq!(said, ["Hub", "unknown", "connected"]);

    // WAL does not keep readers out; a lock on the file's own bytes does.
    let database = app.site.path("hub.db");
    let holder = Holder::rogue(&["--sqlite-lock", &database]);
    let (status, body) = app.get("/health");
    assert_eq!(status, 200);
    assert_says(&body, &["\"status\":\"degraded\"", "database is locked"]);
    drop(holder);
    assert_says(&app.get("/health").1, &["\"status\":\"healthy\""]);
    std::fs::write(&database, vec![b'x'; 8192]).expect("cannot damage the database");
    assert_says(
        &app.get("/health").1,
        &["\"status\":\"degraded\"", "not a database"],
    );
}
