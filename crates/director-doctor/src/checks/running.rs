//! What a director that runs says.

use super::ground::Ground;
use super::verdict::{Problem, Severity, Verdict};

/// It runs with what the file says now.
pub(super) fn same(ground: &Ground<'_>) -> Verdict {
    let Some(report) = ground.report else {
        return Verdict::Irrelevant;
    };
    if let Some(why) = &report.fallback {
        return Problem::new(
            "the director runs with an older configuration",
            format!("the file was invalid when it started: {why}"),
            "`director check` says whether it is valid now; then `director reload`",
        )
        .severity(Severity::Error)
        .into();
    }
    if report.version != env!("CARGO_PKG_VERSION") {
        return Problem::new(
            "the director that runs has another version",
            format!(
                "version {} runs, and this is {}",
                report.version,
                env!("CARGO_PKG_VERSION")
            ),
            "restart it at a quiet time: `director shutdown`, then the boot entry or `director run`",
        )
        .severity(Severity::Note)
        .into();
    }
    match ground.differences.as_deref() {
        None => Verdict::Unknown("the director did not say what it runs with".to_owned()),
        Some([]) => Verdict::Pass("the director runs with what the file says".to_owned()),
        Some(differences) => {
            let mut problem = Problem::new(
                "the director runs with another configuration than the file",
                String::new(),
                "`director reload --dry-run` shows what would change, `director reload` puts it into force",
            );
            problem.evidence = differences.to_vec();
            problem.into()
        }
    }
}
