//! Functions and classes of Python, Django and others.

use std::path::PathBuf;
use std::rc::Rc;

use tree_sitter::Node;

use super::attribute::known;
use super::interpreter::Interpreter;
use super::orm;
use super::value::{Arguments, Prepared, Value};
use crate::django::Access;

impl<'a> Interpreter<'a> {
    pub(super) fn call_external(&mut self, dotted: &str, arguments: &Arguments, node: Node<'a>) -> Value {
        if let Some(name) = dotted.strip_prefix("builtins.") {
            return self.call_builtin(name, arguments, node);
        }
        if orm::opens_connection(dotted) {
            self.access(Access::Connection, node);
            return Value::Unknown;
        }
        if orm::asks_inside(dotted) {
            self.access(Access::Query, node);
            return Value::Unknown;
        }
        match dotted {
            "django.db.transaction.atomic" => match arguments.positional.first() {
                // Used on a function: each call of it opens a transaction.
                Some(Value::Function(function)) => {
                    self.functions[function.0].marks.atomic = true;
                    Value::Function(*function)
                }
                _ => Value::Atomic,
            },
            // Outside of a transaction, and a start is outside, it runs at once.
            "django.db.transaction.on_commit" => self.call_first(arguments, node),
            "django.core.management.call_command" => self.call_command(arguments, node),
            "django.contrib.auth.get_user_model"
            | "django.apps.apps.get_model"
            | "django.apps.registry.apps.get_model"
            | "django.contrib.admin.utils.get_model" => Value::Model,
            "django.apps.apps.get_models" | "django.apps.registry.apps.get_models" => {
                Value::List(Rc::new([Value::Model]))
            }
            "importlib.import_module" | "django.utils.module_loading.import_module" => {
                self.import_by_name(arguments, node)
            }
            "threading.Thread" | "multiprocessing.Process" => {
                let target = arguments.at(1, "target").cloned().unwrap_or(Value::Unknown);
                prepare_thread(target, arguments.at(3, "args"))
            }
            "threading.Timer" => {
                let target = arguments.at(1, "function").cloned().unwrap_or(Value::Unknown);
                prepare_thread(target, arguments.at(2, "args"))
            }
            "_thread.start_new_thread" => match arguments.positional.first().cloned() {
                Some(target) => self.in_thread(&target, node),
                None => Value::Unknown,
            },
            "asyncio.run" | "asyncio.create_task" | "asyncio.ensure_future" => {
                match arguments.positional.first() {
                    Some(first) => self.consume(&first.clone(), node),
                    None => Value::Unknown,
                }
            }
            "asgiref.sync.async_to_sync" | "asgiref.sync.sync_to_async" => match arguments.positional.first()
            {
                Some(Value::Function(function)) => {
                    // What it wraps runs when the wrapper is called.
                    self.functions[function.0].marks.deferred = false;
                    Value::Function(*function)
                }
                other => other.cloned().unwrap_or(Value::Unknown),
            },
            "functools.partial" => prepare(arguments),
            "os.path.basename" | "pathlib.Path" => match arguments.positional.first() {
                Some(word @ Value::ArgvWord(_)) => word.clone(),
                _ => known(&format!("{dotted}()")),
            },
            _ => Self::call_other(dotted, arguments),
        }
    }

    /// By the name alone.
    fn call_other(dotted: &str, arguments: &Arguments) -> Value {
        let last = dotted.rsplit('.').next().unwrap_or(dotted);
        let is_class = last.starts_with(char::is_uppercase);
        match last {
            "from_queryset" => super::method::from_queryset(arguments)
                .unwrap_or_else(|| Value::external("django.db.models.Manager")),
            "as_manager" => Value::Manager(None),
            "QuerySet" | "RawQuerySet" => Value::Query(None),
            _ if is_class && last.ends_with("Manager") && dotted.contains("models") => Value::Manager(None),
            // A row of a model of somebody else, such as `django.contrib.auth.models.Group`.
            _ if is_class && dotted.contains(".models.") && !dotted.starts_with("django.db.models") => {
                Value::Record
            }
            _ => Value::Unknown,
        }
    }

    fn call_first(&mut self, arguments: &Arguments, node: Node<'a>) -> Value {
        match arguments.positional.first().cloned() {
            Some(first) => self.call_value(&first, &Arguments::default(), node),
            None => Value::Unknown,
        }
    }

