//! Every code has a page, every page a code, and the index lists them all.

use std::collections::BTreeSet;
use std::path::Path;

use crate::checks::{ALL, find, index, page};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor")
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes: BTreeSet<String> = ALL.iter().map(|check| check.code.to_owned()).collect();
    let files = std::fs::read_dir(folder()).unwrap().flatten();
    let pages: BTreeSet<String> = files
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "README.md")
        .map(|name| name.strip_suffix(".md").expect("a page").to_owned())
        .collect();
    assert_eq!(codes, pages);
    for check in ALL {
        let text = page(check.code).unwrap_or_else(|| panic!("{} has no page in the binary", check.code));
        let title = format!("# {}: {}\n", check.code, check.title);
        assert!(
            text.starts_with(&title),
            "{}: the page does not begin with `{title}`",
            check.code
        );
        for part in [
            "**What.**",
            "**Why.**",
            "**How it is found.**",
            "**Windows.**",
            "**Linux.**",
            "**Source.**",
        ] {
            assert!(text.contains(part), "{}: {part} is missing", check.code);
        }
    }
}

#[test]
fn the_codes_are_in_order_and_unique() {
    let codes: Vec<&str> = ALL.iter().map(|check| check.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
    assert!(find("sd001").is_some() && find("SD999").is_none());
}

/// `DIRECTOR_WRITE_DOCS=1` writes it.
#[test]
fn the_index_is_complete() {
    let path = folder().join("README.md");
    if std::env::var_os("DIRECTOR_WRITE_DOCS").is_some() {
        std::fs::write(&path, index()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written.replace("\r\n", "\n"), index());
}
