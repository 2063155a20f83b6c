//! Columns of text that fit the terminal.

/// The gap between two columns.
const GAP: &str = "  ";

/// Lays out rows under a header. The last column is cut to `width` columns with an ellipsis; the others never are.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        text.push_str(&cut(&line(row, &widths), width));
        text.push('\n');
    }
    text
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        if index > 0 {
            line.push_str(GAP);
        }
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
    }
    line.truncate(line.trim_end().len());
    line
}

/// At most `width` characters, the last an ellipsis when something is missing.
pub(crate) fn cut(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if line.chars().count() > width && width > 0 => {
            line.chars().take(width - 1).chain(['…']).collect()
        }
        _ => line.to_owned(),
    }
}

/// Lays out `label: value` lines with the values under each other; further lines of a value are indented to it.
pub(crate) fn fields(rows: &[(String, String)]) -> String {
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (label, value) in rows {
        let padding = " ".repeat(width - label.chars().count());
        for (index, line) in value.lines().enumerate() {
            if index == 0 {
                text.push_str(&format!("{label}{padding}{GAP}{line}\n"));
            } else {
                text.push_str(&format!("{}{GAP}{line}\n", " ".repeat(width)));
            }
        }
    }
    text
}
