//! Malformed configurations: the codes, the places and the exact words of every diagnostic.
//!
//! In each text a `⟦` stands before the place of an expected diagnostic, so that lines and columns are counted by the
//! test and not by what is tested. The words stand in `tests/malformed/NAME.txt`; after a wanted change write them anew
//! with `DIRECTOR_WRITE_SNAPSHOTS=1` and read the difference.

mod cases;
mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cases::Case;
use director_config::{Diagnostics, Severity};

/// Stands before a place.
const MARK: char = '⟦';

/// The text without marks, and the line and column of each mark.
fn unmark(marked: &str) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut places, mut line, mut column) = (String::new(), Vec::new(), 1, 1);
    for found in marked.chars() {
        match found {
            MARK => {
                places.push((line, column));
                continue;
            }
            '\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
        text.push(found);
    }
    (text, places)
}

fn diagnostics(case: &Case, text: &str) -> Diagnostics {
    match support::load_text(text, case.windows) {
        Err(found) => found,
        Ok(loaded) => loaded.warnings,
    }
}

/// The same words on both systems: the folder of the tests is written in the form of Linux.
fn rendered(found: &Diagnostics) -> String {
    found
        .render(false)
        .replace(r"C:\hub\", "/hub/")
        .replace(r"C:\hub", "/hub")
}

fn snapshot_file(name: &str) -> PathBuf {
    // Relative: cargo runs tests in the package's folder, and under Wine an absolute unix path has no drive.
    PathBuf::from("tests/malformed").join(format!("{name}.txt"))
}

#[test]
fn each_malformed_configuration_is_refused_at_its_places() {
    for case in cases::all() {
        let (text, places) = unmark(case.text);
        let found = diagnostics(case, &text);
        let codes: Vec<&str> = found
            .list
            .iter()
            .map(|diagnostic| diagnostic.code.as_str())
            .collect();
        assert_eq!(codes, case.codes, "codes of {}:\n{found}", case.name);
        let config = found
            .list
            .iter()
            .filter(|diagnostic| diagnostic.file.ends_with("director.toml"));
        let found_places: Vec<_> = config
            .map(|diagnostic| (diagnostic.line, diagnostic.column))
            .collect();
        assert_eq!(found_places, places, "places of {}:\n{found}", case.name);
        for diagnostic in &found.list {
            assert!(
                !diagnostic.message.is_empty() && !diagnostic.found.is_empty(),
                "{}: {diagnostic:?}",
                case.name
            );
            assert!(!diagnostic.allowed.is_empty(), "{}: {diagnostic:?}", case.name);
        }
        let is_error = support::load_text(&text, case.windows).is_err();
        assert_eq!(is_error, found.count(Severity::Error) > 0, "{}", case.name);
    }
}

#[test]
fn each_malformed_configuration_is_refused_in_these_words() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let words = rendered(&diagnostics(case, &unmark(case.text).0));
        let file = snapshot_file(case.name);
        if std::env::var_os("DIRECTOR_WRITE_SNAPSHOTS").is_some() {
            std::fs::write(&file, &words).unwrap();
        }
        let wanted = std::fs::read_to_string(&file)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        if wanted != words {
            wrong.push(format!(
                "--- {}: wanted\n{wanted}\n--- found\n{words}",
                file.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn env_file_faults_name_that_file_and_its_lines() {
    let found =
        support::load_text("[service.web]\ncommand = ['x']\nenv_file = 'bad.env'\n", false).unwrap_err();
    let places: Vec<_> = found
        .list
        .iter()
        .map(|fault| {
            (
                fault.file.file_name().unwrap().to_str().unwrap(),
                fault.line,
                fault.column,
            )
        })
        .collect();
    assert_eq!(places, [("bad.env", 2, 1), ("bad.env", 3, 1), ("bad.env", 4, 1)]);
}

#[test]
fn the_cases_are_many_and_different() {
    let codes: BTreeSet<&str> = cases::all().flat_map(|case| case.codes).copied().collect();
    let count = cases::all().count();
    let triples = cases::all().filter(|case| case.codes.len() >= 3).count();
    let names: BTreeSet<&str> = cases::all().map(|case| case.name).collect();
    assert!(
        count >= 40 && names.len() == count,
        "{} cases, {} names",
        count,
        names.len()
    );
    assert!(codes.len() >= 25, "{} codes: {codes:?}", codes.len());
    assert!(triples >= 5, "{triples} with three errors");
    // No snapshot without its case.
    for entry in std::fs::read_dir("tests/malformed").unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            names.contains(name.as_str()),
            "{} belongs to no case",
            file.display()
        );
    }
}

#[test]
fn secrets_appear_in_no_diagnostic() {
    for case in cases::all() {
        let found = diagnostics(case, &unmark(case.text).0);
        let shown = format!("{}{}{:?}", found.render(false), found.to_json(), found.list);
        assert!(!shown.contains("hunter2"), "{}:\n{shown}", case.name);
    }
}
