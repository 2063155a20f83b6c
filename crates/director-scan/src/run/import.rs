//! Imports: each module of the project is executed once, where it is first imported.

use std::path::Path;

use tree_sitter::Node;

use super::attribute::known;
use super::interpreter::Interpreter;
use super::value::{Module, ModuleId, Value};
use crate::django::Step;
use crate::syntax::fields;

impl<'a> Interpreter<'a> {
    /// `import a.b`, `import a.b as c`.
    pub(super) fn import_statement(&mut self, node: Node<'a>) {
        for name in fields(node, "name") {
            let alias = name.child_by_field_name("alias");
            let dotted = self.text(name.child_by_field_name("name").unwrap_or(name));
            let whole = self.import_dotted(0, dotted, node);
            match alias {
                Some(alias) => self.set(self.text(alias), whole.unwrap_or_else(|| known(dotted))),
                None => {
                    let first = dotted.split('.').next().unwrap_or(dotted);
                    let value = self.import_dotted(0, first, node);
                    // A package of the project need not have a file of its own.
                    let value = value.unwrap_or_else(|| known(first));
                    self.set(first, value);
                }
            }
        }
    }

    /// `from a.b import c as d`, `from .a import *`.
    pub(super) fn import_from(&mut self, node: Node<'a>) {
        let Some(module) = node.child_by_field_name("module_name") else {
            return;
        };
        let written = self.text(module);
        let dotted = written.trim_start_matches('.');
        let level = written.len() - dotted.len();
        let dotted = dotted.trim();
        let from = self.import_dotted(level, dotted, node);
        let mut cursor = node.walk();
        if node
            .children(&mut cursor)
            .any(|child| child.kind() == "wildcard_import")
        {
            if let Some(Value::Module(module)) = from {
                self.import_all(module);
            }
            return;
        }
        for name in fields(node, "name") {
            let original = self.text(name.child_by_field_name("name").unwrap_or(name));
            let bound = name
                .child_by_field_name("alias")
                .map_or(original, |alias| self.text(alias));
            let own = match &from {
                Some(Value::Module(module)) => self.module_value(*module, original),
                _ => None,
            };
            let value = own.or_else(|| {
                let inner = if dotted.is_empty() {
                    original.to_owned()
                } else {
                    format!("{dotted}.{original}")
                };
                self.import_dotted(level, &inner, node)
            });
            let outside = if level > 0 {
                Value::Unknown
            } else {
                known(&format!("{dotted}.{original}"))
            };
            let value = value.unwrap_or(outside);
            self.set(bound, value);
        }
    }

    fn import_all(&mut self, module: ModuleId) {
        let scope = self.modules[module.0].scope;
        let names: Vec<(String, Value)> = self.scopes[scope.0]
            .names
            .iter()
            .filter(|(name, _)| !name.starts_with('_'))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in names {
            self.set(&name, value);
        }
    }

    /// Imports a module of the project, and the packages around it first, as Python does.
    pub(super) fn import_dotted(&mut self, level: usize, dotted: &str, node: Node<'a>) -> Option<Value> {
        let importer = self.module()?.file;
        if level == 0 {
            let mut end = 0;
            while let Some(at) = dotted.get(end..).and_then(|rest| rest.find('.')) {
                end += at + 1;
                if let Some(file) = self.sources.modules.resolve(importer, 0, dotted.get(..end - 1)?) {
                    self.import_file(&file, Some(node));
                }
            }
        }
        let file = self.sources.modules.resolve(importer, level, dotted)?;
        self.import_file(&file, Some(node)).map(Value::Module)
    }

    /// Executes a file, unless that was done or is being done.
    pub(super) fn import_file(&mut self, file: &Path, by: Option<Node<'a>>) -> Option<ModuleId> {
        let (file, source) = self.sources.get(file)?;
        if let Some(module) = self.by_file.get(file) {
            return Some(*module);
        }
        let scope = self.new_scope(None);
        let module = ModuleId(self.modules.len());
        self.modules.push(Module { file, source, scope });
        self.by_file.insert(file, module);
        let step = by.and_then(|node| self.place(node)).map(|place| Step {
            place,
            text: format!("imports {}", crate::place::slashed(file)),
        });
        let stepped = step.is_some();
        self.chain.extend(step);
        self.frames.push(Self::frame(module, scope));
        if self.nested(|this| this.block(source.tree.root_node())).is_none() {
            self.cut_off();
        }
        self.leave_frame();
        if stepped {
            self.chain.pop();
        }
        Some(module)
    }

    /// A name of a module, or a module below it when the name is that of a package.
    pub(super) fn module_attribute(&mut self, module: ModuleId, name: &str) -> Value {
        if let Some(value) = self.module_value(module, name) {
            return value;
        }
        let file = self.modules[module.0].file;
        let below = file
            .parent()
            .filter(|_| file.ends_with("__init__.py"))
            .and_then(|folder| self.sources.modules.module(&folder.join(name)))
            .and_then(|file| self.by_file.get(file.as_path()).copied());
        below.map_or(Value::Unknown, Value::Module)
    }
}
