//! Endpoints for health checks, and what they ask of the database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tree_sitter::Node;

use super::{DatabaseCheck, Framework, HealthRoute, Parsed, calls, is_test};
use crate::files;
use crate::modules::Modules;
use crate::syntax::{Source, children, fields, keyword, walk};

/// Functions that are followed from one endpoint.
const MAX_FOLLOWED: usize = 50;

/// The project, for following a call into another file.
#[derive(Debug)]
pub(super) struct Followed<'a> {
    root: &'a Path,
    modules: Modules,
    read: BTreeMap<PathBuf, Option<Rc<Source>>>,
}

impl<'a> Followed<'a> {
    pub(super) fn new(root: &'a Path, files: &[PathBuf]) -> Self {
        Self {
            root,
            modules: Modules::new(files),
            read: BTreeMap::new(),
        }
    }

    fn source(&mut self, file: &Path) -> Option<Rc<Source>> {
        let root = self.root;
        let read = || {
            let text = files::read(root, file).ok()?;
            Source::parse(file, text).ok().map(Rc::new)
        };
        self.read.entry(file.to_owned()).or_insert_with(read).clone()
    }

    /// What the function or class `name` of `file`, and what it calls, ask of the database.
    fn judge(&mut self, file: &Path, name: &str) -> DatabaseCheck {
        let mut open = vec![(file.to_owned(), name.to_owned())];
        let mut seen = BTreeSet::new();
        let mut worst = DatabaseCheck::Unknown;
        while let Some((file, name)) = open.pop() {
            if seen.len() >= MAX_FOLLOWED || !seen.insert((file.clone(), name.clone())) {
                continue;
            }
            let Some(source) = self.source(&file) else {
                continue;
            };
            let Some(body) = definition(&source, &name) else {
                open.extend(self.imported(&file, &source, &name));
                continue;
            };
            worst = worst.max(DatabaseCheck::None);
            walk(body, |node| {
                worst = worst.max(calls::judge(&source, node));
                open.extend(called(&source, node).map(|callee| (file.clone(), callee)));
                true
            });
        }
        worst
    }

    /// Where a name that the file does not define comes from; `module.name` as well as `name`.
    fn imported(&self, file: &Path, source: &Source, name: &str) -> Option<(PathBuf, String)> {
        let (first, rest) = name
            .split_once('.')
            .map_or((name, None), |(first, rest)| (first, Some(rest)));
        let mut found = None;
        walk(source.tree.root_node(), |node| {
            if found.is_none() && node.kind() == "import_from_statement" {
                found = self.imported_by(file, source, node, first, rest);
            }
            found.is_none()
        });
        found
    }

    fn imported_by(
        &self,
        file: &Path,
        source: &Source,
        statement: Node<'_>,
        first: &str,
        rest: Option<&str>,
    ) -> Option<(PathBuf, String)> {
        let module = source.text(statement.child_by_field_name("module_name")?);
        let dotted = module.trim_start_matches('.');
        let level = module.len() - dotted.len();
        let original = fields(statement, "name").into_iter().find_map(|name| {
            let alias = name.child_by_field_name("alias").map(|alias| source.text(alias));
            let original = source.text(name.child_by_field_name("name").unwrap_or(name));
            (alias.unwrap_or(original) == first).then_some(original)
        })?;
        match rest {
            Some(rest) => {
                let inner = if dotted.is_empty() {
                    original.to_owned()
                } else {
                    format!("{dotted}.{original}")
                };
                Some((self.modules.resolve(file, level, &inner)?, rest.to_owned()))
            }
            None => Some((self.modules.resolve(file, level, dotted)?, original.to_owned())),
        }
    }
}

/// The function or class of that name, at any depth: a method is found by its own name.
fn definition<'t>(source: &'t Source, name: &str) -> Option<Node<'t>> {
    let mut found = None;
    walk(source.tree.root_node(), |node| {
        let defines = matches!(node.kind(), "function_definition" | "class_definition")
            && node
                .child_by_field_name("name")
                .is_some_and(|word| source.text(word) == name);
        if found.is_none() && defines {
            found = Some(node);
        }
        found.is_none()
    });
    found
}

/// The function that a call leads to; for `Depends(f)` that is `f`, for `self.f()` and `cls.f()` too.
fn called(source: &Source, node: Node<'_>) -> Option<String> {
    if node.kind() != "call" {
        return None;
    }
    let callee = source.dotted(node.child_by_field_name("function")?)?;
    if callee == "Depends" || callee.ends_with(".Depends") {
        let first = children(node.child_by_field_name("arguments")?)
            .into_iter()
            .next()?;
        return source.dotted(first);
    }
    let own = callee
        .strip_prefix("self.")
        .or_else(|| callee.strip_prefix("cls."));
    Some(own.unwrap_or(&callee).to_owned())
}

