//! Expressions.

use tree_sitter::Node;

use super::argv::Match;
use super::interpreter::Interpreter;
use super::value::Value;
use crate::django::Access;
use crate::syntax::{children, fields};

/// A list that is this long already takes in no other one.
const MAX_SPREAD: usize = 4096;

impl<'a> Interpreter<'a> {
    pub(super) fn eval(&mut self, node: Node<'a>) -> Value {
        self.nested(|this| this.eval_inside(node))
            .unwrap_or(Value::Unknown)
    }

    fn eval_inside(&mut self, node: Node<'a>) -> Value {
        match node.kind() {
            "identifier" => self.name(node),
            "attribute" => self.eval_attribute(node),
            "call" => self.eval_call(node),
            "string" | "concatenated_string" => self.eval_string(node),
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "none" => Value::None,
            "integer" | "float" | "ellipsis" | "type" => Value::Unknown,
            "list" | "tuple" | "set" | "expression_list" => self.eval_list(node),
            "subscript" => self.eval_subscript(node),
            "assignment" => self.assignment(node),
            "augmented_assignment" => self.augmented(node),
            "named_expression" => {
                let value = node
                    .child_by_field_name("value")
                    .map_or(Value::Unknown, |value| self.eval(value));
                if let Some(name) = node.child_by_field_name("name") {
                    self.set(self.text(name), value.clone());
                }
                value
            }
            "binary_operator" => self.binary(node),
            "boolean_operator" => self.boolean(node),
            "not_operator" => self.truth(node).map_or(Value::Unknown, Value::Bool),
            "comparison_operator" => self.comparison(node).map_or(Value::Unknown, Value::Bool),
            "conditional_expression" => self.conditional(node),
            "lambda" => self.lambda(node),
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => self.comprehension(node),
            "await" => {
                let value = self.first_child(node);
                self.consume(&value, node)
            }
            "yield" => {
                let from = node.child(1).is_some_and(|word| word.kind() == "from");
                let value = self.first_child(node);
                if from {
                    self.consume(&value, node);
                }
                Value::Unknown
            }
            "parenthesized_expression" => self.first_child(node),
            "keyword_argument" => node
                .child_by_field_name("value")
                .map_or(Value::Unknown, |value| self.eval(value)),
            "list_splat" | "dictionary_splat" => {
                let value = self.first_child(node);
                self.consume(&value, node);
                value
            }
            _ => {
                self.each_child(node);
                Value::Unknown
            }
        }
    }

    fn first_child(&mut self, node: Node<'a>) -> Value {
        children(node)
            .into_iter()
            .next()
            .map_or(Value::Unknown, |child| self.eval(child))
    }

    fn name(&mut self, node: Node<'a>) -> Value {
        let name = self.text(node);
        self.lookup(name)
            .unwrap_or_else(|| Value::external(&format!("builtins.{name}")))
    }

    /// The value of a literal; what an f-string shows is evaluated.
    fn eval_string(&mut self, node: Node<'a>) -> Value {
        if let Some(text) = self.module().and_then(|module| module.source.string(node)) {
            return Value::text(&text);
        }
        for part in children(node) {
            if part.kind() == "string" {
                self.eval(part);
            }
            for expression in fields(part, "expression") {
                let value = self.eval(expression);
                self.look_at(&value, expression);
            }
        }
        Value::Unknown
    }

    fn eval_list(&mut self, node: Node<'a>) -> Value {
        let mut list = Vec::new();
        for child in children(node) {
            let value = self.eval(child);
            match (child.kind(), value) {
                ("list_splat", Value::List(inner)) if list.len() < MAX_SPREAD => {
                    list.extend(inner.iter().cloned())
                }
                ("list_splat", _) => list.push(Value::Unknown),
                (_, value) => list.push(value),
            }
        }
        Value::list(list)
    }

    fn eval_subscript(&mut self, node: Node<'a>) -> Value {
        let value = node
            .child_by_field_name("value")
            .map_or(Value::Unknown, |value| self.eval(value));
        let subscripts = fields(node, "subscript");
        for subscript in &subscripts {
            self.eval(*subscript);
        }
        let slice = subscripts.first().filter(|subscript| subscript.kind() == "slice");
        let index = subscripts
            .first()
            .and_then(|subscript| self.text(*subscript).parse::<usize>().ok());
        match value {
            Value::Query(class) => match slice {
                Some(slice) if !has_step(*slice) => Value::Query(class),
                Some(_) => {
                    self.access(Access::Query, node);
                    Value::Unknown
                }
                None => {
                    self.access(Access::Query, node);
                    Value::Record
                }
            },
            Value::Connections => Value::Connection,
            Value::Argv if slice.is_some() => Value::Argv,
            Value::Argv => index.map_or(Value::Unknown, Value::ArgvWord),
            Value::List(list) => index
                .and_then(|index| list.get(index).cloned())
                .unwrap_or(Value::Unknown),
            _ => Value::Unknown,
        }
    }

