//! The report as a person reads it.

use director_core::spec::ServiceName;
use director_doctor::checks::{Item, State};
use serde::Serialize;

use crate::commands::finding;
use crate::human::Clock;

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
pub(super) fn text(items: &[Item], clock: &Clock, color: bool) -> String {
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
        text.push_str(&line(item, clock, color));
    }
    let counts = Counts::of(items);
    text.push_str(&format!("\n{}\n", counts.line()));
    if counts.errors + counts.warnings + counts.notes > 0 {
        text.push_str("`director doctor CODE` explains a line\n");
    }
    text
}

fn line(item: &Item, clock: &Clock, color: bool) -> String {
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
    let call = if item.blocks && item.state == State::Error {
        format!("{}: ", finding::CALL)
    } else {
        String::new()
    };
    let mut text = format!("  {head}  {}  {call}{}\n", item.code, item.summary);
    let mut add = |line: &str| text.push_str(&format!("{:13}{line}\n", ""));
    for holder in &item.holders {
        add(&format!("held by {}", finding::holder(holder, clock)));
    }
    item.evidence.iter().for_each(|line| add(line));
    finding::steps(&item.remedy).iter().for_each(|line| add(line));
    for line in &item.avoid {
        add(&format!("avoid: {line}"));
    }
    if let Some(done) = &item.fixed {
        add(&format!("mended: {done}"));
    }
    text
}
