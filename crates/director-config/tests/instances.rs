//! `instances`: one table, several services.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod support;

use director_core::spec::{Condition, DirectorSpec, Instance, ProbeKind, RungKind, ServiceName, ServiceSpec};
use support::load_text;

fn spec(text: &str) -> DirectorSpec {
    let loaded = load_text(text, false).unwrap_or_else(|found| panic!("{found}"));
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    loaded.spec
}

fn names(spec: &DirectorSpec) -> Vec<&str> {
    spec.services.keys().map(ServiceName::as_str).collect()
}

fn service<'a>(spec: &'a DirectorSpec, name: &str) -> &'a ServiceSpec {
    &spec.services[&ServiceName::new(name).unwrap()]
}

#[test]
fn every_text_of_an_instance_has_its_number() {
    let spec = spec(
        r#"
        [service.web]
        command = ["app", "--port", "{index+8000}", "--name", "web{index}{index}", "${HOME}", "$${index}"]
        instances = 3
        port = "{index+8000}"
        env = { SHARD = "{index}/3" }
        health = { http = "http://127.0.0.1:{index+8000}/health" }
        stop.ladder = ["http http://127.0.0.1:{index+9000}/quit 5s", "kill"]
        "#,
    );
    assert_eq!(names(&spec), ["web-0", "web-1", "web-2"]);
    let web = service(&spec, "web-2");
    assert_eq!(
        web.command,
        ["app", "--port", "8002", "--name", "web22", "/home/x", "${index}"]
    );
    let of = ServiceName::new("web").unwrap();
    assert_eq!(web.instance, Some(Instance { of, index: 2 }));
    assert_eq!(web.port, Some(8002));
    assert_eq!(
        (web.env["SHARD"].as_str(), web.env["DIRECTOR_INSTANCE"].as_str()),
        ("2/3", "2")
    );
    let probe = web.health.as_ref().map(|health| &health.probe);
    assert_eq!(
        probe,
        Some(&ProbeKind::Http("http://127.0.0.1:8002/health".to_owned()))
    );
    assert_eq!(
        web.stop.ladder[0].kind,
        RungKind::Http("http://127.0.0.1:9002/quit".to_owned())
    );
}

#[test]
fn one_instance_has_an_index_too_so_that_scaling_renames_nobody() {
    let spec = spec("[service.web]\ncommand = ['app']\ninstances = 1\n");
    assert_eq!(names(&spec), ["web-0"]);
}

#[test]
fn the_declared_name_means_all_instances_and_an_own_name_one() {
    let spec = spec(
        r#"
        [service.db]
        command = ["db"]
        instances = 2
        [service.all]
        command = ["app"]
        requires = ["db"]
        [service.shard]
        command = ["app"]
        instances = 2
        requires = ["db-{index}:started"]
        "#,
    );
    let required = |name: &str| -> Vec<(String, Condition)> {
        let requires = &service(&spec, name).requires;
        requires
            .iter()
            .map(|one| (one.service.to_string(), one.condition))
            .collect()
    };
    let on = |name: &str| (name.to_owned(), Condition::Started);
    assert_eq!(required("all"), [on("db-0"), on("db-1")]);
    assert_eq!(required("shard-1"), [on("db-1")]);
}

#[test]
fn without_instances_a_brace_is_a_brace() {
    let text = "[service.web]\ncommand = ['app', '{index}', '{index+1}', '{indexed}']\n";
    let loaded = load_text(text, false).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(
        service(&loaded.spec, "web").command,
        ["app", "{index}", "{index+1}", "{indexed}"]
    );
    let warned: Vec<&str> = loaded.warnings.list.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(warned, ["service.web.command[1]", "service.web.command[2]"]);
}

#[test]
fn too_many_instances_are_too_many_services() {
    let table = |name: usize| format!("[service.s{name}]\ncommand = ['x']\ninstances = 100\n");
    let text: String = (0..11).map(table).collect();
    let found = load_text(&text, false).unwrap_err();
    let codes: Vec<&str> = found.list.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(codes, ["too-many"]);
}
