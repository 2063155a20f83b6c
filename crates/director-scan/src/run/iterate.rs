//! Assignment, loops over values, and what it takes to look at a value.

use tree_sitter::Node;

use super::exec::MAX_ELEMENTS;
use super::interpreter::Interpreter;
use super::value::Value;
use crate::django::Access;
use crate::syntax::{children, fields};

impl<'a> Interpreter<'a> {
    /// Iterates or awaits a value.
    pub(super) fn consume(&mut self, value: &Value, node: Node<'a>) -> Value {
        match value {
            Value::Query(_) => {
                self.access(Access::Query, node);
                Value::Unknown
            }
            Value::Prepared(prepared) if prepared.deferred => self.run_prepared(prepared, node),
            _ => Value::Unknown,
        }
    }

    /// Takes the truth or the text of a value, which evaluates a queryset and nothing else.
    pub(super) fn look_at(&mut self, value: &Value, node: Node<'a>) {
        if let Value::Query(_) = value {
            self.access(Access::Query, node);
        }
    }

    /// Calls `each` for the elements that are known, and otherwise once for all.
    pub(super) fn each_element(
        &mut self,
        iterable: &Value,
        node: Node<'a>,
        mut each: impl FnMut(&mut Self, Value),
    ) {
        self.consume(iterable, node);
        match iterable {
            Value::List(list) if !list.is_empty() && list.len() <= MAX_ELEMENTS => {
                for element in list.iter() {
                    each(self, element.clone());
                }
            }
            Value::Query(_) => self.perhaps(|this| each(this, Value::Record)),
            _ => self.perhaps(|this| each(this, Value::Unknown)),
        }
    }

    pub(super) fn assignment(&mut self, node: Node<'a>) -> Value {
        // An annotation alone binds nothing.
        let Some(right) = node.child_by_field_name("right") else {
            return Value::Unknown;
        };
        let value = self.eval(right);
        if let Some(left) = node.child_by_field_name("left") {
            self.bind(left, value.clone(), right);
        }
        value
    }

    pub(super) fn augmented(&mut self, node: Node<'a>) -> Value {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) else {
            return Value::Unknown;
        };
        let (before, added) = (self.eval(left), self.eval(right));
        let after = match (before, added) {
            (Value::List(a), Value::List(b)) => Value::list(a.iter().chain(b.iter()).cloned()),
            (Value::List(a), added) => {
                self.consume(&added, right);
                Value::list(a.iter().cloned().chain([Value::Unknown]))
            }
            (Value::Query(class), _) => Value::Query(class),
            _ => Value::Unknown,
        };
        self.bind(left, after, right);
        Value::Unknown
    }

    /// Binds what stands on the left of `=`, after `as`, or between `for` and `in`.
    pub(super) fn bind(&mut self, left: Node<'a>, value: Value, right: Node<'a>) {
        self.nested(|this| this.bind_inside(left, value, right));
    }

    fn bind_inside(&mut self, left: Node<'a>, value: Value, right: Node<'a>) {
        match left.kind() {
            "identifier" => self.set(self.text(left), value),
            "attribute" => self.bind_attribute(left, value),
            "subscript" => self.each_child(left),
            "list_splat_pattern" | "parenthesized_expression" | "as_pattern_target" => {
                if let Some(inner) = children(left).into_iter().next() {
                    self.bind(inner, Value::Unknown, right);
                }
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" | "expression_list" | "tuple" | "list" => {
                // Unpacking iterates.
                self.consume(&value, right);
                let parts = children(left);
                for (index, part) in parts.iter().enumerate() {
                    let element = match &value {
                        Value::List(list) if list.len() == parts.len() => list[index].clone(),
                        Value::Query(_) => Value::Record,
                        _ => Value::Unknown,
                    };
                    self.bind(*part, element, right);
                }
            }
            _ => {}
        }
    }

    fn bind_attribute(&mut self, left: Node<'a>, value: Value) {
        let (Some(object), Some(name)) = (
            left.child_by_field_name("object"),
            left.child_by_field_name("attribute"),
        ) else {
            return;
        };
        let name = self.text(name);
        let conditional = self.frames.last().is_some_and(|frame| frame.conditional > 0);
        let scope = match self.eval(object) {
            Value::Instance(_, scope) => scope,
            Value::Class(class) => self.classes[class.0].scope,
            _ => return,
        };
        self.set_in(scope, name, value, conditional);
    }

    /// `[f(x) for x in xs if p(x)]` and its relatives. Even a generator expression takes the iterator of its first iterable
    /// at once, which runs the query.
    pub(super) fn comprehension(&mut self, node: Node<'a>) -> Value {
        let clauses: Vec<Node<'a>> = children(node)
            .into_iter()
            .filter(|child| matches!(child.kind(), "for_in_clause" | "if_clause"))
            .collect();
        let Some(frame) = self.frames.last() else {
            return Value::Unknown;
        };
        let outer = frame.scope;
        let inner = self.new_scope(Some(outer));
        self.swap_scope(inner);
        let mut values = Vec::new();
        self.clauses(node, &clauses, &mut values);
        self.swap_scope(outer);
        Value::List(values.into())
    }

    fn swap_scope(&mut self, scope: super::value::ScopeId) {
        if let Some(frame) = self.frames.last_mut() {
            frame.scope = scope;
        }
    }

    fn clauses(&mut self, node: Node<'a>, clauses: &[Node<'a>], values: &mut Vec<Value>) {
        let Some((clause, rest)) = clauses.split_first() else {
            for body in fields(node, "body") {
                let value = self.eval(body);
                if values.len() < MAX_ELEMENTS {
                    values.push(value);
                }
            }
            return;
        };
        if clause.kind() == "if_clause" {
            if let Some(condition) = children(*clause).into_iter().next()
                && self.truth(condition) == Some(false)
            {
                return;
            }
            self.nested(|this| this.clauses(node, rest, values));
            return;
        }
        let (Some(left), Some(right)) = (
            clause.child_by_field_name("left"),
            clause.child_by_field_name("right"),
        ) else {
            return;
        };
        let iterable = self.eval(right);
        self.each_element(&iterable, right, |this, element| {
            this.bind(left, element, right);
            this.nested(|this| this.clauses(node, rest, values));
        });
    }
}
