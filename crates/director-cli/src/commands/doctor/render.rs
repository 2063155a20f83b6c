//! The report as a person reads it.

use director_core::spec::ServiceName;
use director_doctor::checks::{Item, State};
use serde::Serialize;

/// How many lines stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    ok: usize,
    notes: usize,
    warnings: usize,
    errors: usize,
    unknown: usize,
    fixed: usize,
}

impl Counts {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut counts = Self::default();
        for item in items {
            match item.state {
                State::Ok => counts.ok += 1,
                State::Note => counts.notes += 1,
                State::Warning => counts.warnings += 1,
                State::Error => counts.errors += 1,
                State::Unknown => counts.unknown += 1,
            }
            counts.fixed += usize::from(item.fixed.is_some());
        }
        counts
    }

    fn line(self) -> String {
        let some = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {one}s"),
        };
        let mut text = format!(
            "{}, {}, {}, {} ok",
            some(self.errors, "error"),
            some(self.warnings, "warning"),
            some(self.notes, "note"),
            self.ok
        );
        if self.unknown > 0 {
            text.push_str(&format!(", {} not known", self.unknown));
        }
        if self.fixed > 0 {
            text.push_str(&format!("; {} mended", self.fixed));
        }
        text
    }
}

/// Everything, by service.
pub(super) fn text(items: &[Item], color: bool) -> String {
    let mut text = String::new();
    let mut group: Option<Option<&ServiceName>> = None;
    for item in items {
        if group != Some(item.service.as_ref()) {
            group = Some(item.service.as_ref());
            let name = item
                .service
                .as_ref()
                .map_or("director and machine", ServiceName::as_str);
            text.push_str(&format!("{}{name}\n", if text.is_empty() { "" } else { "\n" }));
        }
        text.push_str(&line(item, color));
    }
    let counts = Counts::of(items);
    text.push_str(&format!("\n{}\n", counts.line()));
    if counts.errors + counts.warnings + counts.notes > 0 {
        text.push_str("`director doctor CODE` explains a line\n");
    }
    text
}

fn line(item: &Item, color: bool) -> String {
    let (mark, word, paint) = match item.state {
        State::Ok => ("✓", "ok", "32"),
        State::Note => ("!", "note", "36"),
        State::Warning => ("!", "warning", "33"),
        State::Error => ("✗", "error", "31"),
        State::Unknown => ("?", "unknown", "2"),
    };
    let head = format!("{mark} {word:<7}");
    let head = if color {
        format!("\x1b[{paint}m{head}\x1b[0m")
    } else {
        head
    };
    let must_act = if item.blocks && item.state == State::Error {
        " (a person must act)"
    } else {
        ""
    };
    let mut text = format!("  {head}  {}  {}{must_act}\n", item.code, item.summary);
    let details = item
        .evidence
        .iter()
        .map(String::clone)
        .chain(item.remedy.iter().map(|line| match line.strip_prefix("not: ") {
            Some(avoid) => format!("do not: {avoid}"),
            None => format!("do: {line}"),
        }))
        .chain(item.fixed.iter().map(|done| format!("mended: {done}")));
    for detail in details {
        text.push_str(&format!("{:13}{detail}\n", ""));
    }
    text
}
