//! Source that was damaged or made to do harm: the scan ends, and never panics.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to write a test's own file ends the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use director_scan::django::scan;
use director_scan::source::facts;
use proptest::prelude::*;

/// All Python source of the corpus.
fn corpus() -> Vec<String> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                files.push(path);
            }
        }
    }
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    texts.filter(|text| text.len() > 40).collect()
}

/// Scans a project of these `apps.py` and `models.py`; a panic inside the scan is reported as its bug.
fn survives(apps: &str, models: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("shop")).unwrap();
    for (name, text) in [
        ("__init__.py", ""),
        ("apps.py", apps),
        ("models.py", models),
        ("urls.py", apps),
    ] {
        fs::write(folder.path().join("shop").join(name), text).unwrap();
    }
    let report = scan(folder.path());
    let broken = report
        .skipped
        .iter()
        .find(|skipped| skipped.reason.contains("bug"));
    assert!(broken.is_none(), "{broken:?}\n{apps}");
    facts(folder.path());
}

/// What is done to a text, at a place in thousandths of its length.
#[derive(Debug, Clone)]
enum Damage {
    Remove(usize, usize),
    Insert(usize, &'static str),
    Double(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let words = prop::sample::select(vec![
        "(",
        ")",
        ":",
        "\n",
        "    ",
        "self.ready()",
        "yield ",
        "await ",
        "*",
        "lambda: ",
        "[",
        "]",
        "{",
        "}",
        "\"\"\"",
        "'",
        ".objects.all()",
        "class ",
        "def ",
        "async ",
        "from . import *\n",
        "@",
        "=",
        "\u{e9}",
        "\t",
        "if ",
        "else:",
        "\\",
        "sys.argv",
        "super().",
        "f\"{",
        "return\n",
        "import shop.apps\n",
        "**",
        ":=",
        "with ",
        ",",
    ]);
    prop_oneof![
        (0usize..1000, 1usize..60).prop_map(|(at, length)| Damage::Remove(at, length)),
        (0usize..1000, words).prop_map(|(at, word)| Damage::Insert(at, word)),
        (0usize..1000, 1usize..60).prop_map(|(at, length)| Damage::Double(at, length)),
    ]
}

fn apply(text: &str, damages: &[Damage]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for damage in damages {
        let place = |at: usize| at * chars.len() / 1000;
        match *damage {
            Damage::Remove(at, length) => {
                let from = place(at);
                let to = (from + length).min(chars.len());
                chars.drain(from..to);
            }
            Damage::Insert(at, word) => {
                let from = place(at);
                chars.splice(from..from, word.chars());
            }
            Damage::Double(at, length) => {
                let from = place(at);
                let to = (from + length).min(chars.len());
                let part: Vec<char> = chars[from..to].to_vec();
                chars.splice(from..from, part);
            }
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_source_never_ends_the_scan(
        apps in prop::sample::select(corpus()),
        models in prop::sample::select(corpus()),
        damages in prop::collection::vec(damage(), 1..12),
    ) {
        survives(&apply(&apps, &damages), &apply(&models, &damages));
    }
}

#[test]
fn deep_nesting_is_cut_off_and_said() {
    let config = "from django.apps import AppConfig\n\nclass C(AppConfig):\n    def ready(self):\n        ";
    for inner in [
        format!("x = {}1{}\n", "(".repeat(20_000), ")".repeat(20_000)),
        format!("x = {}1\n", "not ".repeat(20_000)),
        format!("x = {}\n", vec!["a"; 20_000].join(" + ")),
        format!("x = a{}\n", ".b()".repeat(20_000)),
        format!("x = {}{}\n", "[".repeat(20_000), "]".repeat(20_000)),
        format!("x = {}1\n", "lambda: ".repeat(20_000)),
        format!("x.{}()\n", "a".repeat(200_000)),
        format!("x{}\n", "[0]".repeat(20_000)),
    ] {
        survives(&format!("{config}{inner}"), "");
    }
    let blocks: String = (0..500)
        .map(|depth| format!("{}if x:\n", " ".repeat(depth)))
        .collect();
    survives(&format!("{blocks}{}pass\n", " ".repeat(500)), "");
}

#[test]
fn code_that_grows_without_end_is_cut_off() {
    // Each function calls the next one twice with other values, which would be 2^60 calls.
    let mut source = String::from(
        "from django.apps import AppConfig\n\nclass C(AppConfig):\n    def ready(self):\n        f0('a')\n\n",
    );
    for level in 0..60 {
        source += &format!(
            "def f{level}(x):\n    f{}(x + 'l')\n    f{}([x, x])\n\n",
            level + 1,
            level + 1
        );
    }
    survives(&source, "");
    let list = format!("[{}]", vec!["'x'"; 16].join(", "));
    let nested: String = (0..12)
        .map(|depth| format!("{}for x{depth} in {list}:\n", " ".repeat(depth)))
        .collect();
    survives(&format!("{nested}{}y = 1\n", " ".repeat(12)), "");
    let doubled = format!("a = ['x', 'y']\n{}", "a += a\n".repeat(64));
    survives(&doubled, &doubled.replace("a += a", "a = a + a"));
    survives(
        "from .models import *\nclass A(A): pass\n",
        "from .apps import *\nclass A(A): pass\n",
    );
}
