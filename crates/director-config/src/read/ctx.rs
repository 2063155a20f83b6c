//! What all readers of one file share: the text, the machine, and the list of faults.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::position::Lines;
use crate::source::{Environment, Source};

/// No more faults than this are kept; the rest is counted.
const MAX_FAULTS: usize = 200;

/// A fault before its line and column are known.
pub(crate) struct Fault {
    code: Code,
    key: String,
    span: Range<usize>,
    message: String,
    found: String,
    allowed: String,
    help: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: Code, key: impl Into<String>, span: Range<usize>, message: String) -> Self {
        Self {
            code,
            key: key.into(),
            span,
            message,
            found: String::new(),
            allowed: String::new(),
            help: None,
        }
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = found.into();
        self
    }

    pub(crate) fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = allowed.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Shared by all readers of one file.
pub(crate) struct Ctx<'a> {
    pub(crate) source: &'a Source,
    pub(crate) env: &'a Environment<'a>,
    /// The config's folder, absolute.
    pub(crate) base: PathBuf,
    lines: Lines,
    faults: RefCell<Vec<Diagnostic>>,
    omitted: RefCell<usize>,
    /// Dependencies as written: what they mean shows only when all services are read.
    pub(crate) wishes: RefCell<Vec<super::Wish>>,
    /// The number of the instance that is being read; none in a service without instances.
    pub(crate) index: Cell<Option<u32>>,
    /// Lines with a syntax fault: what else is found there is its consequence.
    broken_lines: RefCell<BTreeSet<usize>>,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(source: &'a Source, env: &'a Environment<'a>) -> Self {
        Self {
            source,
            env,
            base: crate::paths::base_of(&source.path),
            lines: Lines::new(&source.text),
            faults: RefCell::default(),
            omitted: RefCell::default(),
            wishes: RefCell::default(),
            index: Cell::new(None),
            broken_lines: RefCell::default(),
        }
    }

    /// Records an error.
    pub(crate) fn error(&self, fault: Fault) {
        self.push(self.locate(fault, Severity::Error));
    }

    /// Records a warning.
    pub(crate) fn warn(&self, fault: Fault) {
        self.push(self.locate(fault, Severity::Warning));
    }

    /// Records an error of the parser, after which other faults of its line do not count.
    pub(crate) fn syntax_error(&self, fault: Fault) {
        let diagnostic = self.locate(fault, Severity::Error);
        let line = diagnostic.line;
        self.push(diagnostic);
        self.break_line(line);
    }

    /// Whether as many faults are kept as can be. Then one more of the kind that a text can hold by the ten thousand is
    /// only counted and needs no words; beside faults of the parser, only those count.
    pub(crate) fn counts_only(&self, of_parser: bool) -> bool {
        let is_full = self.faults.borrow().len() >= MAX_FAULTS;
        if is_full && (of_parser || !self.is_broken()) {
            *self.omitted.borrow_mut() += 1;
        }
        is_full
    }

    /// Declares a line misread: faults found there later are a consequence.
    pub(crate) fn break_line(&self, line: usize) {
        self.broken_lines.borrow_mut().insert(line);
    }

    /// Whether the parser found faults: then what is missing may only be unreadable.
    fn is_broken(&self) -> bool {
        !self.broken_lines.borrow().is_empty()
    }

    fn locate(&self, fault: Fault, severity: Severity) -> Diagnostic {
        let text = self.source.text.as_str();
        let start = floor_boundary(text, fault.span.start);
        let end = floor_boundary(text, fault.span.end.max(start));
        let (line, column) = self.lines.locate(text, start);
        Diagnostic {
            code: fault.code,
            severity,
            file: self.source.path.clone(),
            line,
            column,
            span: start..end,
            key: fault.key,
            message: fault.message,
            found: fault.found,
            allowed: fault.allowed,
            help: fault.help,
        }
    }

    /// Records a fault of another file as it is.
    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        if self.is_broken() && self.is_consequence(&diagnostic) {
            return;
        }
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MAX_FAULTS {
            faults.push(diagnostic);
        } else {
            *self.omitted.borrow_mut() += 1;
        }
    }

    /// Whether a fault only follows from the parser's: of a misread line, of a value that the parser made up (it has no
    /// place), or of something that is missing.
    fn is_consequence(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.code {
            Code::Syntax => false,
            Code::DuplicateKey if diagnostic.message.ends_with("written twice") => false,
            Code::MissingKey | Code::NoService => true,
            _ if diagnostic.file != self.source.path => false,
            _ => diagnostic.span.end == 0 || self.broken_lines.borrow().contains(&diagnostic.line),
        }
    }

    /// All faults by place, and how many more there were.
    pub(crate) fn finish(self) -> (Vec<Diagnostic>, usize) {
        let mut faults = self.faults.into_inner();
        let file = &self.source.path;
        faults.sort_by_key(|fault| {
            (
                fault.file != *file,
                fault.file.clone(),
                fault.span.start,
                fault.code,
            )
        });
        faults.dedup();
        (faults, self.omitted.into_inner())
    }
}

/// The nearest character boundary at or before `offset`, inside the text.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