/// All endpoints of a file.
pub(super) fn find(parsed: Parsed<'_>, followed: &mut Followed<'_>) -> Vec<HealthRoute> {
    let mut routes = Vec::new();
    if is_test(parsed.file) {
        return routes;
    }
    walk(parsed.source.tree.root_node(), |node| {
        let found = match node.kind() {
            "decorator" => decorated(parsed.source, node),
            "call" => registered(parsed.source, node),
            _ => None,
        };
        if let Some((path, framework, handler)) = found {
            let database = match &handler {
                // That package writes and deletes a row, when its database check is installed.
                Handler::Included(module) if module.starts_with("health_check") => DatabaseCheck::Query,
                Handler::Included(_) => DatabaseCheck::Unknown,
                Handler::Name(name) => followed.judge(parsed.file, name),
            };
            let place = parsed.source.place(parsed.file, node);
            routes.push(HealthRoute {
                path,
                framework,
                place,
                database,
            });
        }
        true
    });
    routes
}

enum Handler {
    Name(String),
    Included(String),
}

type Found = (String, Framework, Handler);

/// `@app.get("/health")`, `@app.route("/health")`.
fn decorated(source: &Source, decorator: Node<'_>) -> Option<Found> {
    let call = children(decorator)
        .into_iter()
        .next()
        .filter(|node| node.kind() == "call")?;
    let method = source.dotted(call.child_by_field_name("function")?)?;
    let method = method.rsplit_once('.')?.1;
    let arguments = call.child_by_field_name("arguments")?;
    let path = health_path(&first_string(source, arguments)?)?;
    let framework = match method {
        "route" => Framework::Flask,
        "get" | "head" | "api_route" if mentions(source, "flask") || mentions(source, "quart") => {
            Framework::Flask
        }
        "get" | "head" | "api_route" => Framework::FastApi,
        _ => return None,
    };
    let function = decorator.parent()?.child_by_field_name("definition")?;
    let name = source.text(function.child_by_field_name("name")?);
    Some((path, framework, Handler::Name(name.to_owned())))
}

/// `path("health/", view)` of Django and the functions of the others that register a handler.
fn registered(source: &Source, call: Node<'_>) -> Option<Found> {
    let callee = source.dotted(call.child_by_field_name("function")?)?;
    let arguments = call.child_by_field_name("arguments")?;
    let framework = match callee.rsplit('.').next()? {
        "path" | "re_path" | "url" => Framework::Django,
        "add_url_rule" => Framework::Flask,
        "add_api_route" | "add_route" | "Route" => Framework::FastApi,
        _ => return None,
    };
    let given = first_string(source, arguments)?;
    let handler = keyword(source, arguments, "view_func")
        .or_else(|| keyword(source, arguments, "view"))
        .or_else(|| {
            let mut plain = children(arguments)
                .into_iter()
                .filter(|one| one.kind() != "keyword_argument")
                .skip(1);
            // Flask's second one is the name of the endpoint, Django's third one a dictionary.
            if framework == Framework::Flask {
                plain.last()
            } else {
                plain.next()
            }
        })?;
    let handler = handler_of(source, handler)?;
    let path = match &handler {
        Handler::Included(module) if module.starts_with("health_check") => leading_slash(&given),
        Handler::Included(_) | Handler::Name(_) => health_path(&given)?,
    };
    Some((path, framework, handler))
}

/// A name, `View.as_view()` or `include("package.urls")`.
fn handler_of(source: &Source, node: Node<'_>) -> Option<Handler> {
    if node.kind() != "call" {
        return Some(Handler::Name(source.dotted(node)?));
    }
    let callee = source.dotted(node.child_by_field_name("function")?)?;
    if callee == "include" {
        let included = first_string(source, node.child_by_field_name("arguments")?)?;
        return Some(Handler::Included(included));
    }
    if let Some(class) = callee.strip_suffix(".as_view") {
        return Some(Handler::Name(class.to_owned()));
    }
    // A decorator that is applied to the view: `csrf_exempt(view)`.
    let inner = children(node.child_by_field_name("arguments")?)
        .into_iter()
        .next()?;
    Some(Handler::Name(source.dotted(inner)?))
}

fn first_string(source: &Source, arguments: Node<'_>) -> Option<String> {
    source.string(children(arguments).into_iter().next()?)
}

fn mentions(source: &Source, module: &str) -> bool {
    source.text.lines().any(|line| {
        line.strip_prefix("from ")
            .or_else(|| line.strip_prefix("import "))
            .is_some_and(|rest| rest.starts_with(module))
    })
}

/// The last word of a path that is taken for a health endpoint, in lower case.
pub const HEALTH_WORDS: &[&str] = &[
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "health_check",
    "live",
    "livez",
    "liveness",
    "ready",
    "readyz",
    "readiness",
];

/// The path with a leading slash, when its last words are those of a health check.
fn health_path(given: &str) -> Option<String> {
    let path = leading_slash(given);
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.split('/').filter(|part| !part.is_empty()).rev();
    let last = parts.next()?;
    let before = parts.next().unwrap_or_default();
    (HEALTH_WORDS.contains(&last) || before == "health").then_some(path)
}

/// Without the marks of a regular expression.
fn leading_slash(given: &str) -> String {
    let plain = given
        .trim_start_matches('^')
        .trim_end_matches('$')
        .trim_end_matches('?');
    format!("/{}", plain.trim_start_matches('/'))
}
