//! What is shown and never leads to a restart.

use director_testkit::eventually;

use crate::common::{BOUND, Site, assert_says, of_kind, pid, run_number, text};

use super::{HEALTHY, Patient};

#[test]
fn degraded_is_shown_and_journalled_and_never_restarted() {
    let (site, web) = Patient::admit(Site::new("degraded"), "web", ", max_failures = 1", "");
    let _director = site.start();
    let before = pid(&site.until_running("web"));
    web.answers(
        &site,
        "200",
        r#"{"status":"degraded","database":"database is locked"}"#,
    );
    site.until("web", "is degraded", |found| text(found, "health") == "degraded");
    let asked = web.asked(&site);
    eventually(BOUND, "five more probes", || web.asked(&site) >= asked + 5);
    let after = site.status("web");
    assert_eq!(
        (text(&after, "phase"), pid(&after)),
        ("running", before),
        "{after}"
    );
    assert_says(&site.cli(&["status"]).exits(0).out, &["running", "degraded"]);
    assert_says(
        &site.why("web"),
        &[
            "degraded",
            "database is locked",
            "a degraded service is never restarted for it",
            "shown, not restarted",
        ],
    );
    let changed = of_kind(&site.events("web"), "health-changed")
        .last()
        .copied()
        .cloned()
        .expect("a change");
    assert_eq!(
        (text(&changed, "from"), text(&changed, "to")),
        ("healthy", "degraded")
    );
    assert_eq!(text(&changed["answer"], "database"), "database is locked");

    web.answers(&site, "200", HEALTHY);
    site.until("web", "is healthy again", |found| {
        text(found, "health") == "healthy"
    });
    let events = site.events("web");
    let ways: Vec<_> = of_kind(&events, "health-changed")
        .iter()
        .map(|event| text(event, "to"))
        .collect();
    assert_eq!(
        ways,
        ["healthy", "degraded", "healthy"],
        "a change is told once, not with every probe"
    );
    assert!(of_kind(&events, "probe-failed").is_empty());
    assert_eq!(run_number(&site.status("web")), 1);
}

#[test]
fn what_the_answer_says_of_itself_is_kept_and_shown() {
    let (site, web) = Patient::admit(Site::new("fields"), "web", "", "");
    let _director = site.start();
    let status = site.until_running("web");
    let answer = &status["answer"];
    let kept = ["status", "app", "version", "database"].map(|name| text(answer, name));
    assert_eq!(kept, ["healthy", "Hub", "1.2.3", "connected"]);
    assert_says(
        &site.cli(&["status", "web"]).exits(0).out,
        &["healthy", "Hub", "1.2.3", "connected"],
    );
    assert_says(
        &site.why("web"),
        &["runs and is healthy", "Hub", "1.2.3", "connected"],
    );

    let long = "x".repeat(5000);
    let body = format!(
        "{{\"status\":\"healthy\",\"app\":\"a\\u001b[31mb\\nc\",\"version\":\"{long}\",\"database\":7}}"
    );
    web.answers(&site, "200", &body);
    let status = site.until("web", "the new answer", |found| {
        text(&found["answer"], "version").starts_with('x')
    });
    assert_eq!(
        text(&status["answer"], "version").len(),
        200,
        "kept fields are bounded"
    );
    assert_eq!(
        text(&status["answer"], "app"),
        "a [31mb c",
        "nothing speaks to the terminal"
    );
    assert!(status["answer"]["database"].is_null());
    assert!(!site.cli(&["status", "web"]).exits(0).out.contains('\u{1b}'));
}
