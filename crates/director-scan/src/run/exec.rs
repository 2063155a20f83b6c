//! Statements.

use tree_sitter::Node;

use super::interpreter::Interpreter;
use super::value::Value;
use crate::django::Access;
use crate::syntax::{children, fields};

/// Literal lists up to this length are gone through element by element.
pub(super) const MAX_ELEMENTS: usize = 16;

/// What comes after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    /// `break` and `continue`: the rest of the loop's body is not reached.
    EndOfLoop,
    /// `return` and `raise`.
    EndOfFunction,
}

impl<'a> Interpreter<'a> {
    /// The statements of a block, up to the one that leaves it.
    pub(super) fn block(&mut self, block: Node<'a>) -> Flow {
        for statement in children(block) {
            let flow = self
                .nested(|this| this.statement(statement))
                .unwrap_or(Flow::Next);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn field_block(&mut self, node: Node<'a>, field: &str) -> Flow {
        node.child_by_field_name(field)
            .map_or(Flow::Next, |block| self.block(block))
    }

    fn statement(&mut self, node: Node<'a>) -> Flow {
        match node.kind() {
            "if_statement" => return self.if_statement(node),
            "for_statement" => self.for_statement(node),
            "while_statement" => self.while_statement(node),
            "try_statement" => return self.try_statement(node),
            "with_statement" => return self.with_statement(node),
            "match_statement" => self.match_statement(node),
            "return_statement" => return self.return_statement(node),
            "raise_statement" => {
                self.each_child(node);
                return Flow::EndOfFunction;
            }
            "break_statement" | "continue_statement" => return Flow::EndOfLoop,
            "import_statement" => self.import_statement(node),
            "import_from_statement" => self.import_from(node),
            "function_definition" => self.define_function(node, &[]),
            "class_definition" => self.define_class(node, &[]),
            "decorated_definition" => self.decorated(node),
            "global_statement" => {
                let names: Vec<String> = children(node)
                    .iter()
                    .map(|name| self.text(*name).to_owned())
                    .collect();
                if let Some(frame) = self.frames.last_mut() {
                    frame.globals.extend(names);
                }
            }
            "assert_statement" => {
                for part in children(node) {
                    self.truth(part);
                }
            }
            "pass_statement" | "nonlocal_statement" | "future_import_statement" | "type_alias_statement" => {}
            _ => self.each_child(node),
        }
        Flow::Next
    }

    pub(super) fn each_child(&mut self, node: Node<'a>) {
        for child in children(node) {
            self.eval(child);
        }
    }

    /// Runs `inside` as something that may not happen.
    pub(super) fn perhaps<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.frames.len();
        let change = |this: &mut Self, by: isize| {
            if let Some(frame) = depth.checked_sub(1).and_then(|at| this.frames.get_mut(at)) {
                frame.conditional = frame.conditional.saturating_add_signed(by);
            }
        };
        change(self, 1);
        let value = inside(self);
        change(self, -1);
        value
    }

    fn if_statement(&mut self, node: Node<'a>) -> Flow {
        let mut flows = Vec::new();
        let mut arms = vec![node];
        arms.extend(fields(node, "alternative"));
        let mut uncertain = false;
        for arm in arms {
            let Some(condition) = arm.child_by_field_name("condition") else {
                flows.push(self.arm(arm, "body", uncertain));
                return joined(&flows, true);
            };
            match self.truth(condition) {
                Some(true) => {
                    flows.push(self.arm(arm, "consequence", uncertain));
                    return joined(&flows, true);
                }
                Some(false) => {}
                None => {
                    uncertain = true;
                    flows.push(self.arm(arm, "consequence", true));
                }
            }
        }
        joined(&flows, false)
    }

    fn arm(&mut self, arm: Node<'a>, field: &str, uncertain: bool) -> Flow {
        if uncertain {
            self.perhaps(|this| this.field_block(arm, field))
        } else {
            self.field_block(arm, field)
        }
    }

    fn for_statement(&mut self, node: Node<'a>) {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
        ) else {
            return;
        };
        let iterable = self.eval(right);
        self.each_element(&iterable, right, |this, element| {
            this.bind(left, element, right);
            this.field_block(node, "body");
        });
        for alternative in fields(node, "alternative") {
            self.field_block(alternative, "body");
        }
    }

