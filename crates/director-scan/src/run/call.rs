//! Calls.

use std::rc::Rc;

use tree_sitter::Node;

use super::interpreter::{Interpreter, MAX_CALLS};
use super::value::{Arguments, ClassId, FunctionId, Prepared, Value};
use crate::django::{Access, Step};
use crate::syntax::children;

impl<'a> Interpreter<'a> {
    pub(super) fn eval_call(&mut self, node: Node<'a>) -> Value {
        let (Some(function), Some(given)) = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        ) else {
            return Value::Unknown;
        };
        let callee = self.eval(function);
        if given.kind() == "generator_expression" {
            return self.call_on_generator(&callee, given, node);
        }
        let mut arguments = Arguments::default();
        for argument in children(given) {
            if argument.kind() == "keyword_argument" {
                let name = argument
                    .child_by_field_name("name")
                    .map_or("", |name| self.text(name));
                let value = self.eval(argument);
                if name == "choices" {
                    // Fields make a list of it at once.
                    self.look_at(&value, argument);
                }
                arguments.keywords.push((name.to_owned(), value));
            } else {
                let value = self.eval(argument);
                match (argument.kind(), value) {
                    ("list_splat", Value::List(list)) => arguments.spread(&list),
                    ("list_splat" | "dictionary_splat", _) => {}
                    (_, value) => arguments.positional.push(value),
                }
            }
        }
        if let Value::Attribute(object, name) = &callee
            && let Some(value) = self.grown(function, object, name, &arguments)
        {
            return value;
        }
        self.call_value(&callee, &arguments, node)
    }

    /// `any(…)` and `all(…)` over known words answer; every other callee gets a list.
    fn call_on_generator(&mut self, callee: &Value, generator: Node<'a>, node: Node<'a>) -> Value {
        let value = self.eval(generator);
        let (Value::External(name), Value::List(list)) = (callee, &value) else {
            return self.call_value(callee, &Arguments::of(vec![value]), node);
        };
        let known: Option<Vec<bool>> = list
            .iter()
            .map(|element| match element {
                Value::Bool(known) => Some(*known),
                _ => None,
            })
            .collect();
        match (&**name, known) {
            ("builtins.any", Some(known)) if !known.is_empty() => Value::Bool(known.contains(&true)),
            ("builtins.all", Some(known)) if !known.is_empty() => Value::Bool(!known.contains(&false)),
            _ => self.call_value(callee, &Arguments::of(vec![value]), node),
        }
    }

    /// `names.append(x)` and its relatives make a longer list of what the name stands for.
    fn grown(
        &mut self,
        function: Node<'a>,
        object: &Value,
        method: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let Value::List(list) = object else { return None };
        let added: Vec<Value> = match (method, arguments.positional.as_slice()) {
            ("append", [one]) | ("insert", [_, one]) => vec![one.clone()],
            ("extend", [Value::List(more)]) => more.to_vec(),
            _ => return None,
        };
        let name = function
            .child_by_field_name("object")
            .filter(|object| object.kind() == "identifier")?;
        self.set(self.text(name), Value::list(list.iter().cloned().chain(added)));
        Some(Value::None)
    }

    pub(super) fn call_value(&mut self, callee: &Value, arguments: &Arguments, node: Node<'a>) -> Value {
        self.nested(|this| this.call_inside(callee, arguments, node))
            .unwrap_or(Value::Unknown)
    }

    fn call_inside(&mut self, callee: &Value, arguments: &Arguments, node: Node<'a>) -> Value {
        match callee {
            Value::Function(function) => self.call_or_defer(*function, None, arguments, node),
            Value::Bound(function, object) => {
                self.call_or_defer(*function, Some((**object).clone()), arguments, node)
            }
            Value::Prepared(prepared) if !prepared.deferred => {
                let mut all = prepared.arguments.clone();
                all.spread(&arguments.positional);
                all.keywords.extend(arguments.keywords.iter().cloned());
                self.call_value(&prepared.callee.clone(), &all, node)
            }
            Value::Class(class) => self.instantiate(*class, arguments, node),
            Value::Instance(class, _) => match self.class_attribute(*class, "__call__") {
                Some(Value::Function(function)) => {
                    self.call_or_defer(function, Some(callee.clone()), arguments, node)
                }
                _ => Value::Unknown,
            },
            Value::Model => Value::Record,
            Value::External(name) => self.call_external(&Rc::clone(name), arguments, node),
            Value::Attribute(object, name) => {
                self.call_method(&Rc::clone(object), &Rc::clone(name), arguments, node)
            }
            _ => Value::Unknown,
        }
    }

    /// A coroutine or generator runs nothing when it is called.
    fn call_or_defer(
        &mut self,
        function: FunctionId,
        object: Option<Value>,
        arguments: &Arguments,
        node: Node<'a>,
    ) -> Value {
        if !self.functions[function.0].marks.deferred {
            return self.call_function(function, object, arguments, Some(node));
        }
        let callee = object.map_or(Value::Function(function), |object| {
            Value::Bound(function, Rc::new(object))
        });
        Value::Prepared(Rc::new(Prepared {
            callee,
            arguments: arguments.clone(),
            deferred: true,
        }))
    }

    pub(super) fn run_prepared(&mut self, prepared: &Prepared, node: Node<'a>) -> Value {
        match &prepared.callee {
            Value::Function(function) => self.call_function(*function, None, &prepared.arguments, Some(node)),
            Value::Bound(function, object) => self.call_function(
                *function,
                Some((**object).clone()),
                &prepared.arguments,
                Some(node),
            ),
            callee => self.call_value(&callee.clone(), &prepared.arguments, node),
        }
    }

    fn instantiate(&mut self, class: ClassId, arguments: &Arguments, node: Node<'a>) -> Value {
        if self.is_queryset(class) {
            return Value::Query(Some(class));
        }
        if self.is_manager(class) {
            return Value::Manager(Some(class));
        }
        if self.is_model(class) {
            return Value::Record;
        }
        let scope = self.new_scope(None);
        let object = Value::Instance(class, scope);
        if self.is_serializer(class) {
            // Its constructor sets it before anything of the project looks at it; a field of another serializer has none.
            let row = arguments.at(0, "instance").cloned().unwrap_or(Value::None);
            self.set_in(scope, "instance", row, false);
        }
        if let Some(Value::Function(function)) = self.class_attribute(class, "__init__") {
            self.call_function(function, Some(object.clone()), arguments, Some(node));
        }
        object
    }

    /// Executes the body of a function. What was called with the same kinds of values before is not executed again.
    pub(super) fn call_function(
        &mut self,
        function: FunctionId,
        object: Option<Value>,
        arguments: &Arguments,
        node: Option<Node<'a>>,
    ) -> Value {
        let definition = self.functions[function.0];
        if definition.marks.atomic
            && let Some(node) = node
        {
            self.access(Access::Transaction, node);
        }
        let mut kinds = String::new();
        for value in object.iter().chain(&arguments.positional) {
            value.key(&mut kinds);
        }
        for (name, value) in &arguments.keywords {
            kinds.push_str(name);
            value.key(&mut kinds);
        }
        let key = (function, kinds, self.in_thread);
        if let Some((value, accesses)) = self.known.get(&key) {
            self.accesses += accesses;
            return value.clone();
        }
        if self.active.contains(&function) || self.active.len() >= MAX_CALLS {
            if self.active.len() >= MAX_CALLS {
                self.cut_off();
            }
            return Value::Unknown;
        }
        let step = node.and_then(|node| self.place(node)).map(|place| Step {
            place,
            text: format!("calls {}", self.function_name(function)),
        });
        let stepped = step.is_some();
        self.chain.extend(step);
        self.active.push(function);
        let before = self.accesses;
        let value = self.body(function, object, arguments);
        self.active.pop();
        if stepped {
            self.chain.pop();
        }
        self.known.insert(key, (value.clone(), self.accesses - before));
        value
    }

    fn function_name(&self, function: FunctionId) -> String {
        let definition = self.functions[function.0];
        let source = self.modules[definition.module.0].source;
        let Some(name) = definition.node.child_by_field_name("name") else {
            return "a lambda".to_owned();
        };
        match definition.class {
            Some(class) => format!("{}.{}()", self.classes[class.0].name, source.text(name)),
            None => format!("{}()", source.text(name)),
        }
    }

    fn body(&mut self, function: FunctionId, object: Option<Value>, arguments: &Arguments) -> Value {
        let definition = self.functions[function.0];
        let scope = self.new_scope(Some(definition.scope));
        let mut frame = Self::frame(definition.module, scope);
        frame.method = definition.class.zip(object.clone());
        self.frames.push(frame);
        if let Some(parameters) = definition.node.child_by_field_name("parameters") {
            self.bind_parameters(parameters, object, arguments);
        }
        let Some(body) = definition.node.child_by_field_name("body") else {
            return self.leave_frame();
        };
        if definition.node.kind() == "lambda" {
            let value = self.eval(body);
            self.leave_frame();
            return value;
        }
        self.block(body);
        self.leave_frame()
    }

    fn bind_parameters(&mut self, parameters: Node<'a>, object: Option<Value>, arguments: &Arguments) {
        let mut positional = object.into_iter().chain(arguments.positional.iter().cloned());
        for parameter in children(parameters) {
            let name = match parameter.kind() {
                "identifier" => Some(parameter),
                "typed_parameter" => children(parameter)
                    .into_iter()
                    .next()
                    .filter(|name| name.kind() == "identifier"),
                "default_parameter" | "typed_default_parameter" => parameter.child_by_field_name("name"),
                "list_splat_pattern" => {
                    let rest: Vec<Value> = positional.by_ref().collect();
                    if let Some(name) = children(parameter).into_iter().next() {
                        self.set(self.text(name), Value::List(rest.into()));
                    }
                    continue;
                }
                _ => None,
            };
            let Some(name) = name else { continue };
            let name = self.text(name);
            let keyword = arguments.keywords.iter().find(|(keyword, _)| keyword == name);
            let given = match keyword {
                Some((_, value)) => Some(value.clone()),
                None => positional.next(),
            };
            let value = given.unwrap_or_else(|| self.plain_default(parameter));
            self.set(name, value);
        }
    }

    /// The default of a parameter, where evaluating it again changes nothing.
    fn plain_default(&mut self, parameter: Node<'a>) -> Value {
        match parameter.child_by_field_name("value") {
            Some(value) if matches!(value.kind(), "identifier" | "string" | "true" | "false" | "none") => {
                self.eval(value)
            }
            _ => Value::Unknown,
        }
    }
}
