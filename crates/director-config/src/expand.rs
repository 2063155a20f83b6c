//! `${NAME}` in texts.

/// Why a text cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExpandFault {
    /// The variable is not set.
    Undefined { name: String },
    /// `${` without `}`.
    Unclosed,
    /// `${}` or a name with a character that no variable bears.
    BadName { name: String },
}

/// Replaces `${NAME}` by the variable's value and `$$` by a dollar; any other dollar stays. What a variable brings in is
/// not expanded again.
///
/// # Errors
/// Every fault with its place: the number of `${` before it in the text.
pub(crate) fn expand(
    text: &str,
    vars: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Vec<(usize, ExpandFault)>> {
    let (mut out, mut faults, mut rest, mut opened) =
        (String::with_capacity(text.len()), Vec::new(), text, 0);
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            out.push('$');
            // `$${NAME}` is a literal `${NAME}`, which still counts when the place is sought in the file.
            opened += usize::from(escaped.starts_with('{'));
            rest = escaped;
        } else if let Some(body) = after.strip_prefix('{') {
            let Some(close) = body.find('}') else {
                faults.push((opened, ExpandFault::Unclosed));
                return Err(faults);
            };
            let name = &body[..close];
            match lookup(name, vars) {
                Ok(value) => out.push_str(&value),
                Err(fault) => faults.push((opened, fault)),
            }
            opened += 1 + name.matches("${").count();
            rest = &body[close + 1..];
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn lookup(name: &str, vars: &dyn Fn(&str) -> Option<String>) -> Result<String, ExpandFault> {
    // Windows has names such as `ProgramFiles(x86)`; what none can bear is refused here, so that a stray brace is seen.
    let usable = |found: char| found.is_alphanumeric() || matches!(found, '_' | '-' | '.' | '(' | ')');
    if name.is_empty() || name.len() > 256 || !name.chars().all(usable) {
        return Err(ExpandFault::BadName {
            name: name.to_owned(),
        });
    }
    vars(name).ok_or_else(|| ExpandFault::Undefined {
        name: name.to_owned(),
    })
}
