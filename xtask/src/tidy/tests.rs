use super::exceptions::Exceptions;
use super::functions::{self, Function};
use super::rules::{check_file, has_word};
use super::{Finding, code, graph};
use crate::metadata::Graph;

fn rules_of(path: &str, text: &str) -> Vec<&'static str> {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    check_file(path, text, &mut findings, &mut notes);
    findings.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn comments_and_literals_are_blanked_and_lines_kept() {
    let source = concat!(
        "let a = \"x // \\\" y\"; // unsafe\n",
        "let b = r#\"unsafe \" \"#; /* unsafe /* nested */\n still */ let c = 'u';\n",
        "fn f<'a>(x: &'a str) -> char { '\\'' }\n",
    );
    let blanked = code::blank(source);
    assert!(!blanked.contains("unsafe"), "{blanked}");
    assert_eq!(blanked.lines().count(), source.lines().count());
    assert_eq!(blanked.chars().count(), source.chars().count());
    assert!(blanked.contains("fn f<'a>(x: &'a str) -> char {"), "{blanked}");
    assert!(blanked.contains("let c ="), "{blanked}");
}

#[test]
fn an_r_at_the_end_of_a_word_begins_no_raw_string() {
    assert_eq!(code::blank("for\"a\" + br#\"b\"# + r"), "for    +         + r");
}

#[test]
fn functions_are_measured_from_fn_to_their_brace() {
    let source = [
        "pub(crate) const fn one(",
        "    a: u8,",
        ") -> u8 {",
        "    a",
        "}",
        "",
        "trait T {",
        "    fn declared(",
        "        &self,",
        "    );",
        "    unsafe extern \"C\" fn inner(&self) {",
        "        body();",
        "    }",
        "    fn empty() {}",
        "}",
        "let call = fn_like(3);",
    ]
    .join("\n");
    let found = functions::find(&code::blank(&source));
    let function = |name: &str, line, lines| Function {
        name: name.to_owned(),
        line,
        lines,
    };
    assert_eq!(found, [function("one", 1, 5), function("inner", 11, 3)]);
}

#[test]
fn a_function_of_71_lines_is_refused_and_one_of_70_is_not() {
    let of = |lines: usize| format!("//! Doc.\nfn long() {{\n{}}}\n", "    x();\n".repeat(lines - 2));
    assert_eq!(rules_of("crates/a/src/b.rs", &of(70)), Vec::<&str>::new());
    assert_eq!(rules_of("crates/a/src/b.rs", &of(71)), ["function-size"]);
}

#[test]
fn files_and_entry_files_have_their_limits() {
    let of = |lines: usize| format!("//! Doc.\n{}", "use a;\n".repeat(lines - 1));
    assert_eq!(rules_of("crates/a/src/b.rs", &of(600)), Vec::<&str>::new());
    assert_eq!(rules_of("crates/a/src/b.rs", &of(601)), ["file-size"]);
    assert_eq!(rules_of("crates/a/src/lib.rs", &of(81)), Vec::<&str>::new());
    assert_eq!(rules_of("crates/a/src/x/mod.rs", &of(82)), ["entry-size"]);
}

#[test]
fn module_documentation_comes_first_except_in_tests() {
    assert_eq!(rules_of("crates/a/src/b.rs", "use a;\n"), ["module-docs"]);
    assert_eq!(
        rules_of("crates/a/src/b.rs", "#![x]\n\n//! Doc.\n"),
        Vec::<&str>::new()
    );
    assert_eq!(
        rules_of("crates/a/src/b/tests.rs", "use a;\n"),
        Vec::<&str>::new()
    );
}

#[test]
fn unsafe_and_platform_code_have_their_places() {
    let text = "//! Doc.\n#[cfg(all(\n    test,\n    windows\n))]\nunsafe fn f() {}\n";
    assert_eq!(
        rules_of("crates/director-cli/src/b.rs", text),
        ["unsafe", "platform"]
    );
    assert_eq!(
        rules_of("crates/director-cli/tests/b.rs", text),
        Vec::<&str>::new()
    );
    assert_eq!(rules_of("crates/director-sys/src/b.rs", text), Vec::<&str>::new());
    let harmless = "//! Doc.\n#[cfg(test)]\nlet windows = is_unsafe(unix);\n#![deny(unsafe_code)]\n";
    assert_eq!(
        rules_of("crates/director-cli/src/b.rs", harmless),
        Vec::<&str>::new()
    );
    let manifest = "[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n";
    assert_eq!(rules_of("crates/director-cli/Cargo.toml", manifest), ["platform"]);
    assert_eq!(
        rules_of("crates/director-sys/Cargo.toml", manifest),
        Vec::<&str>::new()
    );
}

