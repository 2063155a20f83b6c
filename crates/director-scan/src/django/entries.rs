//! Where the start of a project begins: the modules that Django imports, and the configurations whose `ready()` it calls.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::run::{ClassId, Interpreter, Sources, Value};
use crate::source::is_test;

/// Modules that Django imports at the start, or with the first request for a page.
const IMPORTED: &[&str] = &["models", "apps", "admin", "urls", "forms"];

/// The files among `files` that are entries, in the order in which Django comes to them.
pub(super) fn modules(files: &[PathBuf]) -> Vec<&PathBuf> {
    let mut entries = Vec::new();
    for name in IMPORTED {
        entries.extend(
            files
                .iter()
                .filter(|file| !is_test(file) && is_module(file, name)),
        );
    }
    entries
}

/// `name.py` or `name/__init__.py`.
fn is_module(file: &Path, name: &str) -> bool {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    let folder = file
        .parent()
        .and_then(Path::file_name)
        .and_then(|folder| folder.to_str());
    stem == Some(name) || (stem == Some("__init__") && folder == Some(name))
}

/// What the settings install.
#[derive(Debug, Default)]
pub(super) struct Installed {
    /// Dotted names of packages and of configurations.
    names: BTreeSet<String>,
    /// Whether settings were found and all that they say was understood.
    known: bool,
}

impl Installed {
    /// Runs the settings, which are the modules that assign `INSTALLED_APPS`, and reads what they say together.
    pub(super) fn read(files: &[PathBuf], sources: &Sources, run: &mut Interpreter<'_>) -> Self {
        let mut installed = Self::default();
        let mut unclear = false;
        for file in files
            .iter()
            .filter(|file| !is_test(file) && !file.ends_with("apps.py"))
        {
            if !sources.mentions(file, "INSTALLED_APPS") {
                continue;
            }
            let Some(module) = run.run_file(file) else {
                continue;
            };
            match run.module_value(module, "INSTALLED_APPS") {
                Some(Value::List(list)) => {
                    installed.known = true;
                    for entry in list.iter() {
                        match entry {
                            Value::Text(name) => {
                                installed.names.insert(name.to_string());
                            }
                            _ => unclear = true,
                        }
                    }
                }
                Some(_) => unclear = true,
                None => {}
            }
        }
        installed.known &= !unclear;
        installed
    }

    /// Whether a configuration is in use. `siblings` are all configurations of the same file.
    fn uses(
        &self,
        run: &Interpreter<'_>,
        file: &Path,
        class: ClassId,
        name: &str,
        siblings: &[ClassId],
    ) -> bool {
        let mut module = file.with_extension("");
        if module.ends_with("__init__") {
            module.pop();
        }
        let package = match module.file_name().and_then(|last| last.to_str()) {
            Some("apps") => module.parent().unwrap_or(Path::new("")).to_owned(),
            _ => module.clone(),
        };
        let named = |path: &Path, ending: &str| {
            let dotted = dotted(path) + ending;
            // The root of the scan may lie above or below what is on Python's path.
            self.names.iter().any(|name| same_end(name, &dotted))
        };
        if named(&module, &format!(".{name}")) {
            return true;
        }
        if named(&package, "") {
            return is_default(run, class, siblings);
        }
        let sibling_is_named = siblings.iter().any(|sibling| {
            let name = run.class_name(*sibling);
            named(&module, &format!(".{name}"))
        });
        !self.known && !sibling_is_named
    }
}

/// Django takes the one that says `default = True`, or the only one that does not say `default = False`.
fn is_default(run: &Interpreter<'_>, class: ClassId, siblings: &[ClassId]) -> bool {
    let says = |class: ClassId| match run.own_attribute(class, "default") {
        Some(Value::Bool(default)) => Some(*default),
        _ => None,
    };
    if siblings.iter().any(|sibling| says(*sibling) == Some(true)) {
        return says(class) == Some(true);
    }
    let candidates = siblings
        .iter()
        .filter(|sibling| says(**sibling) != Some(false))
        .count();
    says(class) != Some(false) && candidates == 1
}

fn dotted(path: &Path) -> String {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    parts.join(".")
}

/// Whether one dotted name is the end of the other.
fn same_end(a: &str, b: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    !a.is_empty() && !b.is_empty() && (ends(a, b) || ends(b, a))
}

/// The configurations whose `ready()` Django calls, in the order of their files.
pub(super) fn configs(files: &[PathBuf], installed: &Installed, run: &mut Interpreter<'_>) -> Vec<ClassId> {
    let mut active = Vec::new();
    for file in files {
        let named = installed.names.iter().any(|name| {
            let module = name.rsplit_once('.').map_or(name.as_str(), |(module, _)| module);
            same_end(&dotted(&file.with_extension("")), module)
        });
        if is_test(file) || !(is_module(file, "apps") || named) {
            continue;
        }
        let Some(module) = run.run_file(file) else {
            continue;
        };
        let all: Vec<(String, ClassId)> = run
            .classes_of(module)
            .into_iter()
            .filter(|(_, class)| run.is_config(*class))
            .collect();
        let siblings: Vec<ClassId> = all.iter().map(|(_, class)| *class).collect();
        for (name, class) in all {
            if installed.uses(run, file, class, &name, &siblings) {
                active.push(class);
            }
        }
    }
    active
}
