//! An explanation for reading.

use super::Explanation;

/// Headed paragraphs; those without content are left out.
pub(crate) fn render(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", explanation.summary);
    let parts = [
        ("Cause", &explanation.cause),
        ("Evidence", &explanation.evidence),
        ("Last output", &explanation.output),
        ("What happens next", &explanation.next),
        ("What you can do", &explanation.advice),
        ("What not to do", &explanation.avoid),
    ];
    for (title, lines) in parts {
        if lines.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{title}:\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}
