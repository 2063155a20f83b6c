//! Small Django applications with planted database access, and innocent ones that look alike.
//!
//! Each folder of `corpus/` is a project; its `expected.txt` has a line `file:line rule access` for each finding, and is empty for
//! an innocent one. `command.txt`, where there is one, is the configured command.

#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read ends the test")]

use std::fs;
use std::path::{Path, PathBuf};

use director_scan::django::{Access, FIRST_REQUEST, MANAGEMENT_COMMAND, Report, scan_for};

fn projects() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut projects: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    projects.sort();
    projects
}

fn lines(report: &Report) -> String {
    let mut lines = String::new();
    for finding in &report.findings {
        let access = finding.access.map_or("-", Access::as_str);
        let file = finding.place.file.to_string_lossy().replace('\\', "/");
        lines += &format!("{file}:{} {} {access}\n", finding.place.line, finding.rule);
    }
    lines
}

#[test]
fn all_planted_cases_are_found_and_nothing_else() {
    let (mut wrong, mut innocent, mut planted) = (String::new(), 0, 0);
    let projects = projects();
    for project in &projects {
        let expected = fs::read_to_string(project.join("expected.txt")).unwrap();
        let command = fs::read_to_string(project.join("command.txt")).unwrap_or_default();
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let report = scan_for(project, &command);
        planted += expected.lines().count();
        innocent += usize::from(expected.is_empty());
        let found = lines(&report);
        let name = project.file_name().unwrap().to_string_lossy();
        for line in expected
            .lines()
            .filter(|line| !found.lines().any(|other| other == *line))
        {
            wrong += &format!("{name}: missing {line}\n");
        }
        for line in found
            .lines()
            .filter(|line| !expected.lines().any(|other| other == *line))
        {
            wrong += &format!("{name}: too much {line}\n");
        }
        assert!(report.skipped.is_empty(), "{name}: {:?}", report.skipped);
        assert!(report.complete, "{name} was not scanned to its end");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(projects.len() >= 40, "only {} projects", projects.len());
    assert!(
        innocent * 2 >= projects.len(),
        "only {innocent} of {} are innocent",
        projects.len()
    );
    assert!(planted >= 60, "only {planted} planted cases");
}

/// The documentation prints the same patterns, and the scan has nothing to say about them.
#[test]
fn the_patterns_that_are_printed_are_innocent_and_documented() {
    let document = include_str!("../../../docs/django.md");
    assert!(
        document.contains(FIRST_REQUEST),
        "docs/django.md has another first pattern"
    );
    let (command, configuration) = MANAGEMENT_COMMAND.split_once("\n# director.toml\n").unwrap();
    assert!(
        document.contains(command) && document.contains(configuration),
        "docs/django.md has another second pattern"
    );
    assert!(!FIRST_REQUEST.contains("sys.argv") && !MANAGEMENT_COMMAND.contains("sys.argv"));
    let folder = tempfile::tempdir().unwrap();
    let commands = folder.path().join("shop/management/commands");
    fs::create_dir_all(&commands).unwrap();
    fs::write(folder.path().join("shop/apps.py"), FIRST_REQUEST).unwrap();
    fs::write(commands.join("set_up.py"), command).unwrap();
    let report = scan_for(folder.path(), &[]);
    assert_eq!(report.configs, ["shop/apps.py:ShopConfig"]);
    assert_eq!(report.findings, []);
}
