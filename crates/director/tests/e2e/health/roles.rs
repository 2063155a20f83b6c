//! Probes with roles: what proves a start, what restarts, what is only told, and what others wait for.

use director_testkit::{eventually, free_port};

use crate::common::{BOUND, Site, assert_says, of_kind, pid, run_number, text};

use super::{HEALTHY, Patient};

/// A fast probe of a rogue's health file as a table of the service.
fn probe(name: &str, role: &str, port: u16, more: &str) -> String {
    format!(
        "[[service.web.probe]]\nname = \"{name}\"\nrole = \"{role}\"\nhttp = \"http://127.0.0.1:{port}/health\"\n\
         interval = \"100ms\"\nretry_interval = \"100ms\"\nstart_interval = \"100ms\"\nstart_grace = \"0s\"\ntimeout = \"1s\"\n{more}\n"
    )
}

/// A rogue that answers what `web.health` says, with these probes.
fn admit(name: &str, more: &str, probes: impl Fn(u16) -> String) -> (Site, Patient) {
    let patient = Patient {
        name: "web",
        port: free_port(),
    };
    let site = Site::new(name);
    let (port, file) = (patient.port.to_string(), site.path("web.health"));
    patient.answers(&site, "200", HEALTHY);
    let lines = format!("{more}\n{}", probes(patient.port));
    let site = site.rogue("web", &["--port", &port, "--health-file", &file], &lines);
    (site, patient)
}

#[test]
fn readiness_restarts_nothing_and_others_wait_for_it() {
    let (site, web) = admit("readiness", "", |port| {
        probe("ready", "readiness", port, "failures = \"2/3\"")
    });
    let site = site.rogue("later", &[] as &[&str], "requires = [\"web:healthy\"]");
    web.answers(&site, "503", "");
    let _director = site.start();
    let running = site.until("web", "runs and is not ready", |found| {
        text(found, "phase") == "running" && text(found, "health") == "unhealthy"
    });
    let later = site.status("later");
    assert_eq!(text(&later, "phase"), "waiting", "{later}");
    assert_says(
        &site.why("web"),
        &["readiness restarts nothing", "HTTP 503 instead of 200"],
    );
    let shown = &running["probes"][0];
    assert_eq!((text(shown, "name"), text(shown, "role")), ("ready", "readiness"));
    web.answers(&site, "200", HEALTHY);
    site.until_running("later");
    let after = site.status("web");
    assert_eq!((text(&after, "health"), pid(&after)), ("healthy", pid(&running)));
    // Down again: told, and nobody is restarted.
    web.answers(&site, "503", "");
    site.until("web", "is unhealthy again", |found| {
        text(found, "health") == "unhealthy"
    });
    assert_eq!(run_number(&site.status("web")), 1);
    let failed = site.until_event("web", "probe-failed");
    assert_eq!(
        (text(&failed, "probe"), failed["of"].as_u64()),
        ("ready", Some(3))
    );
}

#[test]
fn a_start_that_never_succeeds_is_ended_and_its_other_probes_are_not_asked() {
    let (site, web) = admit("startup", "restart = { backoff = [\"0s\", \"5m\"] }", |port| {
        let start = probe("boot", "startup", port, "max_failures = 2");
        format!("{start}{}", probe("alive", "liveness", port, "max_failures = 1"))
    });
    web.answers(&site, "503", "");
    let _director = site.start();
    site.until_phase("web", "backoff");
    let events = site.events("web");
    let failed = of_kind(&events, "probe-failed");
    assert_eq!(failed.len(), 4, "two for each run: {failed:?}");
    assert!(
        failed.iter().all(|event| text(event, "probe") == "boot"),
        "{failed:?}"
    );
    web.answers(&site, "200", HEALTHY);
    site.cli(&["start", "web"]).exits(0);
    let status = site.until_running("web");
    let healths: Vec<_> = [0, 1]
        .map(|index| text(&status["probes"][index], "health"))
        .into();
    assert_eq!(healths, ["healthy", "healthy"], "{status}");
    assert_says(
        &site.cli(&["status", "web"]).exits(0).out,
        &["boot (startup): healthy", "alive (liveness): healthy"],
    );
}

#[test]
fn a_restart_waits_while_what_is_required_is_down() {
    let (site, web) = admit("held-back", "requires = [\"db\"]", |port| {
        probe("alive", "liveness", port, "max_failures = 2")
    });
    let gate = site.path("gate");
    let site = site.rogue(
        "db",
        &["--wait-for", &gate, "--exit", "1"],
        "restart = { backoff = [\"5m\"] }",
    );
    let _director = site.start();
    let before = pid(&site.until_running("web"));
    site.sandbox.write("gate", "now");
    site.until_phase("db", "backoff");
    web.answers(&site, "503", "");
    site.until_event("web", "restart-held");
    let status = site.status("web");
    assert_eq!(text(&status["restart_held_by"], "service"), "db", "{status}");
    assert_says(
        &site.why("web"),
        &[
            "is restarted when db is started again",
            "the restart waits until db",
        ],
    );
    assert_eq!((text(&status, "phase"), pid(&status)), ("running", before));
    std::fs::remove_file(site.sandbox.file("gate")).expect("cannot remove the gate");
    site.cli(&["start", "db"]).exits(0);
    site.until("web", "a second run", |found| run_number(found) == 2);
}

#[test]
fn headers_are_sent_and_shown_nowhere() {
    let secret = "hunter2-is-a-secret";
    let header = format!("headers = {{ Authorization = \"Bearer {secret}\" }}");
    let (site, web) = admit("headers", "", |port| probe("ready", "readiness", port, &header));
    let _director = site.start();
    site.until("web", "is healthy", |found| text(found, "health") == "healthy");
    web.answers(&site, "503", "");
    site.until_event("web", "probe-failed");
    for arguments in [
        &["check", "--json"][..],
        &["status", "web", "--json"],
        &["status", "web"],
        &["why", "web"],
        &["events", "web", "--json"],
        &["reload", "--dry-run"],
    ] {
        let said = site.cli(arguments);
        assert!(
            !format!("{said:?}").contains("hunter2"),
            "{arguments:?}: {said:?}"
        );
    }
    eventually(BOUND, "the log has the failure", || {
        let log = std::fs::read_to_string(site.sandbox.file("logs/director.log")).unwrap_or_default();
        log.contains("ready failed").then_some(log)
    });
    let log = std::fs::read_to_string(site.sandbox.file("logs/director.log")).expect("a log");
    assert!(!log.contains("hunter2"));
}
