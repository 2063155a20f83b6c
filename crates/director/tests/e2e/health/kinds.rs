//! The other ways to look: a connection, a command, any 200, words of one's own.

use director_testkit::{eventually, free_port, records, rogue};

use crate::common::{BOUND, Site, assert_says, of_kind, run_number, text};

use super::Patient;

#[test]
fn any_200_is_well_without_json_and_own_words_are_with_it() {
    let (site, plain) = Patient::admit(Site::new("words"), "plain", ", json = false", "");
    let (site, own) = Patient::admit(site, "own", ", accept = [\"ok\"]", "");
    plain.answers(&site, "200", "fine");
    own.answers(&site, "200", r#"{"status":"ok"}"#);
    let _director = site.start();
    site.until_running("plain");
    site.until_running("own");
    own.answers(&site, "200", r#"{"status":"healthy"}"#);
    plain.answers(&site, "404", "");
    for (service, phrase) in [
        ("plain", "HTTP 404 instead of 200"),
        ("own", "status \"healthy\""),
    ] {
        site.until(service, "a second run", |found| run_number(found) == 2);
        assert_says(&site.why(service), &[phrase]);
    }
}

#[test]
fn a_connection_is_enough_for_tcp() {
    let port = free_port();
    let health = format!("health = {{ tcp = \"127.0.0.1:{port}\", start_interval = \"100ms\" }}");
    let site = Site::new("tcp").rogue("web", &["--port", &port.to_string()], &health);
    let _director = site.start();
    assert_eq!(text(&site.until_running("web"), "health"), "healthy");
}

#[test]
fn a_command_that_fails_or_hangs_is_a_failure_and_leaves_nothing() {
    let site = Site::new("exec");
    let (word, pids) = (site.path("word"), site.path("pids"));
    site.sandbox.write("word", "");
    // rogue cannot take the lock of a folder that is not there: exit code 96.
    let program = rogue().display().to_string();
    let fields =
        "interval = \"100ms\", retry_interval = \"100ms\", start_interval = \"100ms\", timeout = \"2s\"";
    let command = |arguments: &[&str]| {
        let words: Vec<String> = [&[program.as_str()], arguments]
            .concat()
            .iter()
            .map(|word| format!("{word:?}"))
            .collect();
        format!(
            "health = {{ exec = [{}], {fields}, max_failures = 1, start_grace = \"0s\" }}",
            words.join(", ")
        )
    };
    let well = command(&["--lock", &word, "--exit", "0"]);
    let hangs = command(&["--fork", "session+ignore", "--write-pid", &pids]);
    let fails = command(&["--exit", "7"]);
    let once = "\nrestart.when = \"never\"";
    let site = site
        .rogue("well", &[""; 0], &well)
        .rogue("hangs", &[""; 0], &format!("{hangs}{once}"))
        .rogue("fails", &[""; 0], &format!("{fails}{once}"));
    let _director = site.start();
    assert_eq!(text(&site.until_running("well"), "health"), "healthy");
    for (service, phrase) in [("hangs", "did not end within 2000 ms"), ("fails", "exit code 7")] {
        site.until_event(service, "stop-began");
        let events = site.events(service);
        let failed = of_kind(&events, "probe-failed");
        assert!(
            failed.iter().all(|event| text(event, "detail").contains(phrase)),
            "{failed:?}"
        );
        site.cli(&["stop", service]).exits(0);
    }
    // The helper that hung, and what it had started.
    let helpers: Vec<u32> = records::pids(&site.sandbox.file("pids"))
        .iter()
        .map(|(_, pid)| *pid)
        .collect();
    assert!(helpers.len() >= 2, "{helpers:?}");
    eventually(BOUND, "nothing of the helpers is left", || {
        !helpers.iter().any(|pid| director_testkit::processes::alive(*pid))
    });
}
