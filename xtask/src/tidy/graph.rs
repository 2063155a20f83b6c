//! The direction of dependencies between our crates, followed through everything they pull in.

use super::Finding;
use crate::metadata::Graph;

/// Each crate and which of ours may be compiled into it, directly or through others.
const ALLOWED: &[(&str, &[&str])] = &[
    ("director-core", &[]),
    ("director-sys", &[]),
    ("director-testkit", &["director-sys"]),
    ("director-schedule", &[]),
    ("director-scan", &[]),
    ("director-config", &["director-core", "director-schedule"]),
    ("director-sim", &["director-core"]),
    ("director-store", &["director-core", "director-sys"]),
    ("director-demo", &["director-core", "director-sys"]),
    ("director-api", &["director-core", "director-sys"]),
    (
        "director-boot",
        &[
            "director-config",
            "director-core",
            "director-schedule",
            "director-sys",
        ],
    ),
    (
        "director-package",
        &["director-config", "director-core", "director-schedule"],
    ),
    (
        "director-doctor",
        &[
            "director-config",
            "director-core",
            "director-schedule",
            "director-sys",
        ],
    ),
    (
        "director-daemon",
        &[
            "director-config",
            "director-core",
            "director-doctor",
            "director-schedule",
            "director-store",
            "director-sys",
        ],
    ),
    (
        "director-cli",
        &[
            "director-boot",
            "director-config",
            "director-core",
            "director-doctor",
            "director-package",
            "director-scan",
            "director-schedule",
            "director-store",
            "director-sys",
        ],
    ),
    (
        "director",
        &[
            "director-api",
            "director-boot",
            "director-cli",
            "director-config",
            "director-core",
            "director-daemon",
            "director-demo",
            "director-doctor",
            "director-package",
            "director-scan",
            "director-schedule",
            "director-store",
            "director-sys",
        ],
    ),
    ("xtask", &[]),
];

/// What the pure core must not reach: a clock, a thread, a file or a socket.
const NOT_IN_CORE: &[&str] = &[
    "libc",
    "mio",
    "nix",
    "rusqlite",
    "rustix",
    "tokio",
    "windows",
    "windows-sys",
];

/// Finds every dependency that points the wrong way.
pub(super) fn check(graph: &Graph, findings: &mut Vec<Finding>) {
    let ours: Vec<&str> = graph
        .members()
        .map(|(_, package)| package.name.as_str())
        .collect();
    for (id, package) in graph.members() {
        let mut report = |text: String| {
            let path = format!("{} (crate)", package.name);
            findings.push(Finding {
                rule: "dependency",
                path,
                item: String::new(),
                text,
            });
        };
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            report("has no row in xtask/src/tidy/graph.rs".to_owned());
            continue;
        };
        for needed in graph.closure(id) {
            let name = needed.name.as_str();
            if ours.contains(&name) && !allowed.contains(&name) {
                report(format!("must not depend on `{name}`, not even through others"));
            }
            if package.name == "director-core" && NOT_IN_CORE.contains(&name) {
                report(format!(
                    "is pure and must not depend on `{name}`, not even through others"
                ));
            }
        }
    }
}