    fn while_statement(&mut self, node: Node<'a>) {
        if let Some(condition) = node.child_by_field_name("condition") {
            match self.truth(condition) {
                Some(false) => return,
                Some(true) => {
                    self.field_block(node, "body");
                }
                None => {
                    self.perhaps(|this| this.field_block(node, "body"));
                }
            }
        }
        for alternative in fields(node, "alternative") {
            self.field_block(alternative, "body");
        }
    }

    fn try_statement(&mut self, node: Node<'a>) -> Flow {
        let body = self.field_block(node, "body");
        let mut flows = vec![body];
        for part in children(node) {
            match part.kind() {
                "except_clause" | "except_group_clause" => {
                    let block = children(part).into_iter().rfind(|child| child.kind() == "block");
                    let flow = block.map_or(Flow::Next, |block| self.perhaps(|this| this.block(block)));
                    flows.push(flow);
                }
                "else_clause" if body == Flow::Next => flows[0] = self.field_block(part, "body"),
                "finally_clause" => {
                    let block = children(part).into_iter().find(|child| child.kind() == "block");
                    if let Some(block) = block
                        && self.block(block) != Flow::Next
                    {
                        return Flow::EndOfFunction;
                    }
                }
                _ => {}
            }
        }
        joined(&flows, true)
    }

    fn with_statement(&mut self, node: Node<'a>) -> Flow {
        for clause in children(node)
            .into_iter()
            .filter(|child| child.kind() == "with_clause")
        {
            for item in children(clause) {
                let Some(value) = item.child_by_field_name("value") else {
                    continue;
                };
                let (expression, alias) = match value.kind() {
                    "as_pattern" => (
                        children(value).into_iter().next(),
                        value.child_by_field_name("alias"),
                    ),
                    _ => (Some(value), None),
                };
                let Some(expression) = expression else { continue };
                let entered = self.eval(expression);
                let entered = self.enter(entered, expression);
                if let Some(alias) = alias.and_then(|alias| children(alias).into_iter().next()) {
                    self.bind(alias, entered, expression);
                }
            }
        }
        self.field_block(node, "body")
    }

    /// What `with` does to a value.
    fn enter(&mut self, value: Value, node: Node<'a>) -> Value {
        match &value {
            Value::Atomic => {
                self.access(Access::Transaction, node);
                Value::Unknown
            }
            Value::Prepared(prepared) if prepared.deferred => {
                self.consume(&value, node);
                Value::Unknown
            }
            Value::Instance(class, _) => match self.class_attribute(*class, "__enter__") {
                Some(Value::Function(function)) => self.call_function(
                    function,
                    Some(value.clone()),
                    &super::value::Arguments::default(),
                    Some(node),
                ),
                _ => value,
            },
            _ => value,
        }
    }

    fn match_statement(&mut self, node: Node<'a>) {
        for subject in fields(node, "subject") {
            self.eval(subject);
        }
        let Some(body) = node.child_by_field_name("body") else {
            return;
        };
        for case in children(body)
            .into_iter()
            .filter(|child| child.kind() == "case_clause")
        {
            self.perhaps(|this| this.field_block(case, "consequence"));
        }
    }

    fn return_statement(&mut self, node: Node<'a>) -> Flow {
        let value = match children(node).into_iter().next() {
            Some(expression) => self.eval(expression),
            None => Value::None,
        };
        if let Some(frame) = self.frames.last_mut()
            && (value.is_telling() || !frame.returned.is_telling())
        {
            frame.returned = value;
        }
        Flow::EndOfFunction
    }
}

/// The flow after several branches: they all have to leave, and one of them has to be taken.
fn joined(flows: &[Flow], exhaustive: bool) -> Flow {
    let all_leave = exhaustive && !flows.is_empty() && flows.iter().all(|flow| *flow != Flow::Next);
    if !all_leave {
        return Flow::Next;
    }
    if flows.contains(&Flow::EndOfLoop) {
        Flow::EndOfLoop
    } else {
        Flow::EndOfFunction
    }
}
