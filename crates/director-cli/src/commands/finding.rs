//! A blocker, in full.

use director_core::report::Finding;

/// Everything a finding says, as lines indented by `indent`.
pub(crate) fn lines(finding: &Finding, indent: &str) -> String {
    let mut text = format!("{indent}{} [{}]\n", finding.summary, finding.code);
    let mut part = |label: &str, lines: &[String]| {
        for line in lines {
            text.push_str(&format!("{indent}  {label}{line}\n"));
        }
    };
    part("", &finding.evidence);
    part("do: ", &finding.remedy);
    part("do not: ", &finding.avoid);
    text
}
