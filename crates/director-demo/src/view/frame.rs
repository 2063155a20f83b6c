//! Where everything stands on the screen.

use super::View;
use super::entries::{Shown, UtcOffset, clock};
use super::keys::BINDINGS;
use super::line::{Line, Style, pad, width, wrap};
use super::services;

/// Lines that one entry may take.
const ENTRY_LINES: usize = 3;

/// Spaces between two keys.
const KEY_GAP: usize = 2;

/// The ordinary screen: exactly `rows` lines unless there is nothing to fill them with.
pub(super) fn main(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    let top = top(view, columns, rows);
    let bottom = bottom(view, columns, rows);
    let left = rows.saturating_sub(top.len() + bottom.len());
    // A quarter for the output, the rest for the journal; each has a title line.
    let output_rows = if left >= 6 { (left / 4).clamp(2, 12) } else { 0 };
    let mut lines = top;
    lines.extend(journal(view, columns, left - output_rows));
    lines.extend(output(view, columns, output_rows));
    lines.extend(bottom);
    lines
}

fn top(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    let gap = columns
        .saturating_sub(width(&view.title) + width(&view.url))
        .max(2);
    let title = Line::of(Style::Bold, &view.title)
        .with(Style::Plain, &" ".repeat(gap))
        .with(Style::Accent, &view.url);
    let mut lines = vec![title, services::header()];
    let Some(report) = &view.report else {
        lines.push(Line::of(Style::Dim, "starting …"));
        return lines;
    };
    // At most a third of the screen: the journal is what people watch.
    let fit = (rows / 6).max(1);
    for service in report.services.iter().take(fit) {
        lines.extend(services::rows(service));
    }
    if report.services.len() > fit {
        lines.push(Line::of(
            Style::Dim,
            &format!("… and {} more", report.services.len() - fit),
        ));
    }
    lines
}

fn journal(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    if rows == 0 {
        return Vec::new();
    }
    let zone = if view.entries.offset == UtcOffset(0) {
        " (times in UTC)"
    } else {
        ""
    };
    let mut lines = Vec::with_capacity(rows);
    for shown in view.entries.newest() {
        let entry = entry_lines(shown, view.entries.offset, columns);
        if lines.len() + entry.len() > rows - 1 {
            break;
        }
        lines.extend(entry.into_iter().rev());
    }
    lines.reverse();
    lines.insert(
        0,
        rule(&format!("What the director sees and does{zone}"), columns),
    );
    lines.resize(rows, Line::default());
    lines
}

fn entry_lines(shown: &Shown, offset: UtcOffset, columns: usize) -> Vec<Line> {
    let service = if shown.service.is_empty() {
        String::new()
    } else {
        format!("{} ", shown.service)
    };
    let time = format!("{} ", clock(shown.wall, offset));
    let indent = width(&time);
    let first_indent = indent + width(&service);
    let texts = wrap(&shown.text, columns.saturating_sub(first_indent), ENTRY_LINES);
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let begin = if index == 0 {
                Line::of(Style::Dim, &time).with(Style::Bold, &service)
            } else {
                Line::of(Style::Plain, &" ".repeat(first_indent))
            };
            begin.with(shown.style, text)
        })
        .collect()
}

fn output(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    if rows == 0 {
        return Vec::new();
    }
    let mut lines = vec![rule("Last output of the application", columns)];
    let first = view.output.len().saturating_sub(rows - 1);
    lines.extend(
        view.output[first..]
            .iter()
            .map(|text| Line::of(Style::Plain, text)),
    );
    lines.resize(rows, Line::default());
    lines
}

/// The feedback line and the keys: all of them where there is room, else one line that names the help.
fn bottom(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    let mut lines = vec![rule(
        if view.notice.is_empty() {
            "Keys"
        } else {
            &view.notice
        },
        columns,
    )];
    let all = key_lines(columns);
    if all.len() <= (rows / 8).max(1) {
        lines.extend(all);
        return lines;
    }
    let last: Vec<_> = BINDINGS[BINDINGS.len() - 2..].iter().collect();
    let room = columns.saturating_sub(last.iter().map(|binding| key_width(binding.short)).sum());
    let mut used = 0;
    let first = BINDINGS[..BINDINGS.len() - 2].iter().take_while(|binding| {
        used += key_width(binding.short);
        used <= room
    });
    lines.push(first.chain(last).fold(Line::default(), |line, binding| {
        key(line, binding.key, binding.short)
    }));
    lines
}

fn key_lines(columns: usize) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    for binding in &BINDINGS {
        let full = lines
            .last()
            .is_none_or(|line| line.width() + key_width(binding.short) > columns);
        if full {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            *line = key(std::mem::take(line), binding.key, binding.short);
        }
    }
    lines
}

fn key(line: Line, key: char, name: &str) -> Line {
    let gap = if line.width() == 0 { 0 } else { KEY_GAP };
    line.with(Style::Plain, &" ".repeat(gap))
        .with(Style::Bold, &key.to_string())
        .with(Style::Plain, &format!(" {name}"))
}

/// With the gap before it.
fn key_width(name: &str) -> usize {
    width(name) + 2 + KEY_GAP
}

/// A title in a horizontal line.
fn rule(title: &str, columns: usize) -> Line {
    let tail = columns.saturating_sub(width(title) + 4);
    Line::of(Style::Dim, "── ")
        .with(Style::Bold, title)
        .with(Style::Dim, &format!(" {}", "─".repeat(tail)))
}

/// The screen that explains the keys; two columns of them when the screen is low.
pub(super) fn help(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    let mut lines = vec![
        Line::of(Style::Bold, &view.title),
        rule("Keys; press ? or Escape to go back", columns),
    ];
    if rows >= lines.len() + BINDINGS.len() {
        lines.extend(BINDINGS.iter().map(|binding| {
            key(Line::default(), binding.key, &pad(binding.short, 12)).with(Style::Plain, binding.long)
        }));
        return lines;
    }
    let half = BINDINGS.len().div_ceil(2);
    let right = BINDINGS[half..].iter().map(Some).chain(std::iter::repeat(None));
    for (left, right) in BINDINGS[..half].iter().zip(right) {
        let line = key(Line::default(), left.key, &pad(left.short, 16));
        lines.push(match right {
            Some(right) => key(line, right.key, right.short),
            None => line,
        });
    }
    lines
}
