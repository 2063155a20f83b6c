//! Looking through the `.cmd` files that npm, yarn and pnpm put in place of programs.
//!
//! Run as they are, such files put a `cmd.exe` between us and the program: it answers Ctrl-C with a question, its exit code
//! and its memory are not the program's. So a file that only passes its arguments on is replaced by what it starts. Anything
//! that is not understood completely is left to `cmd.exe`. Pure text work, so that it is tested on both systems.

use std::collections::HashMap;

/// What a shim starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shim {
    /// An absolute path that exists, or a bare name to be searched in `PATH`.
    pub(super) program: String,
    /// The arguments before the caller's own.
    pub(super) args: Vec<String>,
}

/// Reads the shim with this text, which lies in `folder`; `exists` tells of files. `None`: it is no shim, or not an obvious one.
pub(super) fn parse(text: &str, folder: &str, exists: &dyn Fn(&str) -> bool) -> Option<Shim> {
    if !text.lines().all(is_known_line) {
        return None;
    }
    let folder = folder.trim_end_matches('\\');
    let variables = assignments(text);
    let mut found: Option<Shim> = None;
    for command in commands(text) {
        let words = words(command)?;
        let mut resolved = words.iter().map(|word| expand(word, folder, &variables, exists));
        let Some(program) = resolved.next()? else { continue };
        let args = resolved.collect::<Option<Vec<String>>>()?;
        if program.contains('\\') && !exists(&program)
            || args.iter().any(|arg| arg.contains('\\') && !exists(arg))
        {
            continue;
        }
        found.get_or_insert(Shim { program, args });
    }
    found
}

/// Whether a line is of the kinds these files consist of. A batch file that does anything else, sets a variable for the program
/// for one, is no shim. `NODE_PATH`, which pnpm sets for packages that resolve outside their own folder, is let go.
fn is_known_line(line: &str) -> bool {
    const BEGINNINGS: [&str; 12] = [
        "echo off",
        "goto ",
        ":",
        "exit /b",
        "setlocal",
        "endlocal",
        "call :find_dp0",
        "if ",
        ")",
        "for /f",
        "rem ",
        "(",
    ];
    const VARIABLES: [&str; 8] = [
        "dp0",
        "_prog",
        "pathext",
        "node_exe",
        "npm_cli_js",
        "npm_prefix_js",
        "npm_prefix_npm_cli_js",
        "node_path",
    ];
    let line = line
        .trim()
        .trim_start_matches('@')
        .trim_start()
        .to_ascii_lowercase();
    if let Some(rest) = line.strip_prefix("set ") {
        let rest = rest.trim().trim_start_matches('"');
        return rest
            .split_once('=')
            .is_some_and(|(name, _)| VARIABLES.contains(&name));
    }
    line.is_empty() || line.ends_with("%*") || BEGINNINGS.iter().any(|begin| line.starts_with(begin))
}

/// The commands that end in `%*`, as pieces of lines between `(`, `)`, `&`, `|`, and the words of `IF … ELSE`.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim().trim_end_matches(')').trim_end();
        let command = line.strip_suffix("%*")?;
        let begin = command.rfind(['(', '&', '|']).map_or(0, |at| at + 1);
        Some(command[begin..].trim().trim_start_matches('@'))
    })
}

/// All values each variable may have, in the order of the text. Conditions are not evaluated: the first value that exists wins,
/// as the conditions of these files say.
fn assignments(text: &str) -> HashMap<String, Vec<String>> {
    let mut variables: HashMap<String, Vec<String>> = HashMap::new();
    for line in text.lines() {
        let trimmed = line.trim().trim_start_matches(['@', '(']).trim();
        let Some(begin) = find_ignoring_case(trimmed, "set ") else {
            continue;
        };
        if begin > 0 && !trimmed[..begin].ends_with([' ', '(', '@']) {
            continue;
        }
        let rest = trimmed[begin + 4..].trim().trim_end_matches(')').trim_end();
        let rest = rest
            .strip_prefix('"')
            .and_then(|inner| inner.strip_suffix('"'))
            .unwrap_or(rest);
        if let Some((name, value)) = rest.split_once('=') {
            variables
                .entry(name.to_ascii_lowercase())
                .or_default()
                .push(value.to_owned());
        }
    }
    variables
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes()
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

/// Splits at blanks outside quotes, and removes the quotes. `None` when a quote is not closed.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (!quoted && !words.is_empty()).then_some(words)
}

/// Replaces the shim's folder and its variables. `None`: something else is in it. The inner choice among a variable's values is
/// the first path that exists, else the first bare word.
fn expand(
    word: &str,
    folder: &str,
    variables: &HashMap<String, Vec<String>>,
    exists: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let with_folder = |text: &str| {
        let mut text = text.to_owned();
        for prefix in ["%~dp0\\", "%dp0%\\", "%~dp0", "%dp0%"] {
            if let Some(rest) = text.strip_prefix(prefix) {
                text = join(folder, rest);
            }
        }
        (!text.contains('%')).then_some(text)
    };
    if let Some(text) = with_folder(word) {
        return Some(text);
    }
    let name = word.strip_prefix('%')?.strip_suffix('%')?.to_ascii_lowercase();
    let values: Vec<String> = variables
        .get(&name)?
        .iter()
        .filter_map(|value| with_folder(value))
        .collect();
    values
        .iter()
        .find(|value| value.contains('\\') && exists(value))
        .or_else(|| values.iter().find(|value| !value.contains('\\')))
        .cloned()
}

/// Joins, and takes out the `..` that these files are full of, since the path becomes a visible argument.
fn join(folder: &str, rest: &str) -> String {
    let mut parts: Vec<&str> = folder.split('\\').collect();
    for part in rest.split(['\\', '/']) {
        match part {
            "" | "." => {}
            ".." if parts.len() > 1 => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("\\")
}

#[cfg(test)]
mod tests;