    fn binary(&mut self, node: Node<'a>) -> Value {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) else {
            return Value::Unknown;
        };
        let (left, right_value) = (self.eval(left), self.eval(right));
        let operator = node
            .child_by_field_name("operator")
            .map_or("", |operator| operator.kind());
        match (operator, left, right_value) {
            ("+", Value::List(a), Value::List(b)) => Value::list(a.iter().chain(b.iter()).cloned()),
            // A part that is not known stays visible as such.
            ("+", Value::List(a), _) | ("+", _, Value::List(a)) => {
                Value::list(a.iter().cloned().chain([Value::Unknown]))
            }
            ("%", Value::Text(_), shown) => {
                self.look_at(&shown, right);
                Value::Unknown
            }
            ("|" | "&" | "^", Value::Query(class), _) => Value::Query(class),
            _ => Value::Unknown,
        }
    }

    /// `and` and `or`: the value of one side, after the left one was looked at.
    fn boolean(&mut self, node: Node<'a>) -> Value {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) else {
            return Value::Unknown;
        };
        let is_and = node
            .child_by_field_name("operator")
            .is_some_and(|operator| operator.kind() == "and");
        let (value, truth) = self.value_and_truth(left);
        match truth {
            Some(known) if known != is_and => value,
            Some(_) => self.eval(right),
            None => {
                let other = self.perhaps(|this| this.eval(right));
                match (value, other) {
                    (Value::Bool(_), Value::Bool(_)) => Value::Unknown,
                    (value, other) if other.is_telling() || !value.is_telling() => other,
                    (value, _) => value,
                }
            }
        }
    }

    fn conditional(&mut self, node: Node<'a>) -> Value {
        let parts = children(node);
        let [yes, condition, no] = parts.as_slice() else {
            self.each_child(node);
            return Value::Unknown;
        };
        match self.truth(*condition) {
            Some(true) => self.eval(*yes),
            Some(false) => self.eval(*no),
            None => {
                let (yes, no) = self.perhaps(|this| (this.eval(*yes), this.eval(*no)));
                if yes.is_telling() { yes } else { no }
            }
        }
    }

    /// Evaluates a condition. What is looked at there is asked for: `if queryset:` runs the query.
    pub(super) fn truth(&mut self, node: Node<'a>) -> Option<bool> {
        self.nested(|this| this.value_and_truth(node).1).flatten()
    }

    fn value_and_truth(&mut self, node: Node<'a>) -> (Value, Option<bool>) {
        match node.kind() {
            "not_operator" => {
                let inner = node
                    .child_by_field_name("argument")
                    .and_then(|inner| self.truth(inner));
                (Value::Unknown, inner.map(|inner| !inner))
            }
            "parenthesized_expression" => match children(node).first() {
                Some(inner) => self
                    .nested(|this| this.value_and_truth(*inner))
                    .unwrap_or((Value::Unknown, None)),
                None => (Value::Unknown, None),
            },
            "boolean_operator" => self.boolean_truth(node),
            "integer" => (
                Value::Unknown,
                self.text(node).parse::<u64>().ok().map(|number| number != 0),
            ),
            _ => {
                let value = self.eval(node);
                self.look_at(&value, node);
                let truth = match &value {
                    Value::Bool(known) => Some(*known),
                    Value::None => Some(false),
                    _ => None,
                };
                (value, truth)
            }
        }
    }

    fn boolean_truth(&mut self, node: Node<'a>) -> (Value, Option<bool>) {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) else {
            return (Value::Unknown, None);
        };
        let is_and = node
            .child_by_field_name("operator")
            .is_some_and(|operator| operator.kind() == "and");
        let first = self.truth(left);
        if first == Some(!is_and) {
            return (Value::Unknown, first);
        }
        let second = self.truth(right);
        let truth = match (first, second) {
            (Some(_), second) => second,
            (None, Some(second)) if second != is_and => Some(second),
            (None, _) => None,
        };
        (Value::Unknown, truth)
    }

    /// Evaluates both sides; what is known is the answer of tests of `sys.argv` and of `__name__`.
    fn comparison(&mut self, node: Node<'a>) -> Option<bool> {
        let operands = children(node);
        let values: Vec<Value> = operands.iter().map(|operand| self.eval(*operand)).collect();
        let mut cursor = node.walk();
        let operator: Vec<&str> = node
            .children_by_field_name("operators", &mut cursor)
            .flat_map(|operator| operator.kind().split(' '))
            .collect();
        let ([left, right], [left_node, right_node]) = (values.as_slice(), operands.as_slice()) else {
            return None;
        };
        let (is_in, negated) = match operator.as_slice() {
            ["in"] => (true, false),
            ["not", "in"] => (true, true),
            ["==" | "is"] => (false, false),
            ["!="] | ["is", "not"] => (false, true),
            _ => return None,
        };
        if is_in {
            self.consume(right, *right_node);
        }
        if self.text(*left_node) == "__name__" {
            // Nothing here is run as the main program.
            return Some(negated);
        }
        let answer = match (left, right) {
            (words, argv @ (Value::Argv | Value::ArgvWord(_))) if is_in => {
                let how = if matches!(argv, Value::Argv) {
                    Match::Equal
                } else {
                    Match::Within
                };
                self.argv_test(argv, how, &words_of(words)?, node)
            }
            (argv @ Value::ArgvWord(_), words) => self.argv_test(argv, Match::Equal, &words_of(words)?, node),
            (words, argv @ Value::ArgvWord(_)) => self.argv_test(argv, Match::Equal, &words_of(words)?, node),
            (Value::Text(a), Value::Text(b)) if !is_in => Some(a == b),
            _ => None,
        };
        answer.map(|answer| answer != negated)
    }
}

/// The literal texts in a value.
pub(super) fn words_of(value: &Value) -> Option<Vec<String>> {
    let word = |value: &Value| match value {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    };
    match value {
        Value::List(list) => list.iter().map(word).collect(),
        _ => word(value).map(|word| vec![word]),
    }
}

fn has_step(slice: Node<'_>) -> bool {
    let mut cursor = slice.walk();
    let colons = slice
        .children(&mut cursor)
        .filter(|child| child.kind() == ":")
        .count();
    // `[::]` has no step either, and evaluates nothing.
    colons == 2
        && slice
            .child(u32::try_from(slice.child_count()).unwrap_or(1) - 1)
            .is_some_and(|last| last.kind() != ":")
}
