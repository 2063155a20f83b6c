//! `director doctor`, with and without a director.

use crate::fake::{Fake, director, project};
use serde_json::Value;

/// The lines of one code, in the JSON form.
fn items<'a>(report: &'a Value, code: &str) -> Vec<&'a Value> {
    let all = report["items"].as_array().expect("items");
    all.iter().filter(|item| item["code"] == code).collect()
}

/// Lets the programs of the project exist.
fn with_programs(folder: &std::path::Path) {
    let program = std::env::current_exe()
        .expect("a path")
        .display()
        .to_string()
        .replace('\\', "/");
    let text = format!(
        "[director]\nname = \"Test\"\n[service.web]\ncommand = ['{program}', '--port', '8004']\nport = 8004\n[service.worker]\ncommand = ['{program}']\n"
    );
    std::fs::write(folder.join("director.toml"), text).expect("the configuration");
}

#[test]
fn programs_that_are_missing_are_errors_of_each_service() {
    let folder = project();
    let outcome = director(folder.path(), &["doctor"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.out.starts_with("director and machine\n"), "{outcome:?}");
    let web = outcome.out.find("\nweb\n").expect("a group");
    let worker = outcome.out.find("\nworker\n").expect("a group");
    assert!(web < worker);
    assert!(
        outcome.out[web..].contains("  ✗ error    SD001  the program `web` is not found\n"),
        "{outcome:?}"
    );
    assert!(
        outcome.out.contains("             1. write its whole path"),
        "{outcome:?}"
    );
}

#[test]
fn without_errors_it_exits_0_and_the_json_has_the_same_lines() {
    let folder = project();
    with_programs(folder.path());
    let outcome = director(folder.path(), &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&outcome.out).expect("JSON");
    let errors: Vec<&Value> = report["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|item| item["state"] == "error")
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(outcome.code, 0);
    assert_eq!(
        (&report["valid"], &report["running"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    assert_eq!(items(&report, "SD001").len(), 2);
    assert_eq!(items(&report, "SD010").len(), 1);
    assert!(items(&report, "SD080").is_empty());
    let mut keys: Vec<&String> = items(&report, "SD001")[0]
        .as_object()
        .expect("a line")
        .keys()
        .collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "avoid", "blocks", "code", "evidence", "fixable", "fixed", "holders", "remedy", "service",
            "state", "summary", "title"
        ]
    );
}

#[test]
fn a_director_that_runs_is_asked() {
    let folder = project();
    with_programs(folder.path());
    let _fake = Fake::start(folder.path(), |_, _| panic!("no command was expected"));
    let outcome = director(folder.path(), &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&outcome.out).expect("JSON");
    assert_eq!(report["running"], Value::Bool(true));
    assert_eq!(items(&report, "SD080")[0]["state"], "ok", "{report:#}");
    // Its port is the service's own business while it runs.
    assert_eq!(
        items(&report, "SD013")[0]["summary"],
        "the service runs, and port 8004 is its own business"
    );
}

#[test]
fn fix_creates_the_folder_of_the_logs_and_says_so() {
    let folder = project();
    with_programs(folder.path());
    let outcome = director(folder.path(), &["doctor", "--fix"]);
    let logs = folder.path().join("logs");
    assert!(logs.is_dir(), "{outcome:?}");
    assert!(
        outcome
            .out
            .contains(&format!("mended: created {}\n", logs.display())),
        "{outcome:?}"
    );
    let again = director(folder.path(), &["doctor", "--fix"]);
    assert!(!again.out.contains("mended: "), "{again:?}");
}

#[test]
fn a_page_is_printed_without_a_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["doctor", "sd025"][..], &["doctor", "--explain", "SD025"]] {
        let outcome = director(folder.path(), arguments);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(
            outcome.out.starts_with("# SD025: Nobody keeps the database\n"),
            "{outcome:?}"
        );
    }
    let unknown = director(folder.path(), &["doctor", "SD999"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown
            .err
            .starts_with("error: there is no check `SD999`\nhint: checks: SD001, "),
        "{unknown:?}"
    );
}

#[test]
fn an_invalid_configuration_is_all_that_is_said() {
    let folder = project();
    std::fs::write(folder.path().join("director.toml"), "[service.web]\n").expect("written");
    let outcome = director(folder.path(), &["doctor"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (3, ""));
    assert!(
        outcome.err.contains("`service.web.command` is missing"),
        "{outcome:?}"
    );
    let json = director(folder.path(), &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.code, &report["valid"]), (3, &Value::Bool(false)));
}
