//! Diagnostics for a terminal.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::position::Lines;

/// No more lines than this are quoted for one fault.
const MAX_LINES: usize = 4;

/// What is longer is not quoted: nobody reads it, and 200 faults in one line of a megabyte would take a minute.
const MAX_QUOTED_BYTES: usize = 4096;

pub(crate) fn render(all: &Diagnostics, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let lines = Lines::new(&all.quoted);
    let mut out = String::new();
    for diagnostic in &all.list {
        out.push_str(&renderer.render(&[group(all, &lines, diagnostic)]));
        out.push_str("\n\n");
    }
    out.push_str(&all.summary());
    out.push('\n');
    out
}

fn group<'a>(all: &'a Diagnostics, lines: &Lines, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let path = diagnostic.file.display().to_string();
    let mut group = Group::with_title(
        level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.as_str()),
    );
    let quoted = if diagnostic.file == all.file {
        quote(&all.quoted, lines, diagnostic)
    } else {
        None
    };
    let marked = quoted.is_some();
    group = match quoted {
        Some((window, annotation)) => group.element(
            Snippet::source(window)
                .line_start(diagnostic.line)
                .path(path)
                .annotation(annotation),
        ),
        None => group.element(
            Origin::path(path)
                .line(diagnostic.line)
                .char_column(diagnostic.column),
        ),
    };
    if !marked && !diagnostic.found.is_empty() {
        group = group.element(Level::NOTE.message(format!("found: {}", diagnostic.found)));
    }
    if !diagnostic.allowed.is_empty() {
        group = group.element(Level::NOTE.message(format!("allowed: {}", diagnostic.allowed)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The lines of a fault, and the mark in them.
fn quote<'a>(text: &'a str, lines: &Lines, diagnostic: &'a Diagnostic) -> Option<(&'a str, Annotation<'a>)> {
    let start = lines.start_of(diagnostic.line)?;
    let rest = text.get(start..)?;
    let wanted = diagnostic.span.end.saturating_sub(start);
    let (mut length, mut taken) = (0, 0);
    for line in rest.split_inclusive('\n').take(MAX_LINES) {
        taken = length + line.trim_end_matches(['\n', '\r']).len();
        length += line.len();
        if length >= wanted {
            break;
        }
    }
    let window = rest.get(..taken)?;
    if window.is_empty() || window.len() > MAX_QUOTED_BYTES {
        return None;
    }
    let from = diagnostic.span.start.checked_sub(start)?.min(window.len());
    let to = wanted.clamp(from, window.len());
    let mark = AnnotationKind::Primary.span(from..to);
    Some((
        window,
        if diagnostic.found.is_empty() {
            mark
        } else {
            mark.label(format!("found {}", diagnostic.found))
        },
    ))
}
