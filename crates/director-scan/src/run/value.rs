//! What a name may stand for.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use tree_sitter::Node;

use crate::syntax::Source;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) struct $name(pub(super) usize);
    )*};
}

ids!(
    /// A function or lambda that was defined.
    FunctionId,
    /// A class of the project.
    ClassId,
    /// A module of the project.
    ModuleId,
    /// Names and what they stand for.
    ScopeId
);

/// What is known of a value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing that matters.
    Unknown,
    None,
    Bool(bool),
    Text(Rc<str>),
    /// A list, tuple or set whose elements were seen.
    List(Rc<[Value]>),
    /// `sys.argv`, or a slice of it.
    Argv,
    /// One of its words.
    ArgvWord(usize),
    /// Something that the project does not define, by its dotted name.
    External(Rc<str>),
    Module(ModuleId),
    Class(ClassId),
    Function(FunctionId),
    /// A method and what it is called on.
    Bound(FunctionId, Rc<Value>),
    /// `functools.partial`, or a call that waits for `await` or iteration when `deferred`.
    Prepared(Rc<Prepared>),
    /// An object of a class of the project, with its attributes.
    Instance(ClassId, ScopeId),
    /// `super()` in a method of that class.
    Super(ClassId, Rc<Value>),
    /// A model whose class is not known.
    Model,
    /// A row.
    Record,
    /// `Model.objects`; the class of the manager or queryset where the project defines it.
    Manager(Option<ClassId>),
    /// A queryset that nobody has looked at.
    Query(Option<ClassId>),
    Connection,
    Connections,
    /// `transaction.atomic()`.
    Atomic,
    /// A thread that was not started, and what it will call.
    Thread(Rc<Value>),
    /// An attribute of something that is not looked into.
    Attribute(Rc<Value>, Rc<str>),
}

/// A call with its arguments.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) callee: Value,
    pub(super) arguments: Arguments,
    /// Whether it runs when it is awaited or iterated, and not when it is called.
    pub(super) deferred: bool,
}

/// The values in a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(super) positional: Vec<Value>,
    pub(super) keywords: Vec<(String, Value)>,
}

impl Arguments {
    pub(super) fn of(positional: Vec<Value>) -> Self {
        Self {
            positional,
            keywords: Vec::new(),
        }
    }

    /// Adds what a list that is spread in the call holds.
    pub(super) fn spread(&mut self, list: &[Value]) {
        let room = MAX_LIST.saturating_sub(self.positional.len());
        self.positional.extend(list.iter().take(room).cloned());
    }

    pub(super) fn at(&self, index: usize, keyword: &str) -> Option<&Value> {
        let named = || {
            self.keywords
                .iter()
                .find(|(name, _)| name == keyword)
                .map(|(_, value)| value)
        };
        self.positional.get(index).or_else(named)
    }

    pub(super) fn text(&self, index: usize) -> Option<&str> {
        match self.positional.get(index) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// Longer lists are cut: a source can double one with each line.
const MAX_LIST: usize = 4096;

impl Value {
    pub(super) fn list(elements: impl IntoIterator<Item = Self>) -> Self {
        let mut list: Vec<Self> = elements.into_iter().take(MAX_LIST + 1).collect();
        if list.len() > MAX_LIST {
            list.truncate(MAX_LIST - 1);
            // What is missing stays visible as something that is not known.
            list.push(Self::Unknown);
        }
        Self::List(list.into())
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn external(name: &str) -> Self {
        Self::External(name.into())
    }

    pub(super) fn attribute(self, name: &str) -> Self {
        Self::Attribute(Rc::new(self), name.into())
    }

    /// Whether it says more than nothing; what a branch that may not run sets does not hide what is known.
    pub(super) fn is_telling(&self) -> bool {
        !matches!(self, Self::Unknown | Self::None | Self::Bool(_))
    }

    /// For telling calls with different arguments apart.
    pub(super) fn key(&self, into: &mut String) {
        use std::fmt::Write;
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Unknown => write!(into, "?"),
            Self::None => write!(into, "-"),
            Self::Bool(value) => write!(into, "{value}"),
            Self::Text(text) => write!(into, "'{text}'"),
            Self::List(list) => write!(into, "[{}]", list.len()),
            Self::Argv | Self::ArgvWord(_) => write!(into, "v"),
            Self::External(name) => write!(into, "e{name}"),
            Self::Module(id) => write!(into, "m{}", id.0),
            Self::Class(id) => write!(into, "c{}", id.0),
            Self::Function(id) => write!(into, "f{}", id.0),
            Self::Bound(id, _) => write!(into, "b{}", id.0),
            Self::Prepared(_) => write!(into, "p"),
            Self::Instance(class, scope) => write!(into, "i{}.{}", class.0, scope.0),
            Self::Super(class, _) => write!(into, "s{}", class.0),
            Self::Model => write!(into, "M"),
            Self::Record => write!(into, "R"),
            Self::Manager(_) => write!(into, "O"),
            Self::Query(_) => write!(into, "Q"),
            Self::Connection => write!(into, "C"),
            Self::Connections => write!(into, "D"),
            Self::Atomic => write!(into, "A"),
            Self::Thread(_) => write!(into, "T"),
            Self::Attribute(_, name) => write!(into, ".{name}"),
        };
        into.push(',');
    }
}

/// Names, and where to look for others.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) names: HashMap<String, Value>,
    pub(super) parent: Option<ScopeId>,
}

/// A file of the project that was or is being executed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Module<'a> {
    pub(super) file: &'a Path,
    pub(super) source: &'a Source,
    pub(super) scope: ScopeId,
}

/// A function or lambda.
#[derive(Debug, Clone, Copy)]
pub(super) struct Function<'a> {
    pub(super) module: ModuleId,
    pub(super) node: Node<'a>,
    /// Where it was defined.
    pub(super) scope: ScopeId,
    pub(super) class: Option<ClassId>,
    pub(super) marks: Marks,
}

/// What decorators and the body say about a function.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    /// Reading the attribute calls it.
    pub(super) property: bool,
    pub(super) static_method: bool,
    pub(super) class_method: bool,
    /// Each call opens a transaction.
    pub(super) atomic: bool,
    /// Calling it runs nothing yet: it is a coroutine or a generator.
    pub(super) deferred: bool,
}

/// A class.
#[derive(Debug, Clone)]
pub(super) struct Class<'a> {
    pub(super) module: ModuleId,
    pub(super) node: Node<'a>,
    pub(super) name: String,
    pub(super) bases: Vec<Value>,
    pub(super) scope: ScopeId,
}
