//! The rules that look at one file.

use super::{Finding, code, functions};

const FILE_NOTED: usize = 400;
const FILE_REFUSED: usize = 600;
const FUNCTION_REFUSED: usize = 70;
/// Lines of code: the documentation of a module belongs here and may be long.
const ENTRY_FILE_REFUSED: usize = 80;

/// Applies every rule for one file to it.
pub(super) fn check_file(path: &str, text: &str, findings: &mut Vec<Finding>, notes: &mut Vec<String>) {
    let mut report = |rule, item: &str, text| {
        findings.push(Finding {
            rule,
            path: path.to_owned(),
            item: item.to_owned(),
            text,
        });
    };
    machine_paths(text, &mut report);
    if path.ends_with("Cargo.toml") {
        platform_dependencies(path, text, &mut report);
    }
    if !path.ends_with(".rs") {
        return;
    }
    let place = Place::of(path);
    let lines = text.lines().count();
    if lines > FILE_REFUSED {
        report("file-size", "", format!("{lines} lines, at most {FILE_REFUSED}"));
    } else if lines > FILE_NOTED {
        notes.push(format!("{path}: {lines} lines, better under {FILE_NOTED}"));
    }
    if !place.test && !starts_with_module_docs(text) {
        report("module-docs", "", "does not begin with `//!`".to_owned());
    }
    let code = code::blank(text);
    let name = path.rsplit('/').next().unwrap_or(path);
    let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
    if !place.test && matches!(name, "lib.rs" | "mod.rs") && lines > ENTRY_FILE_REFUSED {
        report(
            "entry-size",
            "",
            format!("{lines} lines of code, at most {ENTRY_FILE_REFUSED} in {name}"),
        );
    }
    for function in functions::find(&code) {
        if function.lines > FUNCTION_REFUSED {
            let text = format!(
                "line {}: `{}` has {} lines, at most {FUNCTION_REFUSED}",
                function.line, function.name, function.lines
            );
            report("function-size", &function.name, text);
        }
    }
    for (index, line) in code.lines().enumerate() {
        for word in ["todo!(", "unimplemented!(", "dbg!("] {
            if has_word(line, word) {
                report("left-over", "", format!("line {}: `{word}`", index + 1));
            }
        }
        if !place.may_be_unsafe && has_word(line, "unsafe") {
            report(
                "unsafe",
                "",
                format!("line {}: `unsafe` belongs into director-sys", index + 1),
            );
        }
    }
    if !place.may_know_the_platform
        && let Some(line) = platform_cfg(&code)
    {
        report(
            "platform",
            "",
            format!("line {line}: platform code belongs into director-sys"),
        );
    }
}

/// What a file may do, by where it lies.
struct Place {
    test: bool,
    may_be_unsafe: bool,
    may_know_the_platform: bool,
}

impl Place {
    fn of(path: &str) -> Self {
        let within = |folder: &str| path.starts_with(folder);
        let test = path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "benches"));
        let system = within("crates/director-sys/") || within("crates/director-testkit/");
        Self {
            test,
            may_be_unsafe: system || test,
            may_know_the_platform: system || test || within("xtask/"),
        }
    }
}

fn starts_with_module_docs(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("#!"));
    lines.next().is_some_and(|line| line.starts_with("//!"))
}

/// The line of the first `cfg` that names a system.
fn platform_cfg(code: &str) -> Option<usize> {
    const SYSTEMS: [&str; 6] = [
        "windows",
        "unix",
        "target_os",
        "target_family",
        "target_env",
        "target_vendor",
    ];
    for opening in ["cfg(", "cfg!(", "cfg_attr("] {
        for (at, _) in code.match_indices(opening) {
            let inside = balanced(&code[at + opening.len()..]);
            if SYSTEMS.iter().any(|system| has_word(inside, system)) {
                return Some(code[..at].matches('\n').count() + 1);
            }
        }
    }
    None
}

/// The text up to the parenthesis that closes an already opened one.
fn balanced(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

fn platform_dependencies(path: &str, text: &str, report: &mut impl FnMut(&'static str, &str, String)) {
    let allowed = ["crates/director-sys/", "crates/director-testkit/", "xtask/"];
    if allowed.iter().any(|folder| path.starts_with(folder)) {
        return;
    }
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("[target.") && !line.contains("dev-dependencies") {
            report(
                "platform",
                "",
                format!(
                    "line {}: dependencies of one system belong into director-sys",
                    index + 1
                ),
            );
        }
    }
}

/// Paths that exist on one machine only, and package hosts: a file that names one works nowhere else.
fn machine_paths(text: &str, report: &mut impl FnMut(&'static str, &str, String)) {
    // Put together here, or this file would be a finding itself.
    let folders = ["work", "root"].map(|name| format!("/{name}/"));
    let lab = ["/opt", "winlab"].join("/");
    let hosts = [
        ["py", "pi.org"],
        ["registry.np", "mjs"],
        ["de", "b.debian"],
        ["index.cra", "tes.io"],
    ]
    .map(|h| h.concat());
    for (index, line) in text.lines().enumerate() {
        for folder in folders.iter().chain([&lab]) {
            let begins_here = |at: usize| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '}' | ')' | '*' | '-'))
            };
            if line.match_indices(folder.as_str()).any(|(at, _)| begins_here(at)) {
                report(
                    "machine-path",
                    "",
                    format!("line {}: `{folder}` is a path of one machine", index + 1),
                );
            }
        }
        if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
            report(
                "machine-path",
                "",
                format!("line {}: `{host}` is a package host", index + 1),
            );
        }
    }
}

/// Whether `word` occurs in `line` and is not a part of a longer word.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let after = line[at + word.len()..].chars().next();
        let open_end = word.ends_with('(');
        !joins(line[..at].chars().next_back()) && (open_end || !joins(after))
    })
}
