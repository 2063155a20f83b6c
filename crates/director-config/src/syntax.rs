//! The parser's faults, freed of their consequences.

use toml::de::Error;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::position::Lines;
use crate::read::{Ctx, Fault, shown};

/// Records the faults of the parser: one for each line, and after something that was never closed only the first of
/// lines that follow one another, since the parser misreads them all.
pub(crate) fn record(ctx: &Ctx<'_>, faults: &[Error]) {
    let text = ctx.source.text.as_str();
    let lines = Lines::new(text);
    let unclosed = faults.iter().any(|fault| fault.message().contains("unclosed"));
    let mut placed: Vec<(usize, &Error)> = faults
        .iter()
        .map(|fault| {
            (
                lines.locate(text, fault.span().map_or(0, |span| span.start)).0,
                fault,
            )
        })
        .collect();
    placed.sort_by_key(|(line, fault)| (*line, fault.span().map_or(0, |span| span.start)));
    let mut last = None;
    for (line, fault) in placed {
        let consequence = last.is_some_and(|last| line == last || (unclosed && line == last + 1));
        last = Some(line);
        if consequence || ctx.counts_only(true) {
            ctx.break_line(line);
        } else {
            ctx.syntax_error(named(text, fault));
        }
    }
}

fn named(text: &str, fault: &Error) -> Fault {
    let message = fault.message();
    let span = fault.span().unwrap_or(0..0);
    if message.contains("duplicate key") {
        let key = shown(text.get(span.clone()).unwrap_or_default());
        return Fault::new(
            Code::DuplicateKey,
            key.clone(),
            span,
            format!("the key `{key}` is written twice"),
        )
        .found(format!("`{key}` again"))
        .allowed("each key once in its table");
    }
    let (what, allowed) = message.split_once(", expected ").unwrap_or((message, ""));
    let named = Fault::new(Code::Syntax, "", span, format!("not TOML: {what}"));
    let named = named.allowed(match allowed {
        "" => "TOML",
        "nothing" => "nothing more",
        expected => expected,
    });
    match what {
        "missing comma between array elements" => {
            named.help("or is the `]` missing at the end of the line before?")
        }
        "string values must be quoted" => named.help("write the text in quotes"),
        _ => named,
    }
}

/// Says what stands at each fault of the parser, from the text in which environments are masked.
pub(crate) fn fill_found(list: &mut [Diagnostic], quoted: &str) {
    for fault in list
        .iter_mut()
        .filter(|fault| fault.code == Code::Syntax && fault.found.is_empty())
    {
        let marked = quoted.get(fault.span.clone()).unwrap_or_default();
        let rest = quoted.get(fault.span.start..).unwrap_or_default();
        // A fault between two characters is one of what follows.
        let found = if marked.is_empty() {
            rest.split([' ', '\t', '\r', '\n']).next().unwrap_or_default()
        } else {
            marked
        };
        fault.found = match found.trim_end_matches(['\r', '\n']) {
            "" if rest.trim().is_empty() => "the end of the file".to_owned(),
            "" if rest.starts_with(['\r', '\n']) => "the end of the line".to_owned(),
            "" => "a space".to_owned(),
            text => format!("`{}`", shown(text)),
        };
    }
}
