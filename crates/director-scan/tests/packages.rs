//! Published Django packages, each finding in them reviewed.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use director_scan::django::{Access, scan};

/// The folder that the set-up provides.
#[track_caller]
fn provided(variable: &str) -> PathBuf {
    let folder = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run `cargo xtask test`, which provides the packages")
    });
    PathBuf::from(folder)
}

/// `package version | file:line rule access` of each reviewed finding.
fn reviewed() -> BTreeSet<String> {
    let list = include_str!("packages/reviewed.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    list.map(|line| {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [package, finding, verdict, why] = parts.as_slice() else {
            panic!("a reviewed finding has four parts: {line}");
        };
        assert!(["true", "false"].contains(verdict), "no verdict: {line}");
        assert!(why.ends_with('.'), "no reason: {line}");
        format!("{package} | {finding}")
    })
    .collect()
}

#[test]
fn published_packages_have_the_findings_that_were_reviewed_and_no_others() {
    let folder = provided("DIRECTOR_SCAN_PACKAGES");
    let mut packages: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    packages.retain(|path| path.is_dir());
    packages.sort();
    let (mut found, mut files, mut configs) = (BTreeSet::new(), 0, 0);
    for path in &packages {
        let name = path.file_name().unwrap().to_string_lossy().replacen('-', " ", 1);
        let report = scan(path);
        assert!(report.complete, "{name} was not scanned to its end");
        assert!(report.skipped.is_empty(), "{name}: {:?}", report.skipped);
        files += report.files;
        configs += report.configs.len();
        for finding in &report.findings {
            let access = finding.access.map_or("-", Access::as_str);
            let file = finding.place.file.to_string_lossy().replace('\\', "/");
            found.insert(format!(
                "{name} | {file}:{} {} {access}",
                finding.place.line, finding.rule
            ));
        }
    }
    assert_eq!(found, reviewed());
    assert!(packages.len() >= 15, "only {} packages", packages.len());
    assert!(
        files > 5000 && configs > 100,
        "only {files} files and {configs} configurations were looked at"
    );
}
