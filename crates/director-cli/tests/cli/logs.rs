//! `director logs` against files that the store's own writer wrote; no director runs.

use std::path::Path;
use std::time::Duration;

use crate::fake::{director, project};
use director_core::spec::{LogSpec, ServiceName};
use director_store::logs::{LogWriter, Stream};

/// Writes output as the director does.
pub(crate) fn write(folder: &Path, service: &str, output: &[(Stream, &str)]) {
    let writer = LogWriter::start(&folder.join("logs"), |_| {}).expect("a writer");
    let slot = writer.add(&ServiceName::new(service).expect("a name"), LogSpec::default());
    for (stream, text) in output {
        let mut bytes = writer.producer().buffer();
        bytes.extend_from_slice(text.as_bytes());
        writer.producer().push(slot, *stream, bytes);
        assert!(writer.flush(Duration::from_secs(10)), "not written in time");
    }
    assert!(writer.finish(Duration::from_secs(10)), "not written in time");
}

#[test]
fn the_last_lines_come_as_they_were_written() {
    let folder = project();
    write(
        folder.path(),
        "web",
        &[(Stream::Stdout, "one\ntwo\n\x1b[1mthree\x1b[0m\n")],
    );
    let outcome = director(folder.path(), &["logs", "web", "-n", "2"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "two\n\x1b[1mthree\x1b[0m\n"),
        "{outcome:?}"
    );
}

#[test]
fn the_standard_error_can_be_had_alone() {
    let folder = project();
    let output = [
        (Stream::Stdout, "fine\n"),
        (Stream::Stderr, "wrong\n"),
        (Stream::Stdout, "fine again\n"),
    ];
    write(folder.path(), "web", &output);
    assert_eq!(
        director(folder.path(), &["logs", "web", "--stderr"]).out,
        "wrong\n"
    );
    let json = director(folder.path(), &["logs", "web", "--json"]).out;
    let lines: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["stream"].as_str(), line["text"].as_str()))
        .collect();
    let (out, err) = (Some("stdout"), Some("stderr"));
    assert_eq!(
        told,
        [
            (out, Some("fine")),
            (err, Some("wrong")),
            (out, Some("fine again"))
        ]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["service"] == "web" && line["time"].is_i64()),
        "{json}"
    );
}

#[test]
fn several_services_are_merged_and_named() {
    let folder = project();
    write(folder.path(), "web", &[(Stream::Stdout, "hello\n")]);
    write(folder.path(), "worker", &[(Stream::Stdout, "at work\n")]);
    let outcome = director(folder.path(), &["logs"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "web | hello\nworker | at work\n"),
        "{outcome:?}"
    );
}

#[test]
fn since_leaves_out_what_came_earlier() {
    let folder = project();
    write(folder.path(), "web", &[(Stream::Stdout, "hello\n")]);
    assert_eq!(
        director(folder.path(), &["logs", "web", "--since", "1h"]).out,
        "hello\n"
    );
    assert_eq!(
        director(folder.path(), &["logs", "web", "--since", "2100-01-01"]).out,
        ""
    );
    let wrong = director(folder.path(), &["logs", "web", "--since", "soon"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("hint: allowed: 10m"), "{wrong:?}");
}

#[test]
fn a_service_without_output_has_nothing_to_show() {
    let folder = project();
    let outcome = director(folder.path(), &["logs", "web"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (0, "", "")
    );
}

#[test]
fn why_shows_what_a_service_said_last_when_no_director_runs() {
    let folder = project();
    write(folder.path(), "web", &[(Stream::Stderr, "KeyError\n")]);
    let outcome = director(folder.path(), &["why", "web"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.out.contains("Last output:\n  KeyError\n"), "{outcome:?}");
    assert!(outcome.err.contains("no director is running for "), "{outcome:?}");
}
