//! Attributes of values.

use std::rc::Rc;

use tree_sitter::Node;

use super::interpreter::Interpreter;
use super::orm;
use super::value::{Arguments, ClassId, Value};

impl<'a> Interpreter<'a> {
    pub(super) fn eval_attribute(&mut self, node: Node<'a>) -> Value {
        let (Some(object), Some(name)) = (
            node.child_by_field_name("object"),
            node.child_by_field_name("attribute"),
        ) else {
            return Value::Unknown;
        };
        let value = self.eval(object);
        let name = self.text(name);
        if matches!(value, Value::Unknown) && orm::is_manager_name(name) && self.looks_like_model(object) {
            return Value::Manager(None);
        }
        self.attribute_of(value, name, node)
    }

    /// Whether a value that is not known is called like a model, as loops over models and parameters call it.
    fn looks_like_model(&self, object: Node<'a>) -> bool {
        let text = self.text(object);
        let name = text.rsplit('.').next().unwrap_or(text);
        let lower = name.to_ascii_lowercase();
        lower == "cls"
            || lower == "klass"
            || lower.ends_with("model")
            || lower.ends_with("model_class")
            || lower.ends_with("user_class")
    }

    pub(super) fn attribute_of(&mut self, value: Value, name: &str, node: Node<'a>) -> Value {
        match &value {
            Value::Module(module) => self.module_attribute(*module, name),
            Value::External(dotted) => external_attribute(dotted, name),
            Value::Class(class) => self.of_class(*class, name),
            Value::Instance(class, scope) => {
                if let Some(own) = self.scopes[scope.0].names.get(name) {
                    return own.clone();
                }
                match self.class_attribute(*class, name) {
                    Some(found) => self.bound(found, &value, *class, node),
                    None => value.attribute(name),
                }
            }
            Value::Manager(Some(class)) | Value::Query(Some(class)) => {
                match self.class_attribute(*class, name) {
                    Some(found) => self.bound(found, &value, *class, node),
                    None => value.attribute(name),
                }
            }
            Value::Super(after, object) => match self.attribute_after(object, *after, name) {
                Some(found) => self.bound(found, &Rc::clone(object), *after, node),
                None => match &**object {
                    Value::Manager(_) => Value::Manager(None).attribute(name),
                    Value::Query(_) => Value::Query(None).attribute(name),
                    other => other.clone().attribute(name),
                },
            },
            Value::Model if orm::is_manager_name(name) => Value::Manager(None),
            _ => value.attribute(name),
        }
    }

    fn of_class(&mut self, class: ClassId, name: &str) -> Value {
        match self.class_attribute(class, name) {
            Some(Value::Function(function)) if self.functions[function.0].marks.class_method => {
                Value::Bound(function, Rc::new(Value::Class(class)))
            }
            Some(found) => found,
            None if orm::is_manager_name(name) && self.may_be_model(class) => Value::Manager(None),
            None => Value::Class(class).attribute(name),
        }
    }

    /// A function that was found in a class, on the object through which it was found.
    fn bound(&mut self, found: Value, object: &Value, class: ClassId, node: Node<'a>) -> Value {
        let Value::Function(function) = found else {
            return found;
        };
        let definition = self.functions[function.0];
        if definition.marks.static_method || definition.class.is_none() {
            return found;
        }
        if definition.marks.property {
            return self.call_function(function, Some(object.clone()), &Arguments::default(), Some(node));
        }
        let on = if definition.marks.class_method {
            Value::Class(class)
        } else {
            object.clone()
        };
        Value::Bound(function, Rc::new(on))
    }
}

/// An attribute of something that the project does not define; the names that matter become what they are.
pub(super) fn external_attribute(dotted: &str, name: &str) -> Value {
    let last = dotted.rsplit('.').next().unwrap_or(dotted);
    let is_class = last.starts_with(|c: char| c.is_uppercase()) && last.chars().any(char::is_lowercase);
    if orm::is_manager_name(name) && is_class && !orm::is_other_mapper(dotted) {
        return Value::Manager(None);
    }
    known(&format!("{dotted}.{name}"))
}

/// What a dotted name of somebody else stands for.
pub(super) fn known(dotted: &str) -> Value {
    match dotted {
        "sys.argv" => Value::Argv,
        "typing.TYPE_CHECKING" | "typing_extensions.TYPE_CHECKING" => Value::Bool(false),
        "django.db.connection" | "django.db.backends.utils.connection" => Value::Connection,
        "django.db.connections" => Value::Connections,
        _ => Value::external(dotted),
    }
}
