//! A Node application on Windows, as `director init` configures it.

use crate::common::assert_says;

use super::super::provided;
use super::{configure, site_with};

#[test]
fn it_is_told_its_port_and_becomes_healthy() {
    let site = site_with("init-node", &provided("DIRECTOR_E2E_NODE_WIN"));
    site.sandbox
        .write("server.js", include_str!("../../../fixtures/node_app/server.js"));
    site.sandbox
        .write("package.json", "{\"scripts\": {\"start\": \"node server.js\"}}");
    let (app, _) = configure(site, &[]);
    assert_says(
        &app.site.sandbox.read("director.toml"),
        &["node.exe", "\"server.js\"", &format!("PORT = \"{}\"", app.port)],
    );
    let director = app.site.start();
    app.until_healthy();
    assert_says(&app.get("/").1, &["\"app\":\"Node\""]);
    director.shut_down();
}
