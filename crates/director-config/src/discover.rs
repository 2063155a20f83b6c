//! Which file is the configuration.

use std::path::{Path, PathBuf};

/// The file's name in a project's folder.
const FILE_NAME: &str = "director.toml";

/// No configuration at any of the places looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no configuration found; looked for {}", list(.looked_at))]
pub struct NotFound {
    /// Every place, in order.
    pub looked_at: Vec<PathBuf>,
}

fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Finds the configuration: the explicit path and no other, else `director.toml` in `cwd`, then in each parent, then the
/// machine-wide file.
///
/// # Errors
/// [`NotFound`], naming every place looked at.
pub fn discover(explicit: Option<&Path>, cwd: &Path, machine_wide: &Path) -> Result<PathBuf, NotFound> {
    let candidates: Vec<PathBuf> = match explicit {
        Some(path) => vec![cwd.join(path)],
        None => cwd
            .ancestors()
            .map(|folder| folder.join(FILE_NAME))
            .chain([machine_wide.to_owned()])
            .collect(),
    };
    match candidates.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(NotFound {
            looked_at: candidates,
        }),
    }
}

/// The machine-wide file: `/etc/director/director.toml`, or `director\director.toml` in `%ProgramData%`.
#[must_use]
pub fn machine_wide_path(windows: bool, vars: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    if !windows {
        return PathBuf::from("/etc/director/director.toml");
    }
    let data = vars("ProgramData")
        .filter(|folder| !folder.is_empty())
        .unwrap_or_else(|| r"C:\ProgramData".to_owned());
    PathBuf::from(format!(r"{}\director\director.toml", data.trim_end_matches('\\')))
}
