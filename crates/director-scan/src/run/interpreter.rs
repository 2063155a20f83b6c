//! The state of a run, its bounds, and what it notes.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use tree_sitter::Node;

use super::argv::{Command, Guard};
use super::value::{Class, ClassId, Function, FunctionId, Module, ModuleId, Scope, ScopeId, Value};
use crate::django::{Access, Finding, Rule, Step, reason};
use crate::files;
use crate::modules::Modules;
use crate::place::{Place, Skipped};
use crate::syntax::Source;

/// Expressions and statements in all.
const MAX_STEPS: usize = 3_000_000;
/// Nested expressions, statements and calls, which are what the machine's stack holds.
const MAX_NESTING: usize = 700;
/// Calls within calls.
pub(super) const MAX_CALLS: usize = 40;

/// The files of a project, each parsed when it is first needed.
#[derive(Debug)]
pub(crate) struct Sources {
    root: PathBuf,
    files: BTreeMap<PathBuf, OnceCell<Result<Source, Skipped>>>,
    pub(super) modules: Modules,
}

impl Sources {
    pub(crate) fn new(root: &Path, files: &[PathBuf]) -> Self {
        Self {
            root: root.to_owned(),
            files: files.iter().map(|file| (file.clone(), OnceCell::new())).collect(),
            modules: Modules::new(files),
        }
    }

    /// The path as it is kept here, and the file's source when it can be read.
    pub(super) fn get(&self, file: &Path) -> Option<(&Path, &Source)> {
        let (path, cell) = self.files.get_key_value(file)?;
        let read = || files::read(&self.root, path).and_then(|text| Source::parse(path, text));
        cell.get_or_init(read)
            .as_ref()
            .ok()
            .map(|source| (path.as_path(), source))
    }

    /// The first file whose path ends like this.
    pub(super) fn find_by_end(&self, end: &Path) -> Option<PathBuf> {
        self.files.keys().find(|file| file.ends_with(end)).cloned()
    }

    /// Whether the text of a file has this word, without parsing it.
    pub(crate) fn mentions(&self, file: &Path, word: &str) -> bool {
        files::read(&self.root, file).is_ok_and(|text| text.contains(word))
    }

    /// The files that were needed and could not be read.
    pub(crate) fn skipped(&self) -> Vec<Skipped> {
        let read = self.files.values().filter_map(OnceCell::get);
        read.filter_map(|result| result.as_ref().err().cloned()).collect()
    }
}

/// A call, class body or module that is being executed.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) module: ModuleId,
    pub(super) scope: ScopeId,
    /// The class whose body this is.
    pub(super) class_body: Option<ClassId>,
    /// The class and object of the method that this is, for `super()`.
    pub(super) method: Option<(ClassId, Value)>,
    pub(super) globals: Vec<String>,
    pub(super) returned: Value,
    /// How many conditions that could not be told are around.
    pub(super) conditional: usize,
    pub(super) guards: Vec<Guard>,
}

