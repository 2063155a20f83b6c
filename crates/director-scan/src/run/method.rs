//! Methods of what the project does not define: managers, querysets, rows, connections, threads.

use std::rc::Rc;

use tree_sitter::Node;

use super::argv::Match;
use super::expression::words_of;
use super::interpreter::Interpreter;
use super::orm::{self, Effect};
use super::value::{Arguments, Value};
use crate::django::Access;

impl<'a> Interpreter<'a> {
    pub(super) fn call_method(
        &mut self,
        object: &Value,
        name: &str,
        arguments: &Arguments,
        node: Node<'a>,
    ) -> Value {
        match object {
            Value::Manager(class) | Value::Query(class) => self.of_queryset(*class, name, node),
            Value::Record => self.of_row(name, node),
            Value::Connection => self.of_connection(name, node),
            Value::Attribute(inner, field) => self.of_attribute(inner, field, name, arguments, node),
            Value::Thread(target) if name == "start" => self.in_thread(&Rc::clone(target), node),
            Value::Thread(target) if name == "run" => self.call_value(&Rc::clone(target), arguments, node),
            Value::Instance(class, _) => match name {
                "start" if self.is_thread(*class) => {
                    let run = self.attribute_of(object.clone(), "run", node);
                    self.in_thread(&run, node)
                }
                "get_model" => Value::Model,
                "get_models" => Value::List(Rc::new([Value::Model])),
                _ => self.of_unknown(object, name, arguments, node),
            },
            Value::Class(class) if name == "as_manager" => Value::Manager(Some(*class)),
            Value::Class(class) if name == "from_queryset" => {
                from_queryset(arguments).unwrap_or_else(|| Value::Class(*class).attribute("as_manager"))
            }
            Value::Text(_) if name == "format" || name == "join" => {
                for value in &arguments.positional {
                    self.consume(value, node);
                }
                Value::Unknown
            }
            Value::ArgvWord(_) => {
                let how = match name {
                    "endswith" => Match::AtEnd,
                    "startswith" => Match::AtStart,
                    "split" | "lower" | "strip" | "rsplit" => return object.clone(),
                    _ => return Value::Unknown,
                };
                let words = arguments.positional.first().and_then(words_of);
                let answer = words.and_then(|words| self.argv_test(object, how, &words, node));
                answer.map_or(Value::Unknown, Value::Bool)
            }
            _ => self.of_unknown(object, name, arguments, node),
        }
    }

    fn of_queryset(&mut self, class: Option<super::value::ClassId>, name: &str, node: Node<'a>) -> Value {
        match orm::effect(name) {
            Effect::Lazy => Value::Query(class),
            Effect::Empty => Value::Unknown,
            Effect::Reads => {
                self.access(Access::Query, node);
                Value::Unknown
            }
            Effect::ReadsRow => {
                self.access(Access::Query, node);
                Value::Record
            }
            Effect::Writes => {
                self.access(Access::Write, node);
                Value::Record
            }
            Effect::Custom if orm::custom_asks(name) => {
                self.access(Access::Query, node);
                Value::Record
            }
            // Most methods that others add return a queryset; it counts when somebody looks at it.
            Effect::Custom if is_plumbing(name) => Value::Unknown,
            Effect::Custom => Value::Query(None),
        }
    }

    fn of_row(&mut self, name: &str, node: Node<'a>) -> Value {
        match name {
            "save" | "delete" | "asave" | "adelete" => self.access(Access::Write, node),
            "refresh_from_db" | "arefresh_from_db" => self.access(Access::Query, node),
            _ => {}
        }
        Value::Unknown
    }

    fn of_connection(&mut self, name: &str, node: Node<'a>) -> Value {
        if matches!(
            name,
            "cursor" | "chunked_cursor" | "ensure_connection" | "connect" | "schema_editor" | "is_usable"
        ) {
            self.access(Access::Connection, node);
        }
        Value::Unknown
    }

    /// A method of an attribute: `row.items.all()`, `connection.introspection.table_names()`.
    fn of_attribute(
        &mut self,
        inner: &Value,
        field: &str,
        name: &str,
        arguments: &Arguments,
        node: Node<'a>,
    ) -> Value {
        match (inner, orm::effect(name)) {
            (Value::Record, Effect::Lazy) if name != "values" => Value::Query(None),
            (Value::Record, Effect::Reads | Effect::ReadsRow) if field.ends_with("_set") => {
                self.access(Access::Query, node);
                Value::Unknown
            }
            (Value::Record, Effect::Writes) if field.ends_with("_set") => {
                self.access(Access::Write, node);
                Value::Record
            }
            (Value::Connection, _) if field == "introspection" => {
                let asks = name.starts_with("table_names")
                    || name.starts_with("django_table_names")
                    || name.starts_with("get_")
                    || name == "installed_models";
                if asks && !name.ends_with("_converter") {
                    self.access(Access::Connection, node);
                }
                Value::Unknown
            }
            (Value::Manager(_) | Value::Query(_), _) if field == "model" && name == "objects" => {
                Value::Manager(None)
            }
            _ => self.of_unknown(inner, name, arguments, node),
        }
    }

    /// What callers of anything do with the values that they are given.
    fn of_unknown(&mut self, object: &Value, name: &str, arguments: &Arguments, node: Node<'a>) -> Value {
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("run_until_complete" | "create_task" | "ensure_future", Some(first)) => {
                self.consume(&first, node)
            }
            ("extend" | "update" | "join" | "writerows", Some(first @ Value::Query(_))) => {
                self.consume(&first, node)
            }
            ("submit", Some(first)) => self.in_thread(&first, node),
            ("run_in_executor", Some(_)) => match arguments.positional.get(1).cloned() {
                Some(second) => self.in_thread(&second, node),
                None => Value::Unknown,
            },
            ("get_model", _) if matches!(object, Value::Unknown) => Value::Model,
            _ => Value::Unknown,
        }
    }

    /// Calls something beside the start: nobody waits for it, but it begins at once, or after the time of a timer.
    pub(super) fn in_thread(&mut self, target: &Value, node: Node<'a>) -> Value {
        let outer = std::mem::replace(&mut self.in_thread, true);
        self.call_value(target, &Arguments::default(), node);
        self.in_thread = outer;
        Value::Unknown
    }
}

/// Methods that are about the manager and not about rows.
fn is_plumbing(name: &str) -> bool {
    name.starts_with('_')
        || name.starts_with("clear_")
        || matches!(
            name,
            "contribute_to_class"
                | "check"
                | "deconstruct"
                | "as_manager"
                | "as_view"
                | "register"
                | "connect"
        )
}

/// `Manager.from_queryset(QuerySet)` is a class whose objects are managers with the methods of that queryset.
pub(super) fn from_queryset(arguments: &Arguments) -> Option<Value> {
    match arguments.positional.first() {
        Some(Value::Class(class)) => Some(Value::Class(*class).attribute("as_manager")),
        _ => None,
    }
}
