//! Packages that the source imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tree_sitter::Node;

use super::{Import, Parsed, is_test};
use crate::syntax::{children, fields, walk};

/// The modules of Python itself, of all versions that are in use.
const STANDARD: &str = include_str!("stdlib.txt");

/// Names that the project itself gives to modules, so that importing them needs no package.
#[derive(Debug)]
pub(super) struct Own(BTreeSet<String>);

impl Own {
    /// Every folder and file counts, wherever it lies: what is on the path of modules is decided when the program starts.
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let mut names = BTreeSet::new();
        for file in files {
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            names.extend(stem.map(str::to_owned));
            for part in file.parent().into_iter().flat_map(Path::components) {
                names.extend(part.as_os_str().to_str().map(str::to_owned));
            }
        }
        Self(names)
    }
}

/// What was imported so far.
#[derive(Debug, Default)]
pub(super) struct Collected(BTreeMap<String, Import>);

impl Collected {
    /// Adds the imports of a file. Tests are left out: what they import need not be where the application runs.
    pub(super) fn add(&mut self, parsed: Parsed<'_>, own: &Own) {
        if is_test(parsed.file) {
            return;
        }
        let standard: BTreeSet<&str> = STANDARD.lines().collect();
        walk(parsed.source.tree.root_node(), |node| {
            for package in packages(parsed, node) {
                let foreign = !package.is_empty()
                    && !package.starts_with('_')
                    && !standard.contains(package.as_str())
                    && !own.0.contains(&package);
                if foreign {
                    self.note(parsed, node, package);
                }
            }
            true
        });
    }

    fn note(&mut self, parsed: Parsed<'_>, node: Node<'_>, package: String) {
        let optional = may_fail(parsed, node);
        self.0
            .entry(package.clone())
            .and_modify(|known| known.optional &= optional)
            .or_insert_with(|| Import {
                package,
                place: parsed.source.place(parsed.file, node),
                optional,
            });
    }

    pub(super) fn finish(self) -> Vec<Import> {
        self.0.into_values().collect()
    }
}

/// The first words of what an import statement names; a relative import names the project itself.
fn packages(parsed: Parsed<'_>, node: Node<'_>) -> Vec<String> {
    let first = |name: Node<'_>| {
        let name = if name.kind() == "aliased_import" {
            name.child_by_field_name("name")?
        } else {
            name
        };
        let word = children(name).into_iter().next()?;
        Some(parsed.source.text(word).to_owned())
    };
    match node.kind() {
        "import_statement" => fields(node, "name").into_iter().filter_map(first).collect(),
        "import_from_statement" => node
            .child_by_field_name("module_name")
            .filter(|module| module.kind() == "dotted_name")
            .and_then(first)
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether the import stands in a `try` body, or is read only by a type checker.
fn may_fail(parsed: Parsed<'_>, node: Node<'_>) -> bool {
    let mut here = node;
    while let Some(parent) = here.parent() {
        let in_try = parent.kind() == "try_statement" && parent.child_by_field_name("body") == Some(here);
        let for_types = parent.kind() == "if_statement"
            && parent
                .child_by_field_name("condition")
                .is_some_and(|condition| parsed.source.text(condition).ends_with("TYPE_CHECKING"));
        if in_try || for_types {
            return true;
        }
        here = parent;
    }
    false
}
