//! Answers that are none: three in a row end the run, and a new one follows at once.

use crate::common::{Site, assert_says, of_kind, run_number, text};

use super::{HEALTHY, Patient};

/// Name; first line of the answer; its body; what the director says of it.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    (
        "unavailable",
        "503",
        r#"{"status":"healthy"}"#,
        "HTTP 503 instead of 200",
    ),
    ("no-json", "200", "{\"status\": healthy", "the body is no JSON"),
    ("empty", "200", "", "HTTP 200"),
    ("html", "200", "<html>all is well</html>", "the body is no JSON"),
    (
        "broken",
        "200",
        r#"{"status":"broken","database":"file is not a database"}"#,
        "status \"broken\"",
    ),
    ("no-status", "200", "{}", "no text field `status`"),
    ("number", "200", r#"{"status":1}"#, "status \"1\""),
    ("slow", "200 slow=60000", HEALTHY, "no answer within 1000 ms"),
    ("drip", "200 drip", HEALTHY, "no answer within 1000 ms"),
    ("huge-body", "200 huge-body", "", "larger than 65536 bytes"),
    (
        "huge-headers",
        "200 huge-headers",
        HEALTHY,
        "header of the answer is too large",
    ),
];

#[test]
fn three_failures_in_a_row_lead_to_a_new_run_that_is_explained() {
    let mut site = Site::new("failing");
    let mut patients = Vec::new();
    for (name, ..) in FAULTS {
        let admitted = Patient::admit(site, name, "", "");
        site = admitted.0;
        patients.push(admitted.1);
    }
    let _director = site.start();
    for patient in &patients {
        assert_eq!(text(&site.until_running(patient.name), "health"), "healthy");
    }
    for (patient, (_, first_line, body, _)) in patients.iter().zip(FAULTS) {
        patient.answers(&site, first_line, body);
    }
    for (name, _, _, phrase) in FAULTS {
        // The new run answers no better, but within its start grace that does not count.
        site.until(name, "a second run", |found| run_number(found) == 2);
        let events = site.events(name);
        let failed = of_kind(&events, "probe-failed");
        let counts: Vec<_> = failed.iter().map(|event| event["failures"].as_u64()).collect();
        assert_eq!(counts, [Some(1), Some(2), Some(3)], "{name}: {failed:?}");
        assert!(
            failed.iter().all(|event| text(event, "detail").contains(phrase)),
            "{name}: {failed:?}"
        );
        assert_eq!(text(of_kind(&events, "stop-began")[0], "reason"), "unhealthy");
        assert_eq!(of_kind(&events, "restart-scheduled")[0]["wait_ms"], 0);
        assert_says(
            &site.why(name),
            &[
                "was ended because its health probe failed 3 times in a row",
                phrase,
                "its health probe failed too often",
                "run 2 started",
            ],
        );
    }
    for patient in &patients {
        patient.answers(&site, "200", HEALTHY);
    }
    for patient in &patients {
        let cured = site.until_running(patient.name);
        assert_eq!(
            (text(&cured, "health"), run_number(&cured)),
            ("healthy", 2),
            "{cured}"
        );
        assert!(patient.is_there());
    }
    site.cli(&["status"]).exits(0);
}

#[test]
fn a_redirect_is_no_answer_even_when_it_leads_to_a_healthy_one() {
    let (site, healthy) = Patient::admit(Site::new("redirect"), "healthy", "", "");
    let (site, lost) = Patient::admit(site, "lost", "", "");
    let _director = site.start();
    site.until_running("healthy");
    site.until_running("lost");
    let elsewhere = format!("302 redirect=http://127.0.0.1:{}/elsewhere", healthy.port);
    lost.answers(&site, &elsewhere, "");
    site.until("lost", "a second run", |found| run_number(found) == 2);
    assert_says(&site.why("lost"), &["HTTP 302 instead of 200"]);
    let asked = site.sandbox.read("healthy.record");
    assert!(
        !asked.contains("/elsewhere"),
        "the redirect was followed: {asked}"
    );
    assert_eq!(run_number(&site.status("healthy")), 1);
}

#[test]
fn failures_that_are_not_in_a_row_restart_nothing() {
    // So many that a busy machine, which lets some probes more see a failure, does not come near them in one row.
    let (site, web) = Patient::admit(Site::new("flapping"), "web", ", max_failures = 8", "");
    let _director = site.start();
    site.until_running("web");
    for _ in 0..9 {
        let before = site.events("web").len();
        web.answers(&site, "503", "");
        site.until("web", "is unhealthy", |found| {
            text(found, "health") == "unhealthy"
        });
        web.answers(&site, "200", HEALTHY);
        site.until("web", "is healthy again", |found| {
            text(found, "health") == "healthy"
        });
        assert!(site.events("web").len() > before);
    }
    let status = site.status("web");
    assert_eq!(
        (run_number(&status), &status["probe_failures"]),
        (1, &0.into()),
        "{status}"
    );
}

#[test]
#[cfg(unix)]
fn a_hung_service_is_ended_by_force_at_once_and_runs_anew() {
    use crate::common::{pid, system};
    // With this grace nobody would see the second run if the polite rung were waited for.
    let (site, _web) = Patient::admit(Site::new("hung"), "web", "", "stop.grace = \"10m\"");
    let _director = site.start();
    let first = pid(&site.until_running("web")).expect("a pid");
    system::signal(first, libc::SIGSTOP);
    let second = site.until_run_after("web", 1);
    assert_eq!(text(&second, "health"), "healthy");
    let events = site.events("web");
    assert_eq!(of_kind(&events, "tree-frozen").len(), 1);
    assert_eq!(of_kind(&events, "probe-failed").len(), 3);
    assert!(
        of_kind(&events, "rung-tried").is_empty(),
        "it could hear no polite rung"
    );
    assert_says(
        &site.why("web"),
        &[
            "failed 3 times in a row",
            "no answer within 1000 ms",
            "suspended",
            "ended by force",
        ],
    );
}