    fn call_builtin(&mut self, name: &str, arguments: &Arguments, node: Node<'a>) -> Value {
        let first = arguments.positional.first().cloned();
        match name {
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "dict" | "len" | "bool" | "sum" | "min"
            | "max" | "any" | "all" | "enumerate" | "zip" | "iter" | "next" | "reversed" | "str" | "repr"
            | "print" => {
                for value in &arguments.positional {
                    self.consume(value, node);
                }
                if let Some(key) = arguments.at(usize::MAX, "key").cloned() {
                    self.call_value(&key, &Arguments::of(vec![Value::Unknown]), node);
                }
                match (name, first) {
                    (
                        "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed",
                        Some(Value::List(list)),
                    ) => Value::List(list),
                    (
                        "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed",
                        Some(Value::Query(_)),
                    ) => Value::List(Rc::new([Value::Record])),
                    ("next", Some(Value::Query(_))) => Value::Record,
                    ("iter", Some(value)) => value,
                    _ => Value::Unknown,
                }
            }
            // The iterables are opened at once; the function runs when somebody iterates.
            "map" | "filter" => {
                for value in arguments.positional.iter().skip(1) {
                    self.consume(value, node);
                }
                match first {
                    Some(callee @ (Value::Function(_) | Value::Bound(..))) => {
                        let element = element_of(arguments.positional.get(1));
                        Value::Prepared(Rc::new(Prepared {
                            callee,
                            arguments: Arguments::of(vec![element]),
                            deferred: true,
                        }))
                    }
                    _ => Value::Unknown,
                }
            }
            "super" => self.super_object(),
            "getattr" => match (first, arguments.text(1).map(str::to_owned)) {
                (Some(object), Some(name)) => self.attribute_of(object, &name, node),
                _ => Value::Unknown,
            },
            "type" => match first {
                Some(Value::Instance(class, _)) => Value::Class(class),
                _ => Value::Unknown,
            },
            "__import__" => self.import_by_name(arguments, node),
            _ => Value::Unknown,
        }
    }

    fn super_object(&self) -> Value {
        // A comprehension or lambda inside of the method has a frame of its own.
        let method = self.frames.iter().rev().find_map(|frame| frame.method.clone());
        method.map_or(Value::Unknown, |(class, object)| {
            Value::Super(class, Rc::new(object))
        })
    }

    fn import_by_name(&mut self, arguments: &Arguments, node: Node<'a>) -> Value {
        let Some(written) = arguments.text(0).map(str::to_owned) else {
            return Value::Unknown;
        };
        let dotted = written.trim_start_matches('.');
        let level = written.len() - dotted.len();
        self.import_dotted(level, dotted, node)
            .unwrap_or_else(|| known(dotted))
    }

    /// A management command: one of the project is followed, one of Django is known.
    fn call_command(&mut self, arguments: &Arguments, node: Node<'a>) -> Value {
        let Some(name) = arguments.text(0).map(str::to_owned) else {
            return Value::Unknown;
        };
        if orm::command_asks(&name) {
            self.access(Access::Command, node);
            return Value::Unknown;
        }
        let tail: PathBuf = ["management", "commands", &format!("{name}.py")].iter().collect();
        let Some(file) = self.sources.find_by_end(&tail) else {
            return Value::Unknown;
        };
        let Some(module) = self.import_file(&file, Some(node)) else {
            return Value::Unknown;
        };
        if let Some(Value::Class(class)) = self.module_value(module, "Command") {
            let scope = self.new_scope(None);
            let object = Value::Instance(class, scope);
            if let Some(Value::Function(handle)) = self.class_attribute(class, "handle") {
                return self.call_function(handle, Some(object), &Arguments::default(), Some(node));
            }
        }
        Value::Unknown
    }
}

fn prepare(arguments: &Arguments) -> Value {
    let Some((callee, rest)) = arguments.positional.split_first() else {
        return Value::Unknown;
    };
    Value::Prepared(Rc::new(Prepared {
        callee: callee.clone(),
        arguments: Arguments {
            positional: rest.to_vec(),
            keywords: arguments.keywords.clone(),
        },
        deferred: false,
    }))
}

fn prepare_thread(target: Value, given: Option<&Value>) -> Value {
    let positional = match given {
        Some(Value::List(list)) => list.to_vec(),
        _ => Vec::new(),
    };
    let call = Value::Prepared(Rc::new(Prepared {
        callee: target,
        arguments: Arguments::of(positional),
        deferred: false,
    }));
    Value::Thread(Rc::new(call))
}

fn element_of(iterable: Option<&Value>) -> Value {
    match iterable {
        Some(Value::Query(_)) => Value::Record,
        Some(Value::List(list)) => list.first().cloned().unwrap_or(Value::Unknown),
        _ => Value::Unknown,
    }
}
