//! `${NAME}` and `{index}` in texts.

use std::borrow::Cow;

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

/// Replaces `{index}` by the number of an instance and `{index+N}` by that number plus N. What follows a dollar is not meant.
/// None: a `{index` that is neither, or a sum too large for the machine.
pub(crate) fn put_index(text: &str, index: u32) -> Option<Cow<'_, str>> {
    const BEGIN: &str = "{index";
    if !text.contains(BEGIN) {
        return Some(Cow::Borrowed(text));
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(BEGIN) {
        let (before, after) = (&rest[..at], &rest[at + BEGIN.len()..]);
        out.push_str(before);
        if before.ends_with('$') || after.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            // A variable of that name, or a longer word.
            out.push_str(BEGIN);
            rest = after;
            continue;
        }
        let (sum, behind) = after.split_once('}')?;
        let plus = match sum.strip_prefix('+') {
            Some(plus) if plus.starts_with(|first: char| first.is_ascii_digit()) => plus.parse().ok()?,
            None if sum.is_empty() => 0,
            _ => return None,
        };
        out.push_str(&index.checked_add(plus)?.to_string());
        rest = behind;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
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
