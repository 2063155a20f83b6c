//! What a watch sees: something, and not what the application itself writes.

use std::path::{Path, PathBuf};

use director_core::spec::{ServiceSpec, WatchSpec};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::ground::Ground;
use super::verdict::{Problem, Verdict};

/// More files are not looked at.
const MOST: usize = 50_000;
/// Folders that the watch never enters (docs/config.md).
const FOLDERS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "__pycache__",
    "site-packages",
    ".director",
];

/// The patterns match at least one file.
pub(super) fn something(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(watch) = &service.watch else {
        return Verdict::Irrelevant;
    };
    let Some(rules) = Rules::new(watch, ground) else {
        return Verdict::Unknown("a pattern cannot be read".to_owned());
    };
    let (mut seen, mut matched) = (0, None);
    for path in &watch.paths {
        if path.is_file() {
            matched = Some(path.clone());
        }
        walk(path, &mut seen, &mut |file| {
            if rules.want(path, file) {
                matched = Some(file.to_path_buf());
            }
            matched.is_none()
        });
    }
    if let Some(file) = matched {
        return Verdict::Pass(format!("the watch sees files such as {}", file.display()));
    }
    if seen >= MOST {
        return Verdict::Unknown(format!("none of the first {MOST} files match"));
    }
    let paths: Vec<String> = watch
        .paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let missing = watch.paths.iter().filter(|path| !path.exists());
    let mut problem = Problem::new(
        "the watch sees no file at all",
        format!(
            "of {seen} files below {} none matches {}",
            paths.join(", "),
            watch.patterns.join(", ")
        ),
        "correct `watch.paths` and `watch.patterns`: patterns count below each path, and `*` crosses folders",
    );
    for path in missing {
        problem = problem.evidence(format!("{} does not exist", path.display()));
    }
    problem.into()
}

/// Neither a log nor a database, which change while the application works, restarts it.
pub(super) fn not_ours(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(watch) = &service.watch else {
        return Verdict::Irrelevant;
    };
    let Some(rules) = Rules::new(watch, ground) else {
        return Verdict::Unknown("a pattern cannot be read".to_owned());
    };
    let databases: Vec<&Path> = ground
        .spec
        .services
        .values()
        .filter_map(|service| Some(service.database.as_ref()?.sqlite.as_path()))
        .collect();
    let (mut seen, mut bad) = (0, Vec::new());
    for path in &watch.paths {
        for database in databases.iter().filter(|database| database.starts_with(path)) {
            if rules.want(path, database) || *database == path {
                bad.push(database.to_path_buf());
            }
        }
        walk(path, &mut seen, &mut |file| {
            let is_log = file
                .extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("log"));
            if is_log && rules.want(path, file) {
                bad.push(file.to_path_buf());
            }
            bad.len() < 5
        });
    }
    if bad.is_empty() {
        return Verdict::Pass("the watch sees neither logs nor databases".to_owned());
    }
    let mut problem = Problem::new(
        "the watch sees files that change while the application works",
        String::new(),
        "add them to `watch.ignore`, such as \"*.log\" and \"*.db*\": each change restarts the service",
    );
    problem.evidence = bad
        .iter()
        .map(|file| format!("{} is watched", file.display()))
        .collect();
    problem.into()
}

/// The patterns of one watch.
struct Rules<'a> {
    patterns: GlobSet,
    ignore: GlobSet,
    /// Our own folders, which never count.
    ours: [&'a Path; 2],
}

impl<'a> Rules<'a> {
    fn new(watch: &WatchSpec, ground: &Ground<'a>) -> Option<Self> {
        let windows = ground.machine.is_windows();
        Some(Self {
            patterns: globs(&watch.patterns, windows)?,
            ignore: globs(&watch.ignore, windows)?,
            ours: [&ground.spec.log_dir, &ground.spec.data_dir],
        })
    }

    fn want(&self, root: &Path, file: &Path) -> bool {
        let Ok(below) = file.strip_prefix(root) else {
            return false;
        };
        // An ignored folder takes all below it away.
        let mut ways = below.ancestors().filter(|way| !way.as_os_str().is_empty());
        !self.ours.iter().any(|folder| file.starts_with(folder))
            && self.patterns.is_match(below)
            && !ways.any(|way| self.ignore.is_match(way))
    }
}

fn globs(texts: &[String], windows: bool) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text)
            .case_insensitive(windows)
            .literal_separator(false)
            .build();
        set.add(glob.ok()?);
    }
    set.build().ok()
}

/// Shows each file below a folder, as long as it is wanted. Links are not followed.
fn walk(root: &Path, seen: &mut usize, show: &mut impl FnMut(&Path) -> bool) {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut entries: Vec<std::fs::DirEntry> = entries.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let Ok(kind) = entry.file_type() else { continue };
            let path: PathBuf = entry.path();
            if kind.is_dir() {
                let name = entry.file_name();
                let is_entered = !FOLDERS.iter().any(|known| name.eq_ignore_ascii_case(known));
                if is_entered && !path.join("pyvenv.cfg").is_file() {
                    folders.push(path);
                }
                continue;
            }
            *seen += 1;
            if *seen >= MOST || !show(&path) {
                return;
            }
        }
    }
}