#[test]
fn left_overs_are_found_in_code_only() {
    let text = ["//! todo!(", "let a = todo", "!();"].concat();
    assert_eq!(
        rules_of("crates/a/src/b.rs", &format!("//! Doc\n{text}")),
        Vec::<&str>::new()
    );
    let text = ["//! Doc\nfn f() { to", "do!() }"].concat();
    assert_eq!(rules_of("crates/a/src/b.rs", &text), ["left-over"]);
}

#[test]
fn paths_of_one_machine_are_found_and_ordinary_ones_are_not() {
    let own = ["cd /wo", "rk/x"].concat();
    assert_eq!(rules_of("README.md", &own), ["machine-path"]);
    assert_eq!(
        rules_of("README.md", "see docs/work/x and target/root/"),
        Vec::<&str>::new()
    );
}

#[test]
fn words_are_whole_words() {
    assert!(has_word("an unsafe { x }", "unsafe"));
    assert!(!has_word("unsafe_code", "unsafe"));
    assert!(!has_word("my_todo!(", "todo!("));
}

#[test]
fn an_exception_covers_its_finding_and_a_stale_one_is_named() {
    let text = "[[exception]]\nrule = \"file-size\"\npath = \"a.rs\"\nreason = \"r\"\n\
                [[exception]]\nrule = \"unsafe\"\npath = \"b.rs\"\nreason = \"r\"\n";
    let finding = |path: &str| Finding {
        rule: "file-size",
        path: path.to_owned(),
        item: String::new(),
        text: String::new(),
    };
    let (remaining, stale) = Exceptions::parse(text)
        .unwrap()
        .apply(vec![finding("a.rs"), finding("c.rs")]);
    assert_eq!(remaining, [finding("c.rs")]);
    assert_eq!(stale, ["unsafe b.rs "]);
    assert!(Exceptions::parse("[[exception]]\nrule = \"unsafe\"\npath = \"b.rs\"\n").is_err());
}

/// Packages `(id, name, member, normal dependencies, dev dependencies)`.
fn graph_of(packages: &[(&str, bool, &[&str], &[&str])]) -> Graph {
    let quoted = |name: &str| format!("\"{name}\"");
    let join = |items: Vec<String>| items.join(",");
    let members = join(packages.iter().filter(|p| p.1).map(|p| quoted(p.0)).collect());
    let list = join(
        packages
            .iter()
            .map(|p| {
                format!(
                    r#"{{"id":"{0}","name":"{0}","version":"1","license":"MIT","targets":[]}}"#,
                    p.0
                )
            })
            .collect(),
    );
    let dep = |name: &&str, kind: &str| format!(r#"{{"pkg":"{name}","dep_kinds":[{{"kind":{kind}}}]}}"#);
    let nodes = packages.iter().map(|p| {
        let normal = p.2.iter().map(|name| dep(name, "null"));
        let dev = p.3.iter().map(|name| dep(name, "\"dev\""));
        format!(
            r#"{{"id":"{}","deps":[{}]}}"#,
            p.0,
            join(normal.chain(dev).collect())
        )
    });
    let nodes = join(nodes.collect());
    let text =
        format!(r#"{{"workspace_members":[{members}],"packages":[{list}],"resolve":{{"nodes":[{nodes}]}}}}"#);
    Graph::parse(&text).unwrap()
}

#[test]
fn wrong_directions_are_found_transitively_and_dev_dependencies_are_free() {
    let graph_is = |packages: &[(&str, bool, &[&str], &[&str])]| {
        let mut findings = Vec::new();
        graph::check(&graph_of(packages), &mut findings);
        findings
            .into_iter()
            .map(|finding| finding.text)
            .collect::<Vec<_>>()
    };
    let good: &[(&str, bool, &[&str], &[&str])] = &[
        ("director-core", true, &["serde"], &["libc"]),
        ("director-config", true, &["director-core"], &["director-sys"]),
        ("director-sys", true, &["libc"], &[]),
        ("serde", false, &[], &[]),
        ("libc", false, &[], &[]),
    ];
    assert_eq!(graph_is(good), Vec::<String>::new());
    let mut bad = good.to_vec();
    bad[3].2 = &["libc"];
    assert_eq!(
        graph_is(&bad),
        ["is pure and must not depend on `libc`, not even through others"]
    );
    let mut bad = good.to_vec();
    bad[0].2 = &["director-sys"];
    // core itself (twice: sys and its libc), and config through core.
    assert_eq!(graph_is(&bad).len(), 3);
    assert_eq!(
        graph_is(&[("newcomer", true, &[], &[])]),
        ["has no row in xtask/src/tidy/graph.rs"]
    );
}