/// A run over a project.
#[derive(Debug)]
pub(crate) struct Interpreter<'a> {
    pub(super) sources: &'a Sources,
    pub(super) command: Option<&'a Command>,
    pub(super) by_file: HashMap<&'a Path, ModuleId>,
    pub(super) modules: Vec<Module<'a>>,
    pub(super) functions: Vec<Function<'a>>,
    pub(super) classes: Vec<Class<'a>>,
    pub(super) scopes: Vec<Scope>,
    pub(super) frames: Vec<Frame>,
    pub(super) chain: Vec<Step>,
    /// Calls that were followed: their value, and how many accesses they made.
    pub(super) known: HashMap<(FunctionId, String, bool), (Value, usize)>,
    pub(super) active: Vec<FunctionId>,
    rule: Rule,
    pub(super) in_thread: bool,
    /// All accesses so far, also those that are noted already.
    pub(super) accesses: usize,
    nesting: usize,
    steps: usize,
    found: BTreeMap<Place, Finding>,
    pub(super) guards_found: BTreeMap<Place, Finding>,
    complete: bool,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(sources: &'a Sources, command: Option<&'a Command>) -> Self {
        Self {
            sources,
            command,
            by_file: HashMap::new(),
            modules: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            scopes: Vec::new(),
            frames: Vec::new(),
            chain: Vec::new(),
            known: HashMap::new(),
            active: Vec::new(),
            rule: Rule::ImportDatabase,
            in_thread: false,
            accesses: 0,
            nesting: 0,
            steps: 0,
            found: BTreeMap::new(),
            guards_found: BTreeMap::new(),
            complete: true,
        }
    }

    /// Executes a file as its import would.
    pub(crate) fn run_file(&mut self, file: &Path) -> Option<ModuleId> {
        self.rule = Rule::ImportDatabase;
        self.import_file(file, None)
    }

    /// Calls `ready()` of a class, when the project defines one.
    pub(crate) fn run_ready(&mut self, class: ClassId) {
        self.rule = Rule::ReadyDatabase;
        let Some(Value::Function(function)) = self.class_attribute(class, "ready") else {
            return;
        };
        let object = Value::Instance(class, self.new_scope(None));
        let definition = self.functions[function.0];
        let module = self.modules[definition.module.0];
        let name = &self.classes[class.0].name;
        self.chain.push(Step {
            place: module.source.place(module.file, definition.node),
            text: format!("{name}.ready()"),
        });
        self.frames.push(Self::frame(definition.module, module.scope));
        self.call_function(function, Some(object), &super::value::Arguments::default(), None);
        self.leave_frame();
        self.chain.pop();
    }

    /// What a module calls `name`.
    pub(crate) fn module_value(&self, module: ModuleId, name: &str) -> Option<Value> {
        self.scopes[self.modules[module.0].scope.0]
            .names
            .get(name)
            .cloned()
    }

    /// The findings in the order of files and lines, and whether no bound cut off anything.
    pub(crate) fn finish(self) -> (Vec<Finding>, bool) {
        let mut findings: Vec<Finding> = self
            .found
            .into_values()
            .chain(self.guards_found.into_values())
            .collect();
        findings.sort_by(|a, b| (&a.place, a.rule).cmp(&(&b.place, b.rule)));
        (findings, self.complete)
    }

    /// Notes an access. One place is told once, by what matters most.
    pub(super) fn access(&mut self, access: Access, node: Node<'a>) {
        self.accesses += 1;
        let rule = if self.in_thread {
            Rule::ThreadDatabase
        } else {
            self.rule
        };
        let Some(place) = self.place(node) else { return };
        if self.found.get(&place).is_some_and(|known| known.rule <= rule) {
            return;
        }
        let finding = Finding {
            rule,
            access: Some(access),
            code: self.line_of(node),
            chain: self.chain.clone(),
            reason: reason::of_access(rule, access).to_owned(),
            place: place.clone(),
        };
        self.found.insert(place, finding);
    }

    /// Runs `inside` one level deeper; nothing when a bound is reached.
    pub(super) fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.nesting >= MAX_NESTING || self.steps >= MAX_STEPS {
            self.complete = false;
            return None;
        }
        self.nesting += 1;
        self.steps += 1;
        let value = inside(self);
        self.nesting -= 1;
        Some(value)
    }

    pub(super) fn cut_off(&mut self) {
        self.complete = false;
    }

    pub(super) fn module(&self) -> Option<Module<'a>> {
        self.frames.last().map(|frame| self.modules[frame.module.0])
    }

    pub(super) fn text(&self, node: Node<'a>) -> &'a str {
        self.module().map_or("", |module| module.source.text(node))
    }

    pub(super) fn place(&self, node: Node<'a>) -> Option<Place> {
        self.module().map(|module| module.source.place(module.file, node))
    }

    pub(super) fn line_of(&self, node: Node<'a>) -> String {
        let line = self
            .module()
            .and_then(|module| module.source.text.lines().nth(node.start_position().row));
        line.unwrap_or_default().trim().chars().take(200).collect()
    }

    pub(super) fn new_scope(&mut self, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(Scope {
            parent,
            ..Scope::default()
        });
        ScopeId(self.scopes.len() - 1)
    }

    pub(super) fn frame(module: ModuleId, scope: ScopeId) -> Frame {
        Frame {
            module,
            scope,
            class_body: None,
            method: None,
            globals: Vec::new(),
            returned: Value::Unknown,
            conditional: 0,
            guards: Vec::new(),
        }
    }

    /// Ends a frame: its guards are judged, and what it returned is the answer.
    pub(super) fn leave_frame(&mut self) -> Value {
        let Some(frame) = self.frames.pop() else {
            return Value::Unknown;
        };
        let mut open = Vec::new();
        for guard in frame.guards {
            if self.accesses > guard.accesses {
                self.note_guard(guard);
            } else {
                open.push(guard);
            }
        }
        // A test may stand in a function of its own, whose caller acts on the answer.
        if let Some(caller) = self.frames.last_mut()
            && frame.class_body.is_none()
        {
            caller.guards.extend(open);
        }
        frame.returned
    }

    /// A name, from the innermost scope outwards.
    pub(super) fn lookup(&self, name: &str) -> Option<Value> {
        let mut here = self.frames.last().map(|frame| frame.scope);
        while let Some(scope) = here {
            let scope = &self.scopes[scope.0];
            if let Some(value) = scope.names.get(name) {
                return Some(value.clone());
            }
            here = scope.parent;
        }
        None
    }

    /// Binds a name where the code stands.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let Some(frame) = self.frames.last() else { return };
        let scope = if frame.globals.iter().any(|global| global == name) {
            self.modules[frame.module.0].scope
        } else {
            frame.scope
        };
        let conditional = frame.conditional > 0;
        self.set_in(scope, name, value, conditional);
    }

    pub(super) fn set_in(&mut self, scope: ScopeId, name: &str, value: Value, conditional: bool) {
        let names = &mut self.scopes[scope.0].names;
        let keep = conditional && !value.is_telling() && names.get(name).is_some_and(Value::is_telling);
        if !keep {
            names.insert(name.to_owned(), value);
        }
    }
}
