//! Definitions of functions and classes, and their decorators.

use tree_sitter::Node;

use super::interpreter::Interpreter;
use super::value::{Arguments, Class, ClassId, Function, FunctionId, Marks, ScopeId, Value};
use crate::syntax::{children, walk};

impl<'a> Interpreter<'a> {
    pub(super) fn decorated(&mut self, node: Node<'a>) {
        let decorators: Vec<Node<'a>> = children(node)
            .into_iter()
            .filter(|child| child.kind() == "decorator")
            .filter_map(|decorator| children(decorator).into_iter().next())
            .collect();
        let Some(definition) = node.child_by_field_name("definition") else {
            return;
        };
        if definition.kind() == "class_definition" {
            self.define_class(definition, &decorators);
        } else {
            self.define_function(definition, &decorators);
        }
    }

    pub(super) fn define_function(&mut self, node: Node<'a>, decorators: &[Node<'a>]) {
        let Some(name) = node.child_by_field_name("name") else {
            return;
        };
        let name = self.text(name);
        let values: Vec<Value> = decorators.iter().map(|decorator| self.eval(*decorator)).collect();
        self.defaults(node);
        let mut marks = self.marks(decorators);
        marks.atomic |= values.iter().any(is_atomic);
        marks.deferred = is_async(node) || has_yield(node);
        let Some(function) = self.new_function(node, marks) else {
            return;
        };
        let mut value = Value::Function(function);
        for (decorator, node) in values.iter().zip(decorators).rev() {
            value = self.decorate(decorator, value, *node);
        }
        self.set(name, value);
    }

    pub(super) fn lambda(&mut self, node: Node<'a>) -> Value {
        self.defaults(node);
        self.new_function(node, Marks::default())
            .map_or(Value::Unknown, Value::Function)
    }

    fn new_function(&mut self, node: Node<'a>, marks: Marks) -> Option<FunctionId> {
        let frame = self.frames.last()?;
        // The names of a class body are not seen by its methods.
        let scope = if frame.class_body.is_some() {
            self.scopes[frame.scope.0].parent.unwrap_or(frame.scope)
        } else {
            frame.scope
        };
        self.functions.push(Function {
            module: frame.module,
            node,
            scope,
            class: frame.class_body,
            marks,
        });
        Some(FunctionId(self.functions.len() - 1))
    }

    /// Default values are evaluated once, where the function is defined.
    fn defaults(&mut self, node: Node<'a>) {
        let Some(parameters) = node.child_by_field_name("parameters") else {
            return;
        };
        for parameter in children(parameters) {
            if let Some(value) = parameter.child_by_field_name("value") {
                self.eval(value);
            }
        }
    }

    fn marks(&self, decorators: &[Node<'a>]) -> Marks {
        let mut marks = Marks::default();
        for decorator in decorators {
            let text = self.text(*decorator);
            match text.rsplit('.').next().unwrap_or(text) {
                "property" | "cached_property" => marks.property = true,
                "staticmethod" => marks.static_method = true,
                "classmethod" => marks.class_method = true,
                _ => {}
            }
        }
        marks
    }

    /// A decorator of the project is called; one of somebody else leaves the function as it is, as far as we can tell.
    fn decorate(&mut self, decorator: &Value, value: Value, node: Node<'a>) -> Value {
        match decorator {
            Value::Function(_) | Value::Bound(..) | Value::Class(_) | Value::Instance(..) => {
                let decorated = self.call_value(decorator, &Arguments::of(vec![value.clone()]), node);
                if decorated.is_telling() { decorated } else { value }
            }
            _ => value,
        }
    }

    pub(super) fn define_class(&mut self, node: Node<'a>, decorators: &[Node<'a>]) {
        let Some(name) = node.child_by_field_name("name") else {
            return;
        };
        let name = self.text(name);
        let values: Vec<Value> = decorators.iter().map(|decorator| self.eval(*decorator)).collect();
        let mut bases = Vec::new();
        for base in node
            .child_by_field_name("superclasses")
            .map(children)
            .unwrap_or_default()
        {
            let value = self.eval(base);
            if base.kind() != "keyword_argument" {
                bases.push(value);
            }
        }
        let Some((module, outer)) = self.frames.last().map(|frame| (frame.module, frame.scope)) else {
            return;
        };
        let outer = self.outside_classes(outer);
        let scope = self.new_scope(Some(outer));
        self.classes.push(Class {
            module,
            node,
            name: name.to_owned(),
            bases,
            scope,
        });
        let class = ClassId(self.classes.len() - 1);
        let mut frame = Self::frame(module, scope);
        frame.class_body = Some(class);
        self.frames.push(frame);
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
        }
        self.leave_frame();
        let mut value = Value::Class(class);
        for (decorator, node) in values.iter().zip(decorators).rev() {
            let decorated = self.decorate(decorator, value.clone(), *node);
            if matches!(decorated, Value::Class(_)) {
                value = decorated;
            }
        }
        self.set(name, value);
    }

    fn outside_classes(&self, scope: ScopeId) -> ScopeId {
        let in_class = self.frames.last().is_some_and(|frame| frame.class_body.is_some());
        if in_class {
            self.scopes[scope.0].parent.unwrap_or(scope)
        } else {
            scope
        }
    }
}

fn is_atomic(value: &Value) -> bool {
    match value {
        Value::Atomic => true,
        Value::External(name) => &**name == "django.db.transaction.atomic",
        _ => false,
    }
}

fn is_async(node: Node<'_>) -> bool {
    node.child(0).is_some_and(|word| word.kind() == "async")
}

/// Whether the body yields, functions inside aside.
fn has_yield(node: Node<'_>) -> bool {
    let Some(body) = node.child_by_field_name("body") else {
        return false;
    };
    let mut found = false;
    walk(body, |inner| {
        found |= inner.kind() == "yield";
        !found
            && !matches!(
                inner.kind(),
                "function_definition" | "lambda" | "class_definition"
            )
    });
    found
}
