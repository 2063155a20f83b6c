//! Node on Windows: its Ctrl-C is what the default ladder begins with there.

use director_testkit::free_port;
use director_testkit::processes::{alive, kill};

use crate::common::{Site, assert_says, of_kind, pid, run_number, text};

use super::{App, PROBE, provided};

fn node(name: &str, lines: &str) -> App {
    let program = provided("DIRECTOR_E2E_NODE_WIN");
    let site = Site::new(name);
    site.sandbox
        .write("server.js", include_str!("../../fixtures/node_app/server.js"));
    let port = free_port();
    let lines = format!(
        "port = {port}\nenv = {{ PORT = \"{port}\" }}\nhealth = {{ http = \"http://127.0.0.1:{port}/health\", {PROBE} }}\n{lines}"
    );
    App {
        site: site.service("web", &[program.as_str(), "server.js"], &lines),
        port,
    }
}

#[test]
fn node_starts_is_killed_and_runs_anew() {
    let app = node("node-killed", "");
    let _director = app.site.start();
    let web = app.until_healthy();
    assert_eq!(text(&web["answer"], "app"), "Node");
    assert_says(&app.site.cli(&["logs", "web"]).exits(0).out, &["listening"]);
    let first = pid(&web).expect("a pid");
    kill(first);
    app.until_healthy_after(1);
    assert!(!alive(first));
    assert_says(
        &app.site.why("web"),
        &["run 1 ended by itself", "restart 1 is due at once"],
    );
}

#[test]
fn node_runs_anew_when_its_source_changes() {
    let app = node("node-edited", "watch = { enabled = true, debounce = \"300ms\" }");
    let _director = app.site.start();
    app.until_healthy();
    let source = app.site.sandbox.read("server.js");
    app.site
        .sandbox
        .write("server.js", source.replace("'Node'", "'Edited'"));
    let second = app.until_healthy_after(1);
    assert_eq!(
        (run_number(&second), text(&second["answer"], "app")),
        (2, "Edited")
    );
    assert_eq!(
        app.site.sandbox.read("said-goodbye"),
        "by SIGINT",
        "it ended by itself"
    );
}

#[test]
fn node_that_hangs_is_ended_and_runs_anew() {
    let app = node("node-hang", "stop.ladder = [\"ctrl-c 500ms\", \"terminate\"]");
    let _director = app.site.start();
    app.until_healthy();
    let hanging = app.ask("/test/hang");
    let second = app.until_healthy_after(1);
    assert_eq!(run_number(&second), 2);
    assert_says(
        &app.site.why("web"),
        &["failed 3 times in a row", "no answer within 1000 ms"],
    );
    assert!(hanging.join().expect("the request's thread").is_err());
}

#[test]
fn node_ends_by_itself_when_it_hears_ctrl_c() {
    let app = node("node-stop", "");
    let _director = app.site.start();
    app.until_healthy();
    app.site.cli(&["stop", "web"]).exits(0);
    assert_eq!(app.site.sandbox.read("said-goodbye"), "by SIGINT");
    let events = app.site.events("web");
    assert!(of_kind(&events, "tree-killed").is_empty(), "{events:?}");
    assert_eq!(of_kind(&events, "process-exited")[0]["status"]["code"], 0);
}
