//! How long functions are, measured by the indentation that rustfmt guarantees.

/// A function and its lines from `fn` to the closing brace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// All functions with a body of more than one line, nested ones too. `code` is blanked source.
pub(super) fn find(code: &str) -> Vec<Function> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = declared_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        // A declaration without a body ends with `;` at the same depth before any brace closes there.
        let end = lines[index..].iter().position(|later| {
            let (text, depth) = (later.trim_end(), later.len() - later.trim_start().len());
            depth == indent && (text.trim_start() == "}" || text.ends_with(';') || text.ends_with('}'))
        });
        if let Some(length) = end
            && lines[index + length].trim() == "}"
        {
            found.push(Function {
                name,
                line: index + 1,
                lines: length + 1,
            });
        }
    }
    found
}

/// The name after `fn` when the line begins a function.
fn declared_name(line: &str) -> Option<String> {
    let mut words = line.trim_start();
    loop {
        if let Some(rest) = words.strip_prefix("fn ") {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            return (!name.is_empty()).then_some(name);
        }
        let (first, rest) = words.split_once(' ')?;
        let is_qualifier = first.starts_with("pub")
            || matches!(first, "const" | "async" | "unsafe" | "extern" | "default")
            // `pub(in some::module)` and the blanked name of an ABI
            || first.is_empty()
            || first.ends_with(')') && line.trim_start().starts_with("pub(");
        if !is_qualifier {
            return None;
        }
        words = rest;
    }
}
